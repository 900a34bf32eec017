"""Batches that arrive in an inbox: taken when whole, in the order of their dates, accepted or refused as wholes."""

import datetime as dt
import io
import zipfile
from types import SimpleNamespace

import pytest

from ibr.errors import ContractBroken, SourceUnreachable
from pipelines.replication.inbox import intake, register
from pipelines.replication.inbox.arrivals import scan
from pipelines.replication.inbox.overview import open_batches
from tests.integration.batches import MEMBERS, PAYMENTS, Inbox, manifest

DAY = dt.timedelta(days=1)


def waits(inbox, at=None):
    """What lies in the inbox and is not whole, and what it waits for."""
    later = at or inbox.first_night + dt.timedelta(hours=1)
    return {c.name: c.waits_for for c in scan(inbox.folder, inbox.source, later) if c.waits_for}


def quarantined(inbox):
    return sorted(path.name for path in (inbox.home / "quarantine" / "mis").glob("*/*"))


def batches(inbox, columns="batch_date::VARCHAR, table_name, file, rows, status"):
    return inbox.ask(f"SELECT {columns} FROM ops.batches ORDER BY ALL")


def test_a_batch_is_merged_and_leaves_the_inbox(tmp_path):
    inbox = Inbox(tmp_path)
    inbox.members("2024-06-30", "1,Jane", "2,José")
    assert inbox.replicate().tables["members"].inserted == 2
    assert inbox.live("members", "no, name") == [("1", "Jane"), ("2", "José")]
    assert inbox.left() == []
    assert batches(inbox) == [("2024-06-30", "members", "members_20240630.csv", 2, "applied")]
    kept = list((tmp_path / "landing" / "mis" / "batches").glob("2024-06-30-*/members_20240630.csv"))
    assert kept[0].read_text() == "no,name\n1,Jane\n2,José\n"
    assert inbox.ask("SELECT last_good_at::VARCHAR FROM ops.sources") == [("2024-06-30 00:00:00+00",)]


def test_a_night_without_a_batch_changes_nothing_and_the_date_stays_that_of_the_last(tmp_path):
    inbox = Inbox(tmp_path)
    with pytest.raises(SourceUnreachable, match="no batch with table members has arrived yet"):
        inbox.replicate()
    inbox.members("2024-06-30", "1,Jane")
    inbox.replicate()
    assert inbox.replicate().tables["members"].mode == "unchanged"
    assert inbox.ask("SELECT last_good_at::DATE::VARCHAR FROM ops.sources") == [("2024-06-30",)]


def test_a_whole_table_replaces_the_last_one(tmp_path):
    inbox = Inbox(tmp_path)
    inbox.members("2024-06-30", "1,Jane", "2,John")
    inbox.replicate()
    inbox.members("2024-07-31", "1,Janet", "3,Jo")
    done = inbox.replicate().tables["members"]
    assert (done.inserted, done.updated, done.deleted) == (1, 1, 1)
    assert inbox.live("members", "no, name") == [("1", "Janet"), ("3", "Jo")]


CHANGES = {"members": MEMBERS | {"sends": "changes", "deleted": {"op": "D"}}}


def test_changes_are_rows_by_key_and_marks_of_deletion(tmp_path):
    inbox = Inbox(tmp_path, **CHANGES)
    inbox.members("2024-06-01", "1,Jane,", "2,John,", "3,Jo,", header="no,name,op")
    inbox.replicate()
    inbox.members("2024-06-02", "1,Janet,U", "2,,d", "4,Ann,I", header="no,name,op")
    done = inbox.replicate().tables["members"]
    assert (done.inserted, done.updated, done.deleted) == (1, 1, 1)
    assert inbox.live("members", "no, name") == [("1", "Janet"), ("3", "Jo"), ("4", "Ann")]
    inbox.members("2024-06-03", "2,Back,I", header="no,name,op")
    inbox.replicate()
    assert ("2", "Back") in inbox.live("members", "no, name")
    assert inbox.ask("SELECT count(*) FROM ops.reconciliation WHERE NOT is_equal") == [(0,)]
    assert "op" not in [row[0] for row in inbox.ask("DESCRIBE mirror_mis.members")]


def test_a_row_that_one_batch_both_sends_and_deletes_stays_and_is_named(tmp_path):
    inbox = Inbox(tmp_path, **CHANGES)
    inbox.members("2024-06-01", "1,Jane,", header="no,name,op")
    inbox.replicate()
    inbox.members("2024-06-02", "1,Janet,U", "1,,D", header="no,name,op")
    done = inbox.replicate().tables["members"]
    assert (done.live, done.quarantined) == (1, 1)
    assert inbox.live("members", "name") == [("Janet",)]
    assert inbox.ask("SELECT reason_code FROM ops.rejected_rows") == [("KEY_REPEATED",)]


def test_changes_without_a_column_that_rows_have_are_refused(tmp_path):
    inbox = Inbox(tmp_path, **CHANGES)
    inbox.members("2024-06-01", "1,Jane,Kitui,", header="no,name,ward,op")
    inbox.replicate()
    inbox.members("2024-06-02", "1,Janet,U", header="no,name,op")
    with pytest.raises(ContractBroken, match=r"changes lack the column\(s\) ward"):
        inbox.replicate()
    assert inbox.live("members", "no, name, ward") == [("1", "Jane", "Kitui")]


# --- when a batch is whole


def test_a_file_is_not_read_before_it_has_lain_unchanged(tmp_path):
    inbox = Inbox(tmp_path)
    inbox.members("2024-06-30", "1,Jane")
    half_copied = inbox.first_night + dt.timedelta(minutes=4)
    assert waits(inbox, half_copied) == {"members_20240630.csv": "members_20240630.csv to arrive whole"}
    with pytest.raises(SourceUnreachable):
        inbox.replicate(begun=half_copied)
    assert inbox.replicate().tables["members"].inserted == 1


def test_a_manifest_proves_at_once_that_files_are_whole(tmp_path):
    content = b"no,name\n1,Jane\n"
    inbox = Inbox(tmp_path, members={"key": ["no"]})
    inbox.drop("members.csv", content[:-3])
    inbox.drop("manifest.json", manifest("2024-06-30", members=content))
    assert waits(inbox, inbox.first_night) == {"manifest.json": "members.csv to arrive whole"}
    inbox.drop("members.csv", content)
    assert inbox.replicate(begun=inbox.first_night).tables["members"].inserted == 1
    assert inbox.left() == []


def test_a_batch_waits_for_every_file_and_says_so(tmp_path):
    inbox = Inbox(tmp_path, members=MEMBERS, payments=PAYMENTS | {"in_every_batch": True})
    inbox.members("2024-06-30", "1,Jane")
    inbox.drop("june/manifest.json", manifest("2024-06-29", members=b"x"))
    inbox.drop("readme.txt", "hello")
    inbox.drop("members_20240629.csv.part", "no,na")
    assert waits(inbox) == {
        "members_20240630.csv": "payments_20240630.csv",
        "manifest.json": "members.csv of its manifest",
        "readme.txt": "a manifest that names it; its name is none of "
        "members_{date:%Y%m%d}{version}.csv, payments_{date:%Y%m%d}{version}.csv",
    }
    with pytest.raises(SourceUnreachable):
        inbox.replicate()
    assert len(inbox.left()) == 4
    inbox.drop("payments_20240630.csv", "no,amount\n1,4000\n")
    inbox.replicate()
    assert inbox.live("payments", "no, amount") == [("1", "4000")]


def test_tables_may_come_by_themselves(tmp_path):
    inbox = Inbox(tmp_path, members=MEMBERS | {"in_every_batch": False}, payments=PAYMENTS)
    inbox.members("2024-06-30", "1,Jane")
    with pytest.raises(SourceUnreachable, match="no batch with table payments"):
        inbox.replicate()  # the mirror needs every table once; the batch is kept for then
    inbox.drop("payments_20240701.csv", "no,amount\n1,4000\n")
    inbox.replicate()
    assert inbox.live("members", "no") == [("1",)]
    assert inbox.live("payments", "no") == [("1",)]


@pytest.mark.parametrize("where", ["", "june/"])
def test_manifests_in_csv_and_folders(tmp_path, where):
    inbox = Inbox(tmp_path, members={"key": ["no"]})
    inbox.drop(f"{where}list.csv", "no,name\n1,Jane\n")
    told = "\ufeffFile;Table;Date;Rows;SHA256;Sends\nlist.csv;members;2024-06-30;1;;full\n"
    inbox.drop(f"{where}Manifest_june.csv", told)
    inbox.replicate()
    assert inbox.live("members", "no, name") == [("1", "Jane")]
    assert inbox.left() == []
    assert not (inbox.folder / "june").exists()


def zipped(**files: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def test_a_zip_is_one_batch(tmp_path):
    inbox = Inbox(tmp_path)
    inbox.drop("june.zip", zipped(**{"data/members_20240630.csv": "no,name\n1,Jane\n", "__MACOSX/._x": "x"}))
    inbox.replicate()
    assert inbox.live("members", "no, name") == [("1", "Jane")]
    assert inbox.left() == []


ZIPS = {
    "two dates": (
        zipped(**{"members_20240630.csv": "no\n1\n", "members_20240731.csv": "no\n1\n"}), "holds 2 batches",
    ),
    "a stranger": (zipped(**{"members_20240630.csv": "no\n1\n", "x.doc": "x"}), "x.doc lacks a manifest"),
    "a name twice": (zipped(**{"a/members_20240630.csv": "no\n", "b/members_20240630.csv": "no\n"}), "more than once"),
    "out of the folder": (zipped(**{"../../members_20240630.csv": "no,name\n1,Jane\n"}), None),
    "a bomb": (zipped(**{"members_20240630.csv": "0" * (1 << 24)}), "would unpack to"),
    "no zip": (b"PK no zip", "cannot be opened as a zip"),
    "damaged": (
        zipped(**{"members_20240630.csv": "no,name\n1,Jane\n"}).replace(b"\x00\x00members", b"\x00\x00nembers", 1),
        "members_20240630.csv in june.zip is damaged",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "said"), ZIPS.values(), ids=ZIPS)
def test_zips_that_are_refused(tmp_path, monkeypatch, content, said):
    monkeypatch.setattr("pipelines.replication.inbox.pieces._MUCH", 1 << 20)
    inbox = Inbox(tmp_path)
    inbox.drop("june.zip", content)
    if said is None:  # names are taken without their folders
        inbox.replicate()
        assert inbox.live("members", "name") == [("Jane",)]
        return
    with pytest.raises(ContractBroken, match=said):
        inbox.replicate()
    assert inbox.left() == ["june.zip.reason.txt"]
    assert quarantined(inbox) == [".batch.json", "june.zip", "june.zip.reason.txt"]


# --- late, out of order, again


def test_an_older_whole_table_is_recorded_and_changes_nothing(tmp_path):
    inbox = Inbox(tmp_path)
    inbox.members("2024-07-31", "1,Janet")
    inbox.replicate()
    inbox.members("2024-06-30", "1,Jane", "2,John")
    assert inbox.replicate().tables["members"].mode == "unchanged"
    assert inbox.live("members", "no, name") == [("1", "Janet")]
    assert [row[-1] for row in batches(inbox)] == ["superseded", "applied"]
    assert inbox.left() == []
    assert inbox.ask("SELECT last_good_at::DATE::VARCHAR FROM ops.sources") == [("2024-07-31",)]


def test_batches_that_wait_together_are_applied_one_a_run_in_the_order_of_their_dates(tmp_path):
    inbox = Inbox(tmp_path)
    inbox.members("2024-07-31", "1,Janet")
    inbox.members("2024-06-30", "1,Jane")
    inbox.replicate()
    assert inbox.live("members", "name") == [("Jane",)]
    inbox.replicate()
    assert inbox.live("members", "name") == [("Janet",)]
    assert inbox.ask("SELECT name FROM history_mis.members") == [("Jane",)]


def test_the_same_batch_again_is_no_news(tmp_path):
    inbox = Inbox(tmp_path)
    for _ in range(2):
        inbox.members("2024-06-30", "1,Jane")
        outcome = inbox.replicate()
    assert outcome.tables["members"].mode == "unchanged"
    assert inbox.left() == []
    assert len(batches(inbox)) == 1


def test_the_same_date_with_other_content_is_told_and_a_correction_has_a_version(tmp_path):
    inbox = Inbox(tmp_path)
    inbox.members("2024-06-30", "1,Jane")
    inbox.replicate()
    inbox.members("2024-06-30", "1,Janet")
    with pytest.raises(ContractBroken, match=r"has other content\. If it corrects that one, send it as version 2"):
        inbox.replicate()
    assert inbox.live("members", "name") == [("Jane",)]
    inbox.members("2024-06-30", "1,Janet", version="_v2")
    inbox.replicate()
    assert inbox.live("members", "name") == [("Janet",)]


# --- refused


REFUSED = {
    "another file": (manifest("2024-06-30", members=b"x"), "its SHA-256 is another"),
    "other rows": (manifest("2024-06-30", members={"rows": 7}), "members.csv has 1 rows, and its manifest says 7"),
    "a strange table": (manifest("2024-06-30", clients={}), "names table clients, which registry.yml does not have"),
    "the future": (manifest("2062-06-30", members={}), "lies in the future"),
    "no date": ('{"files": [{"file": "members.csv", "table": "members"}]}', "date: Field required"),
    "no JSON": ("date: 2024", "cannot be read; expected JSON or CSV"),
    "a way out": ('{"date": "2024-06-30", "files": [{"file": "../x", "table": "members"}]}', "files 1 file"),
    "changes without a key": (
        manifest("2024-06-30", members={}, words={"file": "members.csv", "sends": "changes"}), "has no key",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("told", "said"), REFUSED.values(), ids=REFUSED)
def test_a_manifest_that_is_wrong_refuses_its_batch(tmp_path, told, said):
    inbox = Inbox(tmp_path, members={"key": ["no"]}, words={})
    inbox.drop("members.csv", "no,name\n1,Jane\n")
    inbox.drop("manifest.json", told)
    with pytest.raises(ContractBroken, match=said) as problem:
        inbox.replicate()
    assert "its files lie in quarantine/mis/" in str(problem.value)
    assert "\n" not in str(problem.value)
    assert "manifest.json.reason.txt" in inbox.left()
    assert "manifest.json.reason.txt" in quarantined(inbox)

def test_a_refused_batch_lies_in_quarantine_with_its_reason_and_can_be_put_back(tmp_path):
    inbox = Inbox(tmp_path, members=MEMBERS | {"columns": {"born": "date"}})
    inbox.members("2024-06-30", "1,Jane")
    with pytest.raises(ContractBroken, match=r"column\(s\) born are gone"):
        inbox.replicate()
    assert inbox.left() == ["members_20240630.csv.reason.txt"]
    assert quarantined(inbox) == [".batch.json", "members_20240630.csv", "members_20240630.csv.reason.txt"]
    assert "born are gone" in (inbox.folder / "members_20240630.csv.reason.txt").read_text()
    register.record_refused(inbox.warehouse, tmp_path, "mis")
    assert batches(inbox, "table_name, status") == [("members", "refused")]
    inbox.source.tables["members"].columns = {}
    next((tmp_path / "quarantine").rglob("members_20240630.csv")).rename(inbox.folder / "members_20240630.csv")
    inbox.replicate()
    assert inbox.left() == []
    assert quarantined(inbox) == []
    assert batches(inbox, "table_name, status") == [("members", "applied")]


def test_what_only_the_merge_finds_refuses_the_batch_and_the_mirror_stays(tmp_path):
    inbox = Inbox(tmp_path)
    inbox.source.limits.vanished_share = 0.2
    inbox.members("2024-06-30", *(f"{n},name {n}" for n in range(100)))
    inbox.replicate()
    inbox.members("2024-07-31", "1,Jane")
    with pytest.raises(ContractBroken, match="99 of 100 rows have vanished"):
        inbox.replicate()
    assert len(inbox.live("members")) == 100
    assert inbox.left() == ["members_20240731.csv.reason.txt"]
    inbox.members("2024-07-31", *(f"{n},name {n}" for n in range(1, 100)))
    assert inbox.replicate().tables["members"].deleted == 1
    assert inbox.left() == []


def test_all_that_was_received_is_stored_or_quarantined(tmp_path):
    inbox = Inbox(tmp_path)
    rows = [f"{n},name {n}" for n in range(200)]
    inbox.members("2024-06-30", *rows, "5,again", ",nobody", "7,too,many", "TOTAL,200")
    done = inbox.replicate().tables["members"]
    assert (done.landed, done.live, done.quarantined) == (204, 200, 4)
    assert inbox.ask("SELECT reason_code FROM ops.rejected_rows ORDER BY 1") == [
        ("KEY_MISSING",), ("KEY_REPEATED",), ("LINE_TOO_MANY_COLUMNS",), ("TOTALS_ROW",),
    ]  # fmt: skip
    assert batches(inbox, "rows") == [(204,)]


def test_a_file_that_is_replaced_while_it_is_copied_is_left_for_the_next_run(tmp_path, monkeypatch):
    inbox = Inbox(tmp_path)
    inbox.members("2024-06-30", "1,Jane")
    real = intake.copy_hashed

    def meanwhile(piece, target):
        digest = real(piece, target)
        inbox.members("2024-06-30", "1,Janet", "2,John")
        return digest

    with monkeypatch.context() as patched:
        patched.setattr(intake, "copy_hashed", meanwhile)
        with pytest.raises(SourceUnreachable):
            inbox.replicate()
    inbox.replicate()
    assert inbox.live("members", "no, name") == [("1", "Janet"), ("2", "John")]


def test_status_names_what_waits_and_what_was_refused(tmp_path):
    registry = SimpleNamespace(sources={})
    inbox = Inbox(tmp_path, members=MEMBERS, payments=PAYMENTS | {"in_every_batch": True})
    registry.sources["mis"] = inbox.source

    def told():
        return [(b["state"], b["reason"]) for b in open_batches(tmp_path, registry, inbox.first_night + DAY)]

    inbox.members("2024-06-30", "1,Jane")
    assert told() == [("waiting", "waits for payments_20240630.csv")]
    inbox.drop("payments_20240630.csv", "")
    assert told() == [("whole", "the next run")]
    with pytest.raises(ContractBroken):
        inbox.replicate()
    ((state, reason),) = told()
    assert state == "refused"
    assert "payments_20240630.csv is empty (0 bytes)" in reason
    inbox.members("2024-07-01", "1,Jane")
    inbox.drop("payments_20240701.csv", "no,amount\n1,4000\n")
    inbox.replicate()
    assert told() == []
