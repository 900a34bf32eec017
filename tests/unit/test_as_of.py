"""What was known then is judged by the clock of then."""

import datetime as dt
from types import SimpleNamespace

import pytest
import yaml

from ibr.workspace import Workspace
from pipelines import as_of, runner

TOMORROW = dt.datetime.now() + dt.timedelta(days=1)


@pytest.fixture
def told(tmp_path, monkeypatch) -> dict:
    """What the run of then was told, without the run."""
    told = {}

    def run(workspace, **given):
        settings = yaml.safe_load(workspace.registry_file.read_text())
        told.update(given, sources=settings["sources"], spark=settings["spark"], settings=settings)
        return SimpleNamespace(published=False)

    lookup = {"headers": {"Authorization": "Bearer ${CIVIL_TOKEN}"}}
    sources = {"civil": {"url": "https://civil.example.org", "lookup": lookup}, "mis": {"url": "postgresql://u:${P}@h/d"}}
    settings = {"sources": sources, "service": {"enabled": True}, "serving": {"url": "postgresql://h/d"}}
    (tmp_path / "registry.yml").write_text(yaml.safe_dump(settings))
    monkeypatch.setattr(as_of, "_make_warehouse", lambda *_: None)
    monkeypatch.setattr(runner, "run", run)
    told["workspace"] = Workspace.at(tmp_path)
    return told


def test_the_age_of_sources_is_what_it_was_then(told):
    as_of.rebuild(told["workspace"], dt.datetime(2026, 1, 31), progress=print)
    assert told["started"] == dt.datetime(2026, 2, 1, tzinfo=dt.UTC)
    as_of.rebuild(told["workspace"], TOMORROW, progress=print)
    assert told["started"] <= dt.datetime.now(dt.UTC)


def test_nobody_is_asked_and_no_secret_is_needed(told):
    as_of.rebuild(told["workspace"], dt.datetime(2026, 1, 31), progress=print)
    assert "replicate" not in told["stages"]
    assert "example.org" not in str(told["sources"])
    assert "${" not in str(told["sources"])


def test_nothing_is_served_from_the_past(told):
    as_of.rebuild(told["workspace"], dt.datetime(2026, 1, 31), progress=print)
    assert {"service", "serving"} & told["settings"].keys() == set()
    assert told["settings"]["portal"] == {"enabled": False}


@pytest.mark.parametrize("written", ["spark:", "spark: {storage: shared}"])
def test_what_spark_is_handed_is_kept_from_the_nights_and_removed(told, tmp_path, written):
    with (tmp_path / "registry.yml").open("a") as settings:
        settings.write(f"{written}\n")
    (tmp_path / "shared" / "tables").mkdir(parents=True)
    as_of.rebuild(told["workspace"], dt.datetime(2026, 1, 31), progress=print)
    assert told["spark"]["storage"] not in (str(tmp_path / "shared"), str(tmp_path / "spark"))
    assert [folder.name for folder in (tmp_path / "shared").iterdir()] == ["tables"]
