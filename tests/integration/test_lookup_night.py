"""A night with a register behind a web service, from the mirrors of a few households to the marts."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
import yaml

from ibr.workspace import Workspace
from pipelines import runner
from pipelines.context import RUN_ID_TAG, STARTED_TAG
from pipelines.outcome import RunOutcome
from pipelines.time_left import TimeLeft
from sample_country.register_service import Answer
from tests.integration.lookups import NOT_FOUND, Register, block, found
from warehouse.connection import connect
from warehouse.schemas import prepare
from warehouse.status import read_status

ROOT = Path(__file__).parents[2]
MIRRORS = Path(__file__).with_name("dbt_mirrors.sql")
pytestmark = pytest.mark.slow
# Who carries which ID: a woman of three programs who has died, one whom the register has not, one it says nothing of.
DEAD, UNKNOWN, SILENT = "12345671", "42345671", "32345671"


@dataclass
class Night:
    """The workspace, the service, and what the first night came to."""

    workspace: Workspace
    register: Register
    outcome: RunOutcome

    def ask(self, query: str) -> list[tuple]:
        with duckdb.connect(str(self.workspace.warehouse_file), read_only=True) as con:
            return con.execute(query).fetchall()


def make(home: Path, url: str) -> Workspace:
    settings = yaml.safe_load((ROOT / "sample_country" / "registry.yml").read_text(encoding="utf-8"))
    settings["sources"]["iprs"] = block(url)
    (home / "registry.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    workspace = Workspace.at(home).ensure()
    with connect(workspace.warehouse_file) as con:
        prepare(con)
        con.execute(MIRRORS.read_text(encoding="utf-8"))
        con.execute("DROP SCHEMA mirror_iprs CASCADE; DELETE FROM ops.sources WHERE source = 'iprs'")
        con.execute("UPDATE ops.sources SET last_good_at = TIMESTAMPTZ '2026-06-30'; DELETE FROM linkage.verification")
    return workspace


def started(workspace: Workspace, run_id: str) -> tuple[runner._Runner, RunOutcome]:
    """`ibr run` without the copying of the other sources, whose mirrors are there already."""
    outcome = RunOutcome(run_id, workspace.registry.reporting_date)
    tags = {RUN_ID_TAG: run_id, STARTED_TAG: f"2026-07-0{run_id[-1]}T01:00:00+00:00"}
    sources = list(workspace.registry.sources)
    return runner._Runner(workspace, tags, outcome, lambda message: None, sources, TimeLeft((), {})), outcome


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """A first night of mixed answers, up to the marts."""
    home = tmp_path_factory.mktemp("service")
    names = {"first": "Akiru", "other": None, "surname": "Achieng"}
    with Register().open() as register:
        register.answers = {
            DEAD: found(DEAD, names=names, born="1950-05-03", died="2026-04-30"),
            UNKNOWN: NOT_FOUND,
            SILENT: Answer(503, {}),
        }
        workspace = make(home, register.url)
        run, outcome = started(workspace, "night-1")
        run.build(["replicate", "registry", "link", "marts"])
        yield Night(workspace, register, outcome)


def test_answers_and_their_absence_reach_the_marts(night: Night) -> None:
    assert night.outcome.troubles == []
    told = {
        record: (status, reason)
        for record, status, reason in night.ask(
            "SELECT record_id, status, could_not_check_reason FROM marts.rpt_verification"
        )
    }
    assert told["nsnp:M1"] == told["ctovc:H000001/2"] == told["hsnp:X1"] == ("deceased", None)
    assert told["cfa:p-1"] == ("not_found", None)
    assert told["hsnp:X3"] == ("could_not_check", "register_did_not_answer")
    assert told["nsnp:M3"] == ("could_not_check", "no_id_to_ask_with")
    assert told["nsnp:M2"] == ("could_not_check", "not_enough_details")
    deaths = night.ask("SELECT DISTINCT death_date FROM marts.dim_person WHERE verification_status = 'deceased'")
    assert deaths == [(dt.date(2026, 4, 30),)]


def test_a_register_that_is_asked_by_id_says_nothing_of_the_uncovered(night: Night) -> None:
    assert night.ask("SELECT count(*) FROM marts.rpt_uncovered") == [(0,)]
    told = night.ask("SELECT DISTINCT has_rule, eligible_persons, coverage_rate FROM marts.rpt_coverage")
    assert told == [(False, None, None)], "no rate at all, rather than everybody covered"


def test_how_much_was_answered_can_be_seen(night: Night) -> None:
    figures = night.ask("SELECT measure, value FROM marts.rpt_data_quality WHERE table_name = 'answers'")
    assert dict(figures) == {
        "share_answered": 0.6667,
        "answers:found": 1,
        "answers:not_found": 1,
        "answers:register_did_not_answer": 1,
    }
    now = dt.datetime(2026, 7, 1, 2, tzinfo=dt.UTC)
    report = read_status(night.workspace.warehouse_file, night.workspace.registry.sources, now)
    (asked,) = [row for row in report["last_run_per_stage"] if row["source"] == "iprs"]
    assert (asked["status"], asked["message"]) == ("success", "answered for 2 of 3 people")
    (source,) = [row for row in report["sources"] if row["source"] == "iprs"]
    assert (source["last_good_at"], source["is_stale"]) == ("2026-07-01 01:00:00", False)


def test_a_service_in_trouble_is_told_and_stops_nothing(night: Night) -> None:
    before = night.ask("FROM linkage.verification ORDER BY record_id")
    night.register.answers[SILENT] = Answer(401, {})
    run, outcome = started(night.workspace, "night-2")
    run.build(["replicate", "link"])
    assert outcome.exit_code == 5
    assert [trouble.place for trouble in outcome.troubles] == ["iprs"]
    assert "refuses the login (401)" in outcome.troubles[0].message
    assert night.ask("FROM linkage.verification ORDER BY record_id") == before
    ((is_stale, reason, last_good),) = night.ask(
        "SELECT is_stale, stale_reason, last_good_at::DATE FROM ops.sources WHERE source = 'iprs'"
    )
    assert is_stale
    assert "refuses the login" in reason
    assert last_good == dt.date(2026, 7, 1)


def test_a_service_that_answers_again_is_stale_no_longer(night: Night) -> None:
    night.register.answers[SILENT] = NOT_FOUND
    run, outcome = started(night.workspace, "night-3")
    run.ask()
    assert outcome.exit_code == 0
    assert night.ask("SELECT is_stale, last_good_at::DATE FROM ops.sources WHERE source = 'iprs'") == [
        (False, dt.date(2026, 7, 3))
    ]
    answers = dict(night.ask("SELECT national_id, outcome FROM mirror_iprs.answers"))
    assert answers == {DEAD: "found", UNKNOWN: "not_found", SILENT: "not_found"}
    assert night.ask("SELECT national_id, outcome FROM history_iprs.answers") == [(SILENT, "unanswered")]


def test_a_service_that_never_answered_fails_its_step(night: Night) -> None:
    with connect(night.workspace.warehouse_file) as con:
        con.execute("UPDATE ops.sources SET last_good_at = NULL WHERE source = 'iprs'")
        con.execute("UPDATE registry.persons SET national_id = '52345671' WHERE national_id = $1", [SILENT])
    night.register.answers["52345671"] = Answer(403, {})
    run, outcome = started(night.workspace, "night-4")
    run.ask()
    assert outcome.exit_code == 5
    assert [trouble.place for trouble in outcome.troubles] == ["iprs"], "told once"
    assert not outcome.stages[0].succeeded
