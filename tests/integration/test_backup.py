"""Backups of a small workspace: what is stored, what is refused, what damage and crashes do, and what comes back."""

import datetime as dt
import json
import multiprocessing as mp
import os
import signal
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from ibr.config import load_backup
from ibr.errors import ConfigurationProblem, ContractBroken, DiskFull, UsageProblem, WarehouseBusy
from warehouse import audit
from warehouse.backup import Manifest, Store, restore, take, verify
from warehouse.backup.choosing import holding, latest
from warehouse.backup.store import PART
from warehouse.lock import warehouse_lock
from warehouse.publication import publications, publish
from warehouse.schemas import prepare

AT = dt.datetime(2026, 7, 1, 3, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
NOT_SAVED = {"sources/mis.db", "landing/mis/20260701T010000/t.parquet", "tmp/spill", "logs/run.log",
             "published/20260601T030000Z/lookup/people.arrow"}  # fmt: skip


@pytest.fixture
def home(tmp_path) -> Path:
    home = tmp_path / "home"
    for name in ("sources", "landing/mis/20260701T010000", "landing/mis/batches/b1", "tmp", "words", "dagster", "logs",
                 "published/20260601T030000Z/lookup"):  # fmt: skip
        (home / name).mkdir(parents=True)
    (home / "registry.yml").write_text("country: Somewhere\n")
    for name in NOT_SAVED:
        (home / name).write_text("is not saved")
    (home / "landing/mis/watermarks.json").write_text("{}")
    (home / "landing/mis/batches/b1/list.csv").write_text("sent once")
    (home / "words/xx.yml").write_text("a: b\n")
    with duckdb.connect(str(home / "warehouse.duckdb")) as con:
        prepare(con)
        con.execute("CREATE SCHEMA IF NOT EXISTS marts")
        con.execute("CREATE TABLE marts.dim_person AS SELECT i, md5(i::VARCHAR) AS name FROM range(100000) t(i)")
        # What no run changes, as the register's mirror.
        con.execute("CREATE TABLE ops.unchanged AS SELECT i, md5((-i)::VARCHAR) AS name FROM range(300000) t(i)")
    db = sqlite3.connect(home / "dagster" / "runs.db")
    db.executescript("PRAGMA journal_mode = wal; CREATE TABLE runs (id); INSERT INTO runs VALUES (1)")
    db.commit()
    publish(home / "warehouse.duckdb", home, "R1", AT - DAY)
    yield home
    db.close()


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "backups"


def content(home: Path) -> dict[str, object]:
    """What has to come back: every table of the databases, and all other files that are saved."""
    held: dict[str, object] = {}
    for path in sorted(home.rglob("*")):
        name = str(path.relative_to(home))
        if path.is_symlink():
            held[name] = path.readlink()
        elif path.suffix == ".duckdb":
            held[name] = tables(path)
        elif path.is_file() and name.startswith(("registry", "words", "landing", "published", "inbox")):
            held[name] = path.read_bytes()
    return held


def tables(file: Path) -> list[tuple]:
    with duckdb.connect(str(file), read_only=True) as con:
        names = con.execute("SELECT schema_name, table_name FROM duckdb_tables() ORDER BY ALL").fetchall()
        return [
            (schema, name, *con.execute(f"SELECT count(*), sum(hash(t)) FROM {schema}.{name} t").fetchone())
            for schema, name in names
        ]


def change(home: Path) -> None:
    with duckdb.connect(str(home / "warehouse.duckdb")) as con:
        con.execute("UPDATE marts.dim_person SET name = 'another' WHERE i = 7")
    publish(home / "warehouse.duckdb", home, "R2", AT)


def test_each_backup_comes_back_as_it_was_and_only_what_changed_is_stored_again(home, folder, tmp_path):
    first_content = content(home)
    first = take(home, folder, AT, 30)
    again = take(home, folder, AT, 30)
    assert again.manifest.backup == f"{first.manifest.backup}-02"
    assert again.stored < first.stored / 100
    change(home)
    second_content = content(home)
    second = take(home, folder, AT + DAY, 30)
    assert second.stored < 0.8 * first.stored
    assert first_content != second_content
    store = Store.opened(folder)
    for backup, before in ((first, first_content), (second, second_content)):
        verify(store, backup.manifest)
        there = tmp_path / f"restored-{backup.manifest.backup}"
        restore(store, backup.manifest, there)
        assert content(there) == {name: one for name, one in before.items() if name not in NOT_SAVED}
        assert not [name for name in NOT_SAVED if (there / name).exists()]
        with sqlite3.connect(there / "dagster" / "runs.db") as db:
            assert db.execute("SELECT * FROM runs").fetchall() == [(1,)]
        assert audit.verify(there, {"backup": audit.Head.parse(backup.manifest.audit_head)}).passed
        assert audit.last(there, "restored").details["backup"] == backup.manifest.backup
        assert publications(there)[0].is_current
    assert not [path for path in folder.rglob("*") if path.name.startswith(".verifying")]


def test_a_large_file_that_changed_a_little_is_stored_again_in_part_alone(home, folder):
    large = home / "exceptions" / "large.csv"
    large.parent.mkdir()
    block = os.urandom(PART)
    large.write_bytes(b"".join(bytes([number]) + block[1:] for number in range(8)))
    take(home, folder, AT, 30)
    with large.open("r+b") as file:
        file.seek(3 * PART + 100)
        file.write(b"changed")
    assert PART < take(home, folder, AT + DAY, 30).stored < 2 * PART


def test_all_of_a_store_is_closed_to_others(home, folder):
    take(home, folder, AT, 30)
    assert all(path.stat().st_mode & 0o077 == 0 for path in [folder, folder / "parts", folder / "backups"])


def test_old_backups_go_and_take_with_them_only_what_no_other_needs(home, folder, tmp_path):
    first = take(home, folder, AT, 2)
    change(home)
    later = [take(home, folder, AT + number * DAY, 2) for number in (1, 2)]
    assert later[-1].removed == [first.manifest.backup]
    store = Store.opened(folder)
    good, bad = store.manifests()
    assert ([one.backup for one in good], bad) == ([one.manifest.backup for one in later], [])
    needed = {part for one in good for part in one.parts}
    assert {path.stem for path in (folder / "parts").glob("*/*")} == needed
    assert first.manifest.parts - needed
    for one in good:
        verify(store, one)


def test_what_cannot_be_used_is_told_and_nothing_is_written(home, folder, tmp_path):
    with pytest.raises(UsageProblem, match="lies in the workspace"):
        take(home, home / "backups", AT, 30)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "one.jpg").write_text("x")
    with pytest.raises(UsageProblem, match="holds other things"):
        take(home, tmp_path / "photos", AT, 30)
    with pytest.raises(UsageProblem, match="is no workspace"):
        take(tmp_path / "photos", folder, AT, 30)
    with pytest.raises(UsageProblem, match="holds no backups"):
        Store.opened(tmp_path / "photos")
    with warehouse_lock(home, "ibr run"), pytest.raises(WarehouseBusy, match="ibr run"):
        take(home, folder, AT, 30)
    with pytest.raises(UsageProblem, match="no backup"):
        latest(Store.opened(folder))
    assert sorted(path.name for path in (tmp_path / "photos").iterdir()) == ["one.jpg"]


def test_nothing_is_restored_over_what_is_there_and_what_does_not_fit_leaves_nothing(
    home, folder, tmp_path, monkeypatch
):
    taken = take(home, folder, AT, 30)
    store, there = Store.opened(folder), tmp_path / "there"
    before = content(home)
    with pytest.raises(UsageProblem, match="is not empty"):
        restore(store, taken.manifest, home)
    assert content(home) == before
    there.mkdir()
    restore(store, taken.manifest, there)  # an empty folder will do
    free = taken.manifest.bytes - 1
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(total=free, free=free))
    with pytest.raises(DiskFull, match=r"has 0\.0 GB free"):
        restore(store, taken.manifest, tmp_path / "full")
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("full")]


@pytest.mark.parametrize("damage", ["changed", "missing", "empty"])
def test_a_damaged_part_is_told_restores_nothing_and_is_mended_by_the_next_backup(home, folder, tmp_path, damage):
    manifest = take(home, folder, AT, 30).manifest
    part = next(file for file in manifest.files if file.path == "warehouse.duckdb").parts[-1]
    path = next((folder / "parts").glob(f"*/{part}.zst"))
    if damage == "missing":
        path.unlink()
    else:
        packed = bytearray(path.read_bytes())
        packed[len(packed) // 2] ^= 0xFF
        path.write_bytes(packed if damage == "changed" else b"")
    store, there = Store.opened(folder), tmp_path / "there"
    with pytest.raises(ContractBroken, match=rf"warehouse\.duckdb: part {part[:12]}"):
        restore(store, manifest, there)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("there")]
    with pytest.raises(ContractBroken, match="1 parts are damaged or missing in all"):
        verify(store, manifest)
    take(home, folder, AT + DAY, 30)
    assert verify(store, manifest).databases == 2


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda text: text[: len(text) // 2], "is cut off"),
        (lambda text: "", "is cut off"),
        (lambda text: text.replace("registry.yml", "registry.yaml"), "was altered"),
    ],
)
def test_a_manifest_that_is_not_as_it_was_written_is_told_and_stops_neither_backups_nor_others(
    home, folder, tmp_path, spoil, told
):
    first = take(home, folder, AT, 30).manifest
    second = take(home, folder, AT + DAY, 30).manifest
    path = folder / "backups" / f"{second.backup}.json"
    path.write_text(spoil(path.read_text()))
    store = Store.opened(folder)
    with pytest.raises(ContractBroken, match=told):
        latest(store)
    with pytest.raises(ContractBroken, match=told):
        store.manifest(second.backup)
    verify(store, first)
    third = take(home, folder, AT + 2 * DAY, 1)
    assert [one.backup for one in third.unreadable] == [second.backup]
    assert third.removed == []  # nobody knows which parts the damaged one needs
    verify(store, first)
    path.unlink()
    assert take(home, folder, AT + 3 * DAY, 1).removed == [first.backup, third.manifest.backup]


def test_a_path_that_leads_out_of_a_workspace_is_not_followed(home, folder, tmp_path):
    manifest = take(home, folder, AT, 30).manifest
    file = next(one for one in manifest.files if one.path == "registry.yml")
    evil = Manifest(**vars(manifest) | {"files": [type(file)(**vars(file) | {"path": "../../outside.yml"})]})
    with pytest.raises(ContractBroken, match="outside of a workspace"):
        restore(Store.opened(folder), evil, tmp_path / "a" / "there")
    assert not (tmp_path / "outside.yml").exists()


def _die_at_the_manifest(home: Path, folder: Path) -> None:
    Store.write_manifest = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    take(home, folder, AT + DAY, 30)


def test_a_backup_killed_before_its_manifest_leaves_the_earlier_good_and_is_swept_by_the_next(home, folder):
    first = take(home, folder, AT, 30).manifest
    change(home)
    process = mp.get_context("spawn").Process(target=_die_at_the_manifest, args=(home, folder))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    store = Store.opened(folder)
    assert latest(store).backup == first.backup
    verify(store, first)
    unnamed = [path for path in (folder / "parts").glob("*/*.zst") if path.stem not in first.parts]
    assert unnamed
    for path in unnamed:
        path.write_bytes(b"")  # as a power cut leaves what was not on disk yet
    verify(store, take(home, folder, AT + 2 * DAY, 30).manifest)


def test_a_publication_is_found_by_its_version_or_its_day_in_the_first_backup_that_holds_it(home, folder):
    first = take(home, folder, AT, 30).manifest
    older = publications(home)[0].version
    change(home)
    newer = publications(home)[0].version
    second = take(home, folder, AT + DAY, 30).manifest
    store = Store.opened(folder)
    assert holding(store, older) == (first, older)
    assert holding(store, newer) == (second, newer)
    assert holding(store, "2026-06-30") == (first, older)
    assert holding(store, "2026-07-15") == (second, newer)
    for unknown in ("2026-06-29", "20250101T000000Z"):
        with pytest.raises(UsageProblem, match=f"{older}, {newer}"):
            holding(store, unknown)


def test_the_trail_tells_of_backups(home, folder):
    taken = take(home, folder, AT, 30)
    event = audit.last(home, "backup_taken")
    assert event.details["backup"] == taken.manifest.backup
    assert audit.Head.parse(taken.manifest.audit_head).sequence == event.sequence - 1


def test_settings_are_read_though_the_rest_of_registry_yml_is_wrong(tmp_path):
    file = tmp_path / "registry.yml"
    file.write_text(json.dumps({"sources": "nonsense ${UNSET}", "backup": {"to": "/mnt/b", "keep": 3}}))
    assert load_backup(file).to == Path("/mnt/b")
    file.write_text("backup: {keep: none}\n")
    with pytest.raises(ConfigurationProblem, match=r"backup\.keep"):
        load_backup(file)


def test_what_the_second_copy_of_the_trail_knows_more_comes_back_with_a_restore(home, folder, tmp_path):
    (home / "registry.yml").write_text(f"audit: {{copy_to: {tmp_path / 'other-disk'}}}\n")
    manifest = take(home, folder, AT, 30).manifest
    audit.record(home, "enquired")
    enquired = audit.head(home)
    there = tmp_path / "there"
    restore(Store.opened(folder), manifest, there)
    assert audit.verify(there, {"the enquiry": enquired}).passed
    assert audit.last(there, "restored").sequence > enquired.sequence


def test_what_a_killed_verification_left_goes_with_the_next_use(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    store = Store.made(tmp_path / "store", home)
    left = store.folder / ".verifying-killed"
    left.mkdir()
    (left / "warehouse.duckdb").write_bytes(b"")
    with store.locked("a test"):
        assert not left.exists()
