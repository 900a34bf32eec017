"""80 programs, a system each: what is known of them is loaded in seconds, and none holds another up."""

import datetime as dt
import shutil
import socket
import time
from pathlib import Path

import pytest

import sample_country
from benchmarks.pipeline import many_programs
from ibr.workspace import Workspace
from pipelines import dbt, runner
from pipelines.context import AS_AT_TAG, FULL_TAG, RUN_ID_TAG, STARTED_TAG
from pipelines.definitions import Session, build_definitions
from pipelines.instance import open_instance
from pipelines.outcome import RunOutcome
from pipelines.time_left import TimeLeft
from sample_country.many_programs import codes

MANY = 80
# Seconds of processor; measured 2.7 for 80 programs and 0.6 for 5, and for dbt 28 and 12. A step that looks at all
# programs for each of them goes beyond.
DEFINITIONS, PARSE = 15, 120
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("many")
    shutil.copyfile(Path(sample_country.__file__).with_name("registry.yml"), folder / "registry.yml")
    many_programs.add(folder, MANY)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(dbt, "PROJECT_DIR", many_programs.project(folder, MANY))
        yield folder


def test_80_programs_are_parsed_and_planned_in_seconds_each_in_rooms_of_its_own(home):
    workspace = Workspace.at(home).ensure()
    open_instance(workspace).dispose()
    begun = time.process_time()
    dbt.prepare(workspace)
    parsed = time.process_time()
    definitions = build_definitions(Session(workspace))
    assert parsed - begun < PARSE
    assert time.process_time() - parsed < DEFINITIONS
    keys = definitions.resolve_asset_graph().get_all_asset_keys()
    for code in codes(MANY):
        assert {key.path[1] for key in keys if key.path[0] == f"mirror_{code}"} == {
            "scope_household", "scope_person", "distribution", "feedback",
        }  # fmt: skip
        assert sum(key.path[-1].startswith(f"stg_{code}__") for key in keys) == 5
        assert definitions.resolve_job_def(f"replicate_{code}")


def test_a_source_that_hangs_and_one_that_is_broken_hold_up_none_of_the_others(home, monkeypatch):
    hanging, broken, *others = codes(14)
    (home / "sources" / f"{broken}.db").write_text("no database at all")
    workspace = Workspace.at(home)
    ended = []
    with socket.create_server(("127.0.0.1", 0)) as silent:

        def note(self, code: str) -> None:
            ended.append((code, self._session.landings[code].exception()))
            if len(ended) > len(others):
                silent.close()  # only now it hangs no more

        monkeypatch.setattr(runner._Runner, "_replicate", note)
        source = workspace.registry.sources[hanging]
        monkeypatch.setattr(source, "url", f"postgresql://reader@127.0.0.1:{silent.getsockname()[1]}/x")
        monkeypatch.setattr(source, "timeout_seconds", 300)
        monkeypatch.setattr(source, "retries", 0)
        tags = {
            RUN_ID_TAG: "r1", STARTED_TAG: "2026-07-01T00:00:00+00:00", FULL_TAG: "false", AS_AT_TAG: "2026-06-30",
        }  # fmt: skip
        outcome = RunOutcome("r1", dt.date(2026, 6, 30))
        runner._Runner(
            workspace, tags, outcome, lambda message: None, [hanging, broken, *others], TimeLeft((), {})
        ).replicate()
    assert ended[-1][0] == hanging
    assert {code for code, problem in ended if problem is None} == set(others)
    assert "prog01" in str(dict(ended)[broken])
