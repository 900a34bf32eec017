"""The weekly comparison: hashes of all rows on record, and a mirror that somebody changed behind its back put right."""

import pytest

from ibr.errors import ContractBroken
from pipelines.as_of import image
from pipelines.replication.reconciliation import CopyDisagrees
from tests.integration.replication import BEGIN, Nights

MIRROR = "mirror_mis.people"


@pytest.fixture
def nights(tmp_path):
    found = Nights(tmp_path, people={"key": ["id"], "cursor": "version"}, words={})
    with found.database() as db:
        db.execute("CREATE TABLE people (id INTEGER, name TEXT, amount REAL, version INTEGER)")
        db.executemany("INSERT INTO people VALUES (?, ?, ?, ?)", [(n, f"name {n}", n / 3, n) for n in range(50)])
        db.execute("CREATE TABLE words (word TEXT)")
        db.executemany("INSERT INTO words VALUES (?)", [(f"w{n % 5}",) for n in range(20)])
    found.source.compare_days = 2
    found.replicate()
    return found


def altered(nights: Nights) -> list[tuple]:
    return nights.ask("SELECT table_name, source_key, found, rows FROM ops.altered_rows ORDER BY ALL")


def test_hashes_of_all_rows_are_on_record_once_a_week(nights):
    assert nights.ask("SELECT count(*) FROM ops.reconciliation WHERE measure = 'row_hashes'") == [(0,)]
    nights.replicate()
    nights.replicate()
    found = nights.ask(
        "SELECT run_id, table_name, source_value = mirror_value, length(source_value) > 15, is_equal "
        "FROM ops.reconciliation WHERE measure = 'row_hashes' ORDER BY ALL"
    )
    assert found == [("night-3", "people", True, True, True), ("night-3", "words", True, True, True)]
    assert altered(nights) == []


def test_a_row_that_was_edited_in_the_mirror_is_put_right_and_told(nights):
    """A text of the same length: no figure of any night moves."""
    nights.warehouse.execute(f"UPDATE {MIRROR} SET name = 'eman 7' WHERE id = 7")
    nights.replicate()
    assert ("eman 7",) in nights.live("people", "name")  # nothing was written at the source: nothing is copied
    outcome = nights.replicate()
    assert outcome.altered == 1
    assert ("name 7",) in nights.live("people", "name")
    assert altered(nights) == [("people", "7", "changed", 1)]
    # It is the row that it was, since the day it came: no version of anybody's making stands in its history.
    assert nights.ask(f"SELECT _ibr_run_id FROM {MIRROR} WHERE id = 7") == [("night-1",)]
    assert nights.ask("SELECT count(*) FROM history_mis.people") == [(0,)]
    nights.replicate()
    nights.replicate()
    assert len(altered(nights)) == 1


def test_an_edit_that_moves_a_figure_is_put_right_by_the_next_copy_of_the_whole(nights):
    nights.warehouse.execute(f"UPDATE {MIRROR} SET amount = 9999 WHERE id = 7")
    nights.database().execute("UPDATE people SET name = 'new', version = 100 WHERE id = 8")
    with pytest.raises(CopyDisagrees):
        nights.replicate()
    outcome = nights.replicate()
    assert (outcome.altered, outcome.tables["people"].updated) == (1, 1)
    assert nights.ask(f"SELECT amount FROM {MIRROR} WHERE id = 7") == [(7 / 3,)]


def test_what_the_source_has_changed_since_goes_to_the_history_as_it_was_found(nights):
    nights.warehouse.execute(f"UPDATE {MIRROR} SET name = 'eman 7' WHERE id = 7")
    nights.database().execute("UPDATE people SET name = 'new', version = 100 WHERE id = 7")
    nights.replicate(full=True)
    assert ("new",) in nights.live("people", "name")
    assert nights.ask("SELECT name FROM history_mis.people") == [("eman 7",)]
    assert altered(nights) == [("people", "7", "changed", 1)]


def test_rows_added_and_removed_in_the_mirror_are_put_right(nights):
    nights.warehouse.execute(f"INSERT INTO {MIRROR} SELECT * REPLACE ('twice' AS name) FROM {MIRROR} WHERE id = 3")
    nights.warehouse.execute(f"INSERT INTO {MIRROR} (id, name) VALUES (900, 'invented')")
    nights.warehouse.execute(f"DELETE FROM {MIRROR} WHERE id IN (20, 21, 22, 23)")
    nights.warehouse.execute("DELETE FROM mirror_mis.words WHERE word = 'w1'")
    nights.warehouse.execute("INSERT INTO mirror_mis.words (word) VALUES ('invented')")
    nights.replicate(full=True)
    database = nights.database()
    assert nights.live("people", "id, name") == database.execute("SELECT id, name FROM people ORDER BY 1").fetchall()
    assert nights.live("words", "word") == database.execute("SELECT word FROM words ORDER BY 1").fetchall()
    assert altered(nights) == [
        ("people", "3", "added", 1), ("people", "900", "changed", 1), ("people", None, "missing", 2),
        ("words", None, "changed", 1), ("words", None, "missing", 3),
    ]  # fmt: skip


def test_a_key_that_was_edited_gets_its_row_back(nights):
    nights.warehouse.execute(f"UPDATE {MIRROR} SET id = 777 WHERE id = 7")
    nights.replicate(full=True)
    assert nights.ask(f"SELECT id FROM {MIRROR} WHERE name = 'name 7'") == [(7,)]
    assert nights.ask(f"SELECT count(*) FROM {MIRROR}") == [(50,)]


def test_what_the_program_did_itself_is_no_tampering(nights):
    """New columns, columns left out, another order of columns, bad rows, deletions, a weekly comparison after each."""
    for change in (
        "ALTER TABLE people ADD COLUMN ward TEXT",
        "UPDATE people SET ward = 'w' || id, version = version + 1000",
        "DELETE FROM people WHERE id = 4",
        "UPDATE people SET amount = 'none', version = 5000 WHERE id = 5",
        "UPDATE people SET amount = 5, version = 5001 WHERE id = 5",
        "INSERT INTO people VALUES (4, 'back', 1, 5002, NULL)",
    ):
        nights.database().execute(change)
        for _ in range(2):
            nights.replicate()
    nights.source.tables["people"].without = ["ward"]
    for _ in range(2):
        nights.replicate()
    assert altered(nights) == []
    assert nights.ask("SELECT count(*) FROM ops.reconciliation WHERE measure = 'row_hashes' AND NOT is_equal") == [(0,)]


def test_another_way_of_hashing_accuses_nobody(nights, monkeypatch):
    """As after an upgrade of DuckDB: every hash differs, no row does."""
    nights.warehouse.execute(f"UPDATE {MIRROR} SET _ibr_row_hash = _ibr_row_hash // 2")
    monkeypatch.setattr("pipelines.replication.mirror_check.hashed_like", lambda con: "otherwise")
    outcome = nights.replicate(full=True)
    assert (outcome.altered, outcome.changed) == (0, 0)


def test_a_mirror_put_back_from_a_copy_is_copied_whole(nights):
    """The watermarks speak of a later mirror: what was written in between would be passed over."""
    nights.warehouse.close()
    old = (nights.home / "warehouse.duckdb").read_bytes()
    nights.open()
    nights.database().execute("UPDATE people SET name = 'emaN 7', version = 100 WHERE id = 7")
    nights.replicate()
    nights.warehouse.close()
    (nights.home / "warehouse.duckdb").write_bytes(old)
    nights.open()
    nights.database().execute("UPDATE people SET version = 101 WHERE id = 8")
    with pytest.raises(ContractBroken, match="its mirror is of run night-1"):
        nights.replicate()
    nights.replicate()
    assert ("emaN 7",) in nights.live("people", "name")


def test_the_history_of_what_was_known_stays_right_through_a_repair(nights):
    nights.warehouse.execute(f"UPDATE {MIRROR} SET name = 'eman 7' WHERE id = 7")
    nights.replicate(full=True)
    then = image("warehouse", "mirror_mis", "people", BEGIN.replace(day=2, hour=12))
    assert nights.ask(f"SELECT name FROM ({then}) WHERE id = 7") == [("name 7",)]
