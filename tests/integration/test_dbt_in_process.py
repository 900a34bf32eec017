"""dbt in the run's process: parsed once, and gone from the warehouse when it is done."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ibr.workspace import Workspace
from pipelines import dbt, dbt_run
from warehouse.audiences.policy import load_policy
from warehouse.connection import connect
from warehouse.encryption import is_encrypted
from warehouse.rewriting import rewrite
from warehouse.schemas import prepare

MIRRORS = Path(__file__).with_name("dbt_mirrors.sql")
REGISTRY_YML = Path(__file__).parents[2] / "sample_country" / "registry.yml"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    environment = dict(os.environ)
    home = tmp_path_factory.mktemp("dbt") / "workspace"
    home.mkdir()
    (home / "registry.yml").write_text(REGISTRY_YML.read_text(encoding="utf-8"), encoding="utf-8")
    made = Workspace.at(home).ensure()
    with connect(made.warehouse_file) as con:
        prepare(con)
        con.execute(MIRRORS.read_text(encoding="utf-8"))
    yield made
    os.environ.clear()
    os.environ.update(environment)


def build(workspace: Workspace, select: str) -> tuple[bool, str]:
    """What came of it, and all that dbt said."""
    said: list[str] = []
    folder = workspace.home / "dbt" / "a-run"
    done = dbt.prepare(workspace).build(["--select", select], folder, lambda message: said.append(message.info.msg))
    return done, "\n".join(said)


def test_what_was_parsed_once_is_not_parsed_again(workspace: Workspace) -> None:
    """A full parse takes 10 s; each of these is a new `ibr run` as far as dbt can tell."""
    for _ in range(2):
        done, said = build(workspace, "areas")
        assert done, said
        assert "Unable to do partial parsing" not in said
        assert "OK loaded seed file reference.areas" in said


def test_it_leaves_the_warehouse_and_the_folder_as_they_were(workspace: Workspace) -> None:
    before = Path.cwd()
    for select, expected in [("areas", True), ("config.severity:nonsense areas", True), ("dim_person", False)]:
        assert build(workspace, select)[0] is expected, select
        assert Path.cwd() == before
        # Refused if dbt still had it open, since that was with other settings.
        with connect(workspace.warehouse_file, read_only=True) as con:
            assert con.execute("SELECT count(*) > 1000 FROM reference.areas").fetchone() == (True,)


def test_what_broke_is_named_from_what_dbt_says(workspace: Workspace) -> None:
    results: list[Any] = []
    folder = workspace.home / "dbt" / "a-run"

    def keep(message: Any) -> None:
        if message.info.name in dbt_run._RESULTS:
            results.append(message)

    assert not dbt.prepare(workspace).build(["--select", "dim_person"], folder, keep)
    assert dbt_run._failures(results) == "1 model(s) or test(s) failed: dim_person"
    assert dbt.prepare(workspace).build(["--select", "primary_key_areas_area_code"], folder, keep)
    assert list((folder / "compiled").rglob("primary_key_areas*.sql")), "the message says that compiled SQL is there"
    assert "before any model ran" in dbt_run._failures([])


def test_the_documentation_is_one_file_that_fetches_nothing(workspace: Workspace) -> None:
    file = workspace.home / "docs" / "models.html"
    with connect(workspace.warehouse_file):  # somebody else has it open: the documentation is of the project alone
        dbt.prepare(workspace).document(file)
    page = file.read_text(encoding="utf-8")
    assert "Where does each value of dim_person come from" in page
    assert '"send_anonymous_usage_stats": false' in page
    # Addresses in comments and links are read by nobody but people; these would be fetched.
    assert not re.findall(r"""<(?:script|link|img|iframe)[^>]+(?:src|href)=["']?(?:https?:)?//""", page)
    assert not re.findall(r"""url\(["']?(?:https?:)?//|@import""", page)
    assert not re.findall(r"""["'](?:https?:)?//[\w.-]+\.(?:js|css|woff2?)""", page)
    assert "cloudfront" not in page
    assert str(workspace.home) not in page


def test_an_interruption_is_not_taken_for_a_failed_model(workspace: Workspace) -> None:
    def interrupt(message: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dbt.prepare(workspace).build(["--select", "areas"], workspace.home / "dbt" / "a-run", interrupt)


def test_the_key_of_every_mart_is_known_from_what_proves_it(workspace: Workspace) -> None:
    here = dbt.prepare(workspace)
    keys = here.keys()
    assert {mart["name"] for mart in here.marts() if mart["config"]["materialized"] != "ephemeral"} <= set(keys)
    assert keys["dim_person"] == ["person_uid"]
    assert keys["rpt_who_gets_what"] == ["person_uid", "program", "cycle_id"]


def test_an_encrypted_warehouse_is_built_in_like_any_other(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IBR_WAREHOUSE_KEY", "5a" * 32)
    text = workspace.registry_file.read_text(encoding="utf-8")
    workspace.registry_file.write_text(f"{text}\nencryption: {{key: '${{IBR_WAREHOUSE_KEY}}'}}\n", encoding="utf-8")
    rewrite(workspace.home, load_policy(workspace.home))
    done, said = build(workspace, "areas")
    assert done, said
    assert "5a5a" not in said
    assert is_encrypted(workspace.warehouse_file)
    with connect(workspace.warehouse_file, read_only=True) as con:
        assert con.execute("SELECT count(*) > 1000 FROM reference.areas").fetchone() == (True,)
