"""The audit log among processes, crashes and full or missing disks; who saw a person."""

import json
import multiprocessing as mp
import os
import signal
import time
from pathlib import Path
from unittest import mock

import duckdb
import pytest

from ibr.errors import ConfigurationProblem
from warehouse.audit import head, identifiers_of, last, record, verify, who_saw
from warehouse.schemas import prepare


def _write(home: Path, number: int, events: int) -> None:
    for event in range(events):
        record(home, "enquired", f"process {number}", details={"event": event})


def test_several_processes_write_one_chain(tmp_path):
    processes = [mp.get_context("spawn").Process(target=_write, args=(tmp_path, number, 50)) for number in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    result = verify(tmp_path, {})
    assert result.passed
    assert result.events == 200
    lines = (tmp_path / "audit" / "events.jsonl").read_text().splitlines()
    told = [(event["actor"], event["details"]["event"]) for event in map(json.loads, lines)]
    assert sorted(told) == sorted((f"process {number}", event) for number in range(4) for event in range(50))


def _write_for_ever(home: Path) -> None:
    while True:
        record(home, "enquired", details={"padding": "x" * 3000})


def test_a_process_killed_at_any_moment_loses_no_event_that_was_recorded(tmp_path):
    for wait in (0.05, 0.11, 0.02):
        process = mp.get_context("fork").Process(target=_write_for_ever, args=(tmp_path,))
        process.start()
        time.sleep(wait)
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        before = head(tmp_path)
        record(tmp_path, "run_started")
        result = verify(tmp_path, {"before": before} if before.sequence else {})
        assert result.passed, result.faults


def test_half_a_line_is_told_then_cut_off_and_the_cut_is_recorded(tmp_path):
    record(tmp_path, "run_started")
    log = tmp_path / "audit" / "events.jsonl"
    with log.open("ab") as file:
        file.write(b'{"sequence":2,"at":"2026')
    assert [fault.line for fault in verify(tmp_path, {}).faults] == [2]
    record(tmp_path, "run_ended")
    assert verify(tmp_path, {}).passed
    mended = last(tmp_path, "audit_mended")
    assert mended is not None
    assert mended.details == {"copy": "first", "found": "half a line", "bytes_cut": 24}


def test_an_altered_last_line_stops_nobodys_work_and_stays_found(tmp_path):
    record(tmp_path, "run_started", "A")
    log = tmp_path / "audit" / "events.jsonl"
    log.write_bytes(log.read_bytes().replace(b'"actor":"A"', b'"actor":"B"'))
    record(tmp_path, "run_ended")
    faults = [str(fault) for fault in verify(tmp_path, {}).faults]
    assert len(faults) == 1
    assert "audit/events.jsonl, line 1: was altered" in faults[0]
    assert last(tmp_path, "audit_mended").details["found"] == "the two copies differ"


def test_the_second_copy_goes_where_registry_yml_says_and_catches_up(tmp_path):
    home, elsewhere = tmp_path / "home", tmp_path / "other-disk"
    home.mkdir()
    record(home, "exceptions_exported", subjects=[f"P{number}" for number in range(100)])
    (home / "registry.yml").write_text(f"audit: {{copy_to: {elsewhere}}}\n")
    record(home, "run_ended")
    assert verify(home, {}).passed
    assert (elsewhere / "events.jsonl").read_bytes() == (home / "audit" / "events.jsonl").read_bytes()
    assert (elsewhere / "events.jsonl").stat().st_mode & 0o077 == 0


def test_a_copy_that_may_only_be_read_is_verified_all_the_same(tmp_path):
    record(tmp_path, "run_started")
    (tmp_path / "audit" / "lock").unlink()
    (tmp_path / "audit").chmod(0o500)
    with mock.patch("os.access", return_value=False):  # root may write anywhere
        assert verify(tmp_path, {}).events == 1
    assert not (tmp_path / "audit" / "lock").exists()


def test_where_a_copy_cannot_be_written_nothing_is_recorded_and_the_caller_is_told(tmp_path):
    record(tmp_path, "run_started")
    (tmp_path / "in-the-way").write_text("a file, where a folder is expected")
    (tmp_path / "registry.yml").write_text("audit: {copy_to: in-the-way}\n")
    with pytest.raises(ConfigurationProblem, match=r"audit\.copy_to"):
        record(tmp_path, "run_ended")
    assert head(tmp_path).sequence == 1


def test_an_action_is_a_word_of_a_program_not_text(tmp_path):
    with pytest.raises(ValueError, match="lower case"):
        record(tmp_path, "Looked at Mary")


def test_who_saw_finds_a_person_by_records_and_by_numbers_they_had_before(tmp_path):
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as con:
        prepare(con)
        con.execute("CREATE TABLE linkage.uid_retired (uid_kind VARCHAR, member_id VARCHAR, uid VARCHAR)")
        con.execute("INSERT INTO linkage.persons_crosswalk VALUES ('a:1', 'P1'), ('b:2', 'P1'), ('c:3', 'P3')")
        con.execute("INSERT INTO linkage.uid_events VALUES ('r', 'person', 'merged', 'P2', 'P1')")
        identifiers = identifiers_of(con, "P1")
    assert identifiers == ["P1", "P2", "a:1", "b:2"]
    record(tmp_path, "enquired", "Officer", subjects=["P2"], details={"purpose": "grievance"})
    record(tmp_path, "pair_explained", subjects=["b:2", "c:3"])
    record(tmp_path, "enquired", subjects=["P3"])
    record(tmp_path, "exceptions_exported", subjects=["a:1", *(f"z:{number}" for number in range(100))])
    seen = who_saw(tmp_path, identifiers)
    assert [(one.action, one.identifiers, one.purpose) for one in seen] == [
        ("exceptions_exported", ["a:1"], None), ("pair_explained", ["b:2"], None), ("enquired", ["P2"], "grievance"),
    ]
    assert seen[-1].actor == "Officer"
