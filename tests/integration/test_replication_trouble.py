"""Full disks, runs that meet, clocks that are wrong and files that are damaged: the next run repairs and completes."""

import datetime as dt
import os
import resource
import shutil
import sqlite3
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from ibr.disk import full_disk, telling_of_a_full_disk
from ibr.errors import ConfigurationProblem, ContractBroken, DiskFull, SourceUnreachable, WarehouseBusy
from pipelines import staleness
from pipelines.as_of import image
from pipelines.replication.landed import Landing, LandingGone, lock_file
from pipelines.replication.merge import MirrorMoved
from tests.integration.replication import BEGIN, Nights
from warehouse.connection import connect
from warehouse.lock import lock
from warehouse.publication import publications, publish


@pytest.fixture
def nights(tmp_path):
    found = Nights(tmp_path, people={"key": ["id"], "cursor": "version"})
    with found.database() as db:
        db.execute("CREATE TABLE people (id INTEGER, name TEXT, version INTEGER)")
        add(found, range(1000))
    found.replicate()
    return found


def add(nights: Nights, ids: range) -> None:
    with sqlite3.connect(nights.home / "mis.db") as db:
        db.executemany("INSERT INTO people VALUES (?, ?, ?)", [(n, os.urandom(30).hex(), n) for n in ids])


@contextmanager
def no_file_beyond(size: int):
    """As on a full disk, and as any account may do to itself."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


# --- a full disk


def test_a_full_disk_while_copying_is_told_as_one_and_the_next_run_completes(nights):
    add(nights, range(1000, 20_000))
    with no_file_beyond(200_000), pytest.raises(duckdb.IOException) as problem:
        nights.replicate()
    told = full_disk(problem.value)
    assert isinstance(told, DiskFull)
    assert "no room to write in" in str(told)
    assert str(nights.home) in str(told)
    assert told.exit_code == 3
    assert len(nights.live("people")) == 1000
    assert not (nights.home / "landing" / "mis" / "night-2").exists()
    assert nights.replicate().tables["people"].live == 20_000


def test_a_full_disk_while_merging_leaves_the_last_good_mirror(nights):
    add(nights, range(1000, 20_000))
    landed = nights.land()
    size = (nights.home / "warehouse.duckdb").stat().st_size
    with no_file_beyond(size + 100_000), pytest.raises(duckdb.Error) as problem:
        nights.merge(landed)
    assert isinstance(full_disk(problem.value), DiskFull)
    assert len(nights.live("people")) == 1000
    nights.warehouse.close()
    nights.open()
    assert len(nights.live("people")) == 1000
    assert nights.replicate().tables["people"].live == 20_000
    assert nights.ask("SELECT count(*) FROM ops.altered_rows") == [(0,)]


def test_a_full_disk_while_publishing_leaves_the_last_publication(nights):
    nights.warehouse.execute("CREATE TABLE marts.dim AS FROM mirror_mis.people")
    nights.warehouse.close()
    file, at = nights.home / "warehouse.duckdb", BEGIN
    first = publish(file, nights.home, "one", at)
    nights.open()
    nights.warehouse.execute("CREATE OR REPLACE TABLE marts.dim AS SELECT uuid() AS id FROM range(100_000)")
    nights.warehouse.close()
    with no_file_beyond(1_000_000), pytest.raises(duckdb.Error) as problem:
        publish(file, nights.home, "two", at + dt.timedelta(days=1))
    assert isinstance(full_disk(problem.value), DiskFull)
    assert [found.version for found in publications(nights.home)] == [first.version]
    assert not list((nights.home / "published").glob(".building-*"))
    assert publish(file, nights.home, "three", at + dt.timedelta(days=2)).rows == 100_000


def test_temporary_files_that_find_no_room_are_told_so(tmp_path):
    with connect(":memory:", memory_limit="30MB", threads=1, temp_directory=tmp_path / "spill") as con:
        con.execute("SET max_temp_directory_size = '1MB'")
        with pytest.raises(duckdb.OutOfMemoryException) as problem:
            con.execute("CREATE TABLE much AS SELECT uuid() AS id FROM range(3_000_000)")
    assert "no room to write on the workspace's disk" in str(full_disk(problem.value))


def test_python_and_sqlite_find_no_room_either(tmp_path):
    with pytest.raises(OSError, match="No space left") as problem:
        Path("/dev/full").write_text("x")
    assert isinstance(full_disk(problem.value), DiskFull)
    assert isinstance(full_disk(sqlite3.OperationalError("database or disk is full")), DiskFull)


def test_a_disk_that_fails_is_told_from_one_that_is_full(tmp_path, monkeypatch):
    """SQLite has one word for both."""
    error = sqlite3.OperationalError("disk I/O error")
    assert full_disk(error, tmp_path) is None
    usage = type(shutil.disk_usage(tmp_path))(10**10, 10**10, 1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage)
    with pytest.raises(DiskFull, match=rf"no room to write in {tmp_path}"), telling_of_a_full_disk(tmp_path):
        raise error


def test_what_is_no_lack_of_room_is_not_told_as_one():
    theirs = duckdb.IOException('ERROR: could not write to file "base/pgsql_tmp/1": No space left on device')
    for error in (theirs, ValueError("x"), FileNotFoundError(2, "gone", "/tmp/x")):
        assert full_disk(error) is None


def test_landings_of_nights_that_failed_do_not_pile_up(nights):
    nights.source.limits.vanished_share = 0.0
    nights.database().execute("DELETE FROM people WHERE id > 10")
    for _ in range(3):
        with pytest.raises(ContractBroken):
            nights.replicate()
    folders = {path.name for path in (nights.home / "landing" / "mis").iterdir() if path.is_dir()}
    assert folders == {"night-1", "night-4"}


# --- runs that meet


def test_a_source_that_another_run_copies_is_waited_for_and_then_busy(nights):
    nights.source.timeout_seconds = 1
    with (
        lock(lock_file(nights.home, "mis"), "source mis", "run other"),
        pytest.raises(WarehouseBusy, match=r"source mis is in use by run other \(process \d+\) since"),
    ):
        nights.replicate()
    assert nights.replicate().tables["people"].live == 1000


def test_of_two_runs_that_copied_the_same_source_the_later_copy_counts(nights):
    add(nights, range(1000, 1010))
    first = nights.land()
    add(nights, range(1010, 1020))
    second = nights.land()
    with pytest.raises(LandingGone, match="another run has begun to copy the source anew"):
        Landing.read(first.folder)
    assert nights.merge(second).tables["people"].live == 1020
    assert nights.replicate().changed == 0


def test_a_copy_that_another_run_has_overtaken_is_not_merged(nights):
    add(nights, range(1000, 1010))
    early = nights.land()
    kept = early.folder.rename(nights.home / "kept")
    add(nights, range(1010, 1020))
    nights.replicate()
    early.folder = kept
    with pytest.raises(MirrorMoved, match="another run was faster"):
        nights.merge(early)
    assert len(nights.live("people")) == 1020
    assert nights.replicate().tables["people"].live == 1020


def test_a_run_that_was_busy_does_not_mark_its_source_stale(tmp_path):
    staleness.note_failure(tmp_path, "mis", "r1", WarehouseBusy("source mis is in use"))
    assert staleness.failures(tmp_path, ["mis"]) == {}
    staleness.note_failure(tmp_path, "mis", "r1", SourceUnreachable("silent"))
    assert staleness.failures(tmp_path, ["mis"])["mis"]["exit_code"] == 5


# --- clocks


def test_a_clock_that_went_back_keeps_the_order_of_versions(nights):
    """Dated by the clock alone, a version would end before it began, and a day would show two of one row."""
    known = [nights.live("people", "id, name")]
    for number, day in enumerate([20, 5, 6], 1):
        nights.database().execute(f"UPDATE people SET name = 'name {number}', version = {5000 + number} WHERE id = 7")
        nights.replicate(at=BEGIN.replace(day=day))
        known.append(nights.live("people", "id, name"))
    versions = "SELECT name, _ibr_loaded_at, _ibr_replaced_at FROM history_mis.people ORDER BY _ibr_loaded_at"
    ends = nights.ask(versions)
    assert [name for name, *_ in ends][1:] == ["name 1", "name 2"]
    assert all(begins < until for _, begins, until in ends)
    moments = [row[0] for row in nights.ask("SELECT DISTINCT checked_at FROM ops.reconciliation ORDER BY 1")]
    assert len(moments) == 4
    for moment, expected in zip(moments, known, strict=True):
        then = image("warehouse", "mirror_mis", "people", moment + dt.timedelta(microseconds=1))
        assert nights.ask(f"SELECT id, name FROM ({then}) ORDER BY ALL") == expected
    # Freshness is another matter: it is counted by the clock as it is.
    assert nights.ask("SELECT last_good_at FROM ops.sources")[0][0] == BEGIN.replace(day=6)


def test_a_comparison_that_a_wrong_clock_put_into_the_future_is_made_now(nights):
    nights.replicate(full=True, at=BEGIN + dt.timedelta(days=3650))
    nights.database().execute("UPDATE people SET name = 'new', version = 9000 WHERE id = 7")
    assert nights.replicate().tables["people"].mode == "full"
    nights.database().execute("UPDATE people SET version = 9001 WHERE id = 7")
    assert nights.replicate().tables["people"].mode == "incremental"


@pytest.mark.parametrize("kind", ["TEXT", "TIMESTAMP"])
def test_a_source_whose_clock_was_ahead_hides_no_later_change(tmp_path, kind):
    """One row of the year 2099 would else stand before every change to come."""
    nights = Nights(tmp_path, visits={"key": ["id"], "cursor": "moved_at"})
    with nights.database() as db:
        db.execute(f"CREATE TABLE visits (id INTEGER, word TEXT, moved_at {kind})")
        db.executemany("INSERT INTO visits VALUES (?, 'as it was', '2025-12-01 10:00:00')", [(n,) for n in range(9)])
        db.execute("INSERT INTO visits VALUES (99, 'from the future', '2099-01-01 00:00:00')")
    nights.replicate()
    nights.database().execute("UPDATE visits SET word = 'reversed!', moved_at = '2026-01-01 12:00:00' WHERE id = 3")
    second = nights.replicate().tables["visits"]
    assert (second.mode, second.updated) == ("incremental", 1)
    assert second.landed == 10  # all of the last moment before now, and what is dated after it
    assert ("reversed!",) in nights.live("visits", "word")


# --- damaged files


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"people": {"columns": []}}', "\udcff", '{"merged": 1}'])
def test_watermarks_that_cannot_be_read_copy_everything(nights, content):
    path = nights.home / "landing" / "mis" / "watermarks.json"
    path.write_text(content, encoding="utf-8", errors="surrogateescape")
    nights.database().execute("UPDATE people SET name = 'new', version = 5000 WHERE id = 7")
    outcome = nights.replicate().tables["people"]
    assert (outcome.mode, outcome.updated, outcome.live) == ("full", 1, 1000)
    assert nights.replicate().tables["people"].mode == "unchanged"


@pytest.mark.parametrize("content", ["", '{"source": "mis", "tab', "[]", "{}"])
def test_a_manifest_that_is_not_whole_is_no_landing(nights, content):
    landed = nights.land(full=True)
    (landed.folder / "manifest.json").write_text(content)
    with pytest.raises(ContractBroken, match=r"manifest\.json of landing night-2 is not as it was written; run again"):
        Landing.read(landed.folder)
    assert nights.replicate().tables["people"].live == 1000


@pytest.mark.parametrize("damage", ["cut", "emptied", "gone", "other"])
def test_a_damaged_parquet_file_is_told_before_anything_is_merged(nights, damage):
    landed = nights.land(full=True)
    file = landed.rows_file("people")
    if damage == "gone":
        file.unlink()
    elif damage == "other":
        duckdb.execute(f"COPY (SELECT 1 AS id) TO '{file}' (FORMAT parquet)")
    else:
        file.write_bytes(file.read_bytes()[: 1000 if damage == "cut" else 0])
    with pytest.raises(ContractBroken, match=r"people\.parquet of landing night-2 is not as it was written"):
        Landing.read(landed.folder)
    assert nights.replicate().tables["people"].live == 1000


def test_a_parquet_file_damaged_inside_changes_no_mirror(nights):
    landed = nights.land(full=True)
    file = landed.rows_file("people")
    content = bytearray(file.read_bytes())
    middle = len(content) // 2
    content[middle:middle + 500] = bytes(500)
    file.write_bytes(content)
    with pytest.raises((duckdb.Error, ContractBroken)):
        nights.merge(Landing.read(landed.folder))
    before = nights.live("people")
    assert nights.replicate().changed == 0
    assert nights.live("people") == before


@pytest.mark.parametrize("content", ["", "{", "[]", '{"run_id": 1}'])
def test_a_note_of_failure_that_cannot_be_read_still_says_that_there_was_one(tmp_path, content):
    path = tmp_path / "landing" / "mis" / "failure.json"
    path.parent.mkdir(parents=True)
    path.write_text(content)
    assert "cannot be read" in staleness.failures(tmp_path, ["mis"])["mis"]["message"]


def test_the_log_of_a_killed_run_beside_the_warehouse_is_read_and_a_damaged_one_told(nights):
    """What DuckDB had committed and not yet brought into the file."""
    nights.warehouse.execute("CHECKPOINT")
    nights.warehouse.execute("SET wal_autocheckpoint = '1GB'")
    file, log = nights.home / "warehouse.duckdb", nights.home / "warehouse.duckdb.wal"
    without = file.read_bytes()
    add(nights, range(1000, 1500))
    nights.replicate()
    written = log.read_bytes()
    nights.warehouse.close()

    def put(content: bytes) -> None:
        file.write_bytes(without)
        log.write_bytes(content)

    put(written)
    nights.open()
    assert len(nights.live("people")) == 1500
    assert nights.replicate().changed == 0
    nights.warehouse.close()

    put(written[:100] + bytes(50) + written[150:])
    with pytest.raises(ConfigurationProblem, match=r"warehouse\.duckdb\.wal beside it is damaged") as problem:
        connect(file)
    assert "\n" not in str(problem.value)

    # Without its log the mirror is older than what was remembered of it.
    log.unlink()
    nights.open()
    add(nights, range(1500, 1510))
    with pytest.raises(MirrorMoved):
        nights.replicate()
    assert nights.replicate().tables["people"].live == 1510


def test_a_warehouse_that_is_none_is_told(tmp_path):
    (tmp_path / "warehouse.duckdb").write_bytes(b"anything" * 1000)
    with pytest.raises(ConfigurationProblem, match="no DuckDB file"):
        connect(tmp_path / "warehouse.duckdb")
