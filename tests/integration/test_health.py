"""What the health check finds, and what it says where it could not look."""

import datetime as dt
import json
from pathlib import Path

import pytest

from ibr import secrets
from ibr.config import Registry
from tests.unit.test_cli import ibr
from warehouse.audit import record
from warehouse.backup import take
from warehouse.connection import connect
from warehouse.health import State, check
from warehouse.lock import warehouse_lock
from warehouse.publication import publish
from warehouse.schemas import prepare

NIGHT = dt.datetime(2026, 6, 30, 1, tzinfo=dt.UTC)
MORNING = NIGHT + dt.timedelta(hours=6)
SETTINGS = {
    "country": "X", "currency": "KES", "reporting_date": "2026-06-30", "programs": {"P": {"name": "P", "benefit_unit":
    "person"}}, "sources": {"s": {"name": "S", "kind": "mis", "url": "sqlite:///s.db", "programs": ["P"], "tables":
    {"t": {}}}}, "health": {"free_share": 0.0},
}  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "registry.yml").write_text(json.dumps(SETTINGS))
    record(home, "run_started")
    with connect(home / "warehouse.duckdb") as con:
        prepare(con)
        con.execute("CREATE TABLE marts.dim_person AS SELECT 1 AS person_uid")
        con.execute(
            "INSERT INTO ops.sources (source, name, kind, is_stale, last_good_at) VALUES ('s', 'S', 'mis', false, ?)",
            [NIGHT],
        )
    publish(home / "warehouse.duckdb", home, "r1", NIGHT)
    return home


def states(home: Path, at: dt.datetime = MORNING, **more: object) -> dict[str, State]:
    return {one.check: one.state for one in check(home, Registry.model_validate(SETTINGS | more), at)}


def test_all_is_well_but_for_a_backup_that_nobody_asked_for(home):
    found = states(home)
    assert found.pop("backup") is State.NOT_CHECKED
    assert set(found) == {"publication", "sources", "disk", "audit", "permissions"}
    assert set(found.values()) == {State.OK}


def test_age_of_publication_and_sources_is_held_against_what_is_promised(home):
    late = states(home, NIGHT + dt.timedelta(hours=37))
    assert (late["publication"], late["sources"]) == (State.PROBLEM, State.PROBLEM)
    patient = states(home, NIGHT + dt.timedelta(hours=37), health={"free_share": 0, "publication_hours": 48})
    assert patient["publication"] is State.OK


def test_a_warehouse_that_is_being_written_is_not_taken_for_stale_sources(home, tmp_path):
    with warehouse_lock(home, "ibr run"), connect(home / "warehouse.duckdb"):
        done = ibr("health", "--json", "--home", str(home))
    found = {one["check"]: one["state"] for one in json.loads(done.stdout)["checks"]}
    assert found["sources"] == "not_checked"
    assert found["publication"] == "problem"  # of 2026-06-30, by today's clock
    assert done.returncode == 4


def test_a_full_disk_is_told_before_it_is_full(home):
    assert states(home, health={"free_share": 1.0})["disk"] is State.PROBLEM


def test_backups_are_told_as_none_as_good_and_as_overdue(home, tmp_path):
    kept = {"backup": {"to": str(tmp_path / "backups")}}
    assert states(home, **kept)["backup"] is State.PROBLEM
    take(home, tmp_path / "backups", NIGHT, keep=2)
    assert states(home, **kept)["backup"] is State.OK
    assert states(home, NIGHT + dt.timedelta(hours=37), **kept)["backup"] is State.PROBLEM


def test_a_trail_cut_off_in_both_copies_behind_the_last_publication_is_seen(home):
    """The whole is for `ibr audit verify`; ends alone tell this."""
    logs = [home / "audit" / "events.jsonl", home / "audit-copy" / "events.jsonl"]
    whole = logs[0].read_bytes()
    logs[1].write_bytes(whole[:-10])
    assert states(home)["audit"] is State.PROBLEM
    for log in logs:
        log.write_bytes(b"")
    assert states(home)["audit"] is State.PROBLEM
    for log in logs:
        log.write_bytes(whole.replace(b'"run_id":"r1"', b'"run_id":"r2"'))
    assert states(home)["audit"] is State.PROBLEM


def test_an_open_workspace_or_key_is_told(home):
    home.chmod(0o750)
    assert states(home)["permissions"] is State.PROBLEM
    home.chmod(0o700)
    key = secrets.keep(home, "IBR_TEST_KEY", "secret")
    assert states(home)["permissions"] is State.OK
    key.chmod(0o640)
    assert states(home)["permissions"] is State.PROBLEM
    key.unlink()


def test_before_the_first_run_it_says_so(tmp_path):
    found = {one.check: one.found for one in check(tmp_path, Registry.model_validate(SETTINGS), MORNING)}
    assert "nothing is published" in found["publication"]
    assert "no warehouse" in found["sources"]
