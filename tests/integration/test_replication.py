"""Mirrors against their sources: changes, deletions, bad rows, schema changes, and what is kept when it breaks."""

import datetime as dt
import sqlite3

import polars as pl
import pytest

from ibr.errors import ConfigurationProblem, ContractBroken, SourceUnreachable
from pipelines.replication import landing
from pipelines.replication.landing import land
from tests.integration.replication import Nights

PEOPLE = {"key": ["id"], "cursor": "version"}


@pytest.fixture
def nights(tmp_path):
    found = Nights(tmp_path, people=PEOPLE)
    with found.database() as db:
        db.execute("CREATE TABLE people (id INTEGER, name TEXT, amount REAL, version INTEGER)")
        db.executemany("INSERT INTO people VALUES (?, ?, ?, ?)", [(n, f"name {n}", n / 3, n) for n in range(200)])
    return found


def test_the_first_night_copies_all_and_the_next_only_what_changed(nights):
    assert nights.replicate().tables["people"].inserted == 200
    nights.database().execute("UPDATE people SET name = 'changed', version = 900 WHERE id = 7")
    second = nights.replicate().tables["people"]
    # the row at the watermark is copied again, and found unchanged
    assert (second.mode, second.landed, second.updated, second.deleted) == ("incremental", 2, 1, 0)
    assert ("changed",) in nights.live("people", "name")
    assert nights.ask("SELECT name FROM history_mis.people") == [("name 7",)]


def test_a_deletion_leaves_a_tombstone_and_can_come_back(nights):
    nights.replicate()
    nights.database().execute("DELETE FROM people WHERE id = 3")
    assert nights.replicate().tables["people"].deleted == 1
    assert len(nights.live("people")) == 199
    assert nights.ask("SELECT count(*) FROM mirror_mis.people") == [(200,)]
    nights.database().execute("INSERT INTO people VALUES (3, 'back', 1, 901)")
    assert nights.replicate().tables["people"].inserted == 1
    assert len(nights.live("people")) == 200


def test_every_figure_is_recorded_and_agrees(nights):
    nights.replicate()
    measures = nights.ask("SELECT DISTINCT measure FROM ops.reconciliation ORDER BY 1")
    assert measures == [("distinct_keys",), ("rows",), ("sum",), ("text_length",)]
    assert nights.ask("SELECT count(*) FROM ops.reconciliation WHERE NOT is_equal") == [(0,)]


def test_bad_rows_are_quarantined_with_their_reason_and_text(nights):
    with nights.database() as db:
        db.execute("INSERT INTO people VALUES (5, 'a second five', 1, 999)")
        db.execute("INSERT INTO people VALUES (NULL, 'nobody', 1, 1)")
        db.execute("INSERT INTO people VALUES (500, 'no number', 'abc', 1)")
    outcome = nights.replicate().tables["people"]
    assert outcome.quarantined == 3
    assert outcome.landed == outcome.live + outcome.quarantined
    assert nights.ask("SELECT reason_code FROM ops.rejected_rows ORDER BY 1") == [
        ("KEY_MISSING",), ("KEY_REPEATED",), ("NUMBER_UNREADABLE",),
    ]  # fmt: skip
    unreadable = "SELECT value_given FROM ops.rejected_rows WHERE reason_code = 'NUMBER_UNREADABLE'"
    assert "abc" in nights.ask(unreadable)[0][0]
    # the newest of two rows with one key is the one kept
    assert nights.ask("SELECT name FROM mirror_mis.people WHERE id = 5") == [("a second five",)]


def test_a_row_that_turns_bad_keeps_its_last_good_version(nights):
    nights.replicate()
    nights.database().execute("UPDATE people SET amount = 'unknown', version = 950 WHERE id = 9")
    outcome = nights.replicate()
    assert outcome.tables["people"].quarantined == 1
    assert nights.ask("SELECT amount, _ibr_deleted_at FROM mirror_mis.people WHERE id = 9") == [(3.0, None)]


def test_too_many_bad_rows_hold_the_source_back(nights):
    nights.replicate()
    nights.database().execute("UPDATE people SET amount = 'x', name = 'gone bad', version = 2000 WHERE id < 50")
    with pytest.raises(ContractBroken, match=r"49|50 of .* rows cannot be stored"):
        nights.replicate()
    assert ("gone bad",) not in nights.live("people", "name")


def test_a_table_that_loses_most_of_its_rows_stops_its_source(nights):
    nights.replicate()
    nights.database().execute("DELETE FROM people WHERE id > 100")
    with pytest.raises(ContractBroken, match="have vanished"):
        nights.replicate()
    assert len(nights.live("people")) == 200


def test_a_small_table_may_lose_rows_and_one_without_a_key_is_counted(tmp_path):
    nights = Nights(tmp_path, few={"key": ["id"]}, words={})
    with nights.database() as db:
        db.execute("CREATE TABLE few (id INTEGER)")
        db.execute("CREATE TABLE words (word TEXT)")
        db.executemany("INSERT INTO few VALUES (?)", [(n,) for n in range(9)])
        db.executemany("INSERT INTO words VALUES (?)", [(f"w{n}",) for n in range(100)])
    nights.replicate()
    nights.database().execute("DELETE FROM few WHERE id > 1")
    nights.database().execute("UPDATE words SET word = word || '!'")  # none of them is there any more, and none is gone
    assert nights.replicate().tables["few"].deleted == 7
    nights.database().execute("DELETE FROM words WHERE rowid > 50")
    with pytest.raises(ContractBroken, match="50 of 100 rows have vanished"):
        nights.replicate()


def test_a_new_column_arrives_whole_and_is_recorded(nights):
    nights.replicate()
    with nights.database() as db:
        db.execute("ALTER TABLE people ADD COLUMN ward TEXT")
        db.execute("UPDATE people SET ward = 'w' || id")
    nights.replicate()
    assert nights.ask("SELECT column_name, change FROM ops.schema_changes") == [("ward", "added")]
    assert nights.ask("SELECT count(*) FROM mirror_mis.people WHERE ward IS NOT NULL") == [(200,)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("ALTER TABLE people RENAME COLUMN name TO full_name", "column.* name are gone"),
        ("ALTER TABLE people DROP COLUMN amount", "column.* amount are gone"),
        ("ALTER TABLE people RENAME TO persons", "no table people"),
        ("ALTER TABLE people RENAME COLUMN version TO rowversion", "version are gone"),
    ],
)
def test_a_schema_break_stops_the_source_and_says_what_to_do(nights, change, said):
    nights.replicate()
    nights.database().execute(change)
    with pytest.raises(ContractBroken, match=said) as problem:
        nights.replicate()
    assert "registry.yml" in str(problem.value) or "staging model" in str(problem.value)
    assert len(nights.live("people")) == 200


def test_a_missing_file_is_unreachable(tmp_path):
    with pytest.raises(SourceUnreachable, match="no database file"):
        Nights(tmp_path, people=PEOPLE).replicate()


def test_a_file_that_is_no_database_is_unreachable(tmp_path):
    (tmp_path / "mis.db").write_text("not a database, but long enough to be taken for one" * 100)
    with pytest.raises(SourceUnreachable, match="cannot be read as a SQLite database"):
        Nights(tmp_path, people=PEOPLE).replicate()


@pytest.mark.parametrize("url", ["postgresql://u:hunter2@127.0.0.1:1/db", "mysql://u:hunter2@127.0.0.1:1/db"])
def test_a_server_that_does_not_answer_is_unreachable_and_its_password_stays_unsaid(tmp_path, url):
    nights = Nights(tmp_path, url, people=PEOPLE)
    nights.source.retries = 0
    with pytest.raises(SourceUnreachable) as problem:
        nights.replicate()
    assert "127.0.0.1:1" in str(problem.value)
    assert "hunter2" not in str(problem.value)


def test_a_landing_that_fails_leaves_nothing(tmp_path):
    nights = Nights(tmp_path, people=PEOPLE)
    with pytest.raises(SourceUnreachable):
        land("mis", nights.source, tmp_path, "night-1", at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    assert not (tmp_path / "landing" / "mis" / "night-1").exists()


def test_tables_without_a_key_keep_identical_rows(tmp_path):
    nights = Nights(tmp_path, visits={})
    with nights.database() as db:
        db.execute("CREATE TABLE visits (place TEXT, day TEXT)")
        db.executemany("INSERT INTO visits VALUES (?, ?)", [("a", "mon")] * 3 + [("b", None)])
    nights.replicate()
    assert nights.live("visits", "place, day") == [("a", "mon")] * 3 + [("b", None)]
    nights.database().execute("DELETE FROM visits WHERE rowid = 1")
    nights.replicate()
    assert nights.live("visits", "place, day") == [("a", "mon")] * 2 + [("b", None)]


def test_names_with_spaces_and_quotes_are_mirrored_as_they_are(tmp_path):
    nights = Nights(tmp_path, **{'Case "A"': {"key": ["Case No"]}})
    with nights.database() as db:
        db.execute('CREATE TABLE "Case ""A""" ("Case No" TEXT, "select" INTEGER)')
        db.execute("""INSERT INTO "Case ""A\""" VALUES ('x', 1)""")
    assert nights.replicate().tables['Case "A"'].live == 1


def test_files_of_two_kinds_make_one_table(tmp_path):
    folder = tmp_path / "returns"
    folder.mkdir()
    pl.DataFrame({"reference": ["1", "2"], "amount": ["4000", "5400"]}).write_csv(folder / "bank.csv")
    pl.DataFrame({"reference": ["3"], "amount": [2000]}).write_excel(folder / "mobile.xlsx")
    nights = Nights(tmp_path, "files:returns", returns={"path": "*", "key": ["reference"]})
    nights.replicate()
    assert nights.live("returns", "reference, amount::INTEGER") == [("1", 4000), ("2", 5400), ("3", 2000)]


def test_a_writer_during_the_copy_does_not_tear_the_snapshot(nights):
    """The copy holds a read lock: a writer waits (here: gives up), and both tables come from one moment."""
    from pipelines.replication.adapters import open_source
    from warehouse.connection import connect

    with connect(":memory:") as con, open_source(con, "mis", nights.source, nights.home):
        writer = sqlite3.connect(nights.home / "mis.db", timeout=0.1)
        writer.isolation_level = None  # one statement, one commit
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            writer.execute("DELETE FROM people")


ODD_LINES = {
    "short": "3",
    "long": "3,4,5,6",
    "a total": "TOTAL",
    "an open quote": '"3,x,4000',
}


@pytest.mark.parametrize("line", ODD_LINES.values(), ids=ODD_LINES)
def test_an_odd_line_in_a_csv_is_refused_alone(tmp_path, line):
    rows = "".join(f'{n},"Wanjiku, {n}",4000\n' for n in range(100))
    (tmp_path / "returns.csv").write_text(f"reference,name,amount\n{rows}{line}\n", encoding="utf-8-sig")
    nights = Nights(tmp_path, "files:.", returns={"path": "*.csv", "key": ["reference"]})
    outcome = nights.replicate().tables["returns"]
    assert (outcome.live, outcome.quarantined) == (100, 1)
    assert nights.live("returns", "reference, name")[1] == ("1", "Wanjiku, 1")
    ((reason, given),) = nights.ask("SELECT reason_code, value_given FROM ops.rejected_rows")
    assert reason.startswith("LINE_")
    assert given.startswith(line.split(",")[0])


def test_a_workbook_that_is_none_holds_its_source_back_and_says_so(tmp_path):
    (tmp_path / "returns.xlsx").write_bytes(b"not a workbook")
    nights = Nights(tmp_path, "files:.", returns={"path": "*.xlsx", "key": ["reference"]})
    with pytest.raises(ContractBroken, match=r"returns\.xlsx cannot be read as a workbook"):
        nights.replicate()


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_are_told_from_the_header(tmp_path, separator):
    (tmp_path / "returns.csv").write_text(f"reference{separator}amount\n1{separator}4000\n")
    nights = Nights(tmp_path, "files:.", returns={"path": "*.csv"})
    nights.replicate()
    assert nights.live("returns", "reference, amount") == [("1", "4000")]


def test_a_file_that_holds_what_it_held_is_not_copied_again(nights):
    nights.replicate()
    second = nights.replicate().tables["people"]
    assert (second.mode, second.landed, second.live) == ("unchanged", 0, 200)
    assert nights.ask("SELECT source_value, mirror_value FROM ops.reconciliation WHERE run_id = 'night-2'") == [
        ("200", "200")
    ]
    nights.warehouse.execute("DROP TABLE mirror_mis.people")
    with pytest.raises(ContractBroken, match="its mirror is gone"):
        nights.replicate()
    assert nights.replicate().tables["people"].live == 200  # the next run repairs it


def test_a_change_that_its_cursor_hides_is_found_by_the_weekly_comparison(nights):
    """A text of the same length, under an old version: no figure of the table moves."""
    nights.source.compare_days = 3
    nights.replicate()
    nights.database().execute("UPDATE people SET name = 'emaN 7' WHERE id = 7")
    second = nights.replicate().tables["people"]
    assert (second.mode, second.updated) == ("incremental", 0)
    nights.database().execute("UPDATE people SET version = 1000 WHERE id = 8")
    assert nights.replicate().tables["people"].mode == "incremental"
    nights.database().execute("UPDATE people SET version = 1001 WHERE id = 8")
    weekly = nights.replicate().tables["people"]
    assert weekly.mode == "full"
    assert ("emaN 7",) in nights.live("people", "name")


def test_rows_that_arrive_late_are_found_by_looking_back(tmp_path):
    """Written by a clerk's tablet days ago, and sent today."""
    late = "INSERT INTO visits VALUES (99, '2025-12-09', 1)"
    found = {}
    for look_back in (None, "2 days"):
        home = tmp_path / str(look_back)
        home.mkdir()
        nights = Nights(home, visits={"key": ["id"], "cursor": "visited_on", "look_back": look_back})
        with nights.database() as db:
            db.execute("CREATE TABLE visits (id INTEGER, visited_on TEXT, n INTEGER)")
            db.executemany("INSERT INTO visits VALUES (?, ?, 1)", [(n, f"2025-12-{1 + n % 10:02}") for n in range(50)])
        nights.source.limits.rejected_share = 1.0
        nights.replicate()
        nights.database().execute(late)
        try:
            found[look_back] = nights.replicate().tables["visits"].live
        except ContractBroken as broken:
            found[look_back] = str(broken)
    assert "does not agree with the source" in found[None]
    assert found["2 days"] == 51


def test_a_look_back_that_does_not_fit_its_cursor_is_told(nights):
    nights.source.tables["people"].look_back = "2 days"
    nights.replicate()
    nights.database().execute("UPDATE people SET version = 1000 WHERE id = 8")
    with pytest.raises(ConfigurationProblem, match="2 days does not fit cursor version"):
        nights.replicate()


def test_a_log_that_is_written_meanwhile_does_not_tear_the_snapshot(tmp_path):
    """In WAL mode a reader does not keep writers out, so the file is copied first."""
    nights = Nights(tmp_path, one={"key": ["id"]}, two={"key": ["id"]})
    db = nights.database()
    db.execute("PRAGMA journal_mode = WAL")
    for table in ("one", "two"):
        db.execute(f"CREATE TABLE {table} (id INTEGER)")
        db.executemany(f"INSERT INTO {table} VALUES (?)", [(n,) for n in range(20)])
    real = landing._land_table

    def slow(con, adapter, landed, name, *more):
        found = real(con, adapter, landed, name, *more)
        for table in ("one", "two"):
            db.execute(f"INSERT INTO {table} SELECT max(id) + 1 FROM {table}")
        return found

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(landing, "_land_table", slow)
        first = nights.replicate()
    assert {table.live for table in first.tables.values()} == {20}
    assert {table.live for table in nights.replicate().tables.values()} == {22}


def test_what_may_pass_is_tried_again_and_what_cannot_is_not(nights, monkeypatch):
    waited, tries = [], []
    monkeypatch.setattr(landing.time, "sleep", waited.append)
    real = landing._land

    def failing(*arguments):
        tries.append(1)
        if len(tries) < 3:
            raise SourceUnreachable("source mis: silent", may_pass=True)
        return real(*arguments)

    monkeypatch.setattr(landing, "_land", failing)
    assert nights.replicate().tables["people"].live == 200
    assert waited == [1.0, 4.0]
    monkeypatch.setattr(landing, "_land", real)
    (nights.home / "mis.db").unlink()
    with pytest.raises(SourceUnreachable, match="no database file"):
        nights.replicate()
    assert waited == [1.0, 4.0]


@pytest.mark.parametrize(
    ("written", "encoding"),
    [
        ("utf-8", None), ("utf-8-sig", None), ("utf-16", None), ("utf-16-be", None), ("latin-1", "latin-1"),
        ("cp1252", "cp1252"),
    ],
)  # fmt: skip
def test_files_in_other_encodings(tmp_path, written, encoding):
    text = "id;name\r\n1;José\r\n2;\"a\nb\"\r\n"
    mark = b"\xfe\xff" if written == "utf-16-be" else b""
    (tmp_path / "people.csv").write_bytes(mark + text.encode(written))
    nights = Nights(tmp_path, "files:.", people={"path": "people.csv", "key": ["id"], "encoding": encoding})
    assert nights.replicate().tables["people"].live == 2
    assert nights.live("people", "id, name") == [("1", "José"), ("2", "a\nb")]


def test_lines_in_an_encoding_that_is_not_named_are_refused(tmp_path):
    lines = "".join(f"{n},{'José' if n == 7 else 'Jane'}\n" for n in range(90))
    (tmp_path / "people.csv").write_bytes(f"id,name\n{lines}".encode("latin-1"))
    nights = Nights(tmp_path, "files:.", people={"path": "people.csv", "key": ["id"]})
    assert nights.replicate().tables["people"].quarantined == 1
    assert nights.ask("SELECT reason_code FROM ops.rejected_rows") == [("LINE_INVALID_ENCODING",)]


def test_another_encoding_is_another_reading_of_the_same_file(tmp_path):
    (tmp_path / "people.csv").write_bytes("id,name\n1,José\n".encode("cp1252"))
    nights = Nights(tmp_path, "files:.", people={"path": "people.csv", "key": ["id"], "encoding": "cp850"})
    nights.replicate()
    nights.source.tables["people"].encoding = "cp1252"
    assert nights.replicate().tables["people"].updated == 1
    assert nights.live("people", "name") == [("José",)]
