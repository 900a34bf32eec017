"""person_uid and household_uid: a small history, run by run."""

import duckdb
import pytest

from ibr.errors import UsageProblem
from linkage.registry.identity import carry_over, keep
from linkage.registry.scripts import run_script

# Each run: its groups, the numbers expected, and the events expected.
HISTORY = [
    (
        "first run",
        ["a b", "c", "d"],
        {"a": 1, "b": 1, "c": 2, "d": 3},
        ["created 1", "created 2", "created 3"],
    ),
    ("nothing new", ["a b", "c", "d"], {"a": 1, "b": 1, "c": 2, "d": 3}, []),
    ("merger keeps the larger's number", ["a b c", "d"], {"a": 1, "b": 1, "c": 1, "d": 3}, ["merged 2 1"]),
    ("a split gets a new number", ["a b", "c", "d"], {"a": 1, "b": 1, "c": 4, "d": 3}, ["split 4 1"]),
    ("a record leaves", ["a b", "c"], {"a": 1, "b": 1, "c": 4}, ["retired 3"]),
    ("and comes back", ["a b", "c", "d"], {"a": 1, "b": 1, "c": 4, "d": 3}, ["created 3 3"]),
    ("a move between numbers", ["a", "b c", "d"], {"a": 1, "b": 4, "c": 4, "d": 3}, ["split 4 1"]),
]


def _warehouse() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    run_script(con, "tables")
    con.execute("CREATE SCHEMA linkage_work; CREATE TABLE new_groups (member_id VARCHAR, group_key VARCHAR)")
    return con


def _number(uid: str | None) -> str:
    return f" {int(uid[1:])}" if uid else ""


@pytest.mark.parametrize(
    ("kind", "prefix", "table"), [("person", "P", "persons"), ("household", "H", "households")]
)
def test_history(kind: str, prefix: str, table: str) -> None:
    con = _warehouse()
    for number, (what, groups, expected, events) in enumerate(HISTORY):
        con.execute("DELETE FROM new_groups")
        rows = [(member, str(key)) for key, group in enumerate(groups) for member in group.split()]
        con.executemany("INSERT INTO new_groups VALUES (?, ?)", rows)
        carry_over(con, kind, "new_groups")  # type: ignore[arg-type]
        keep(con, kind, f"r{number}")  # type: ignore[arg-type]
        found = dict(con.execute(f"FROM linkage.{table}_crosswalk").fetchall())
        assert found == {member: f"{prefix}{uid:09d}" for member, uid in expected.items()}, what
        logged = con.execute(
            "SELECT event, uid, other_uid FROM linkage.uid_events WHERE run_id = ? ORDER BY ALL",
            [f"r{number}"],
        ).fetchall()
        assert [f"{event}{_number(uid)}{_number(other)}" for event, uid, other in logged] == events, what


def test_nothing_changes_before_keep() -> None:
    con = _warehouse()
    con.execute("INSERT INTO new_groups VALUES ('a', 'x')")
    result = carry_over(con, "person", "new_groups")
    assert (result.uids, result.created) == (1, 1)
    assert con.execute("SELECT count(*) FROM linkage.persons_crosswalk").fetchone() == (0,)


def test_number_survives_a_lost_high_water_mark() -> None:
    con = _warehouse()
    con.execute("INSERT INTO linkage.uid_events VALUES ('r0', 'person', 'retired', 'P000000041', NULL)")
    con.execute("INSERT INTO new_groups VALUES ('a', 'x')")
    carry_over(con, "person", "new_groups")
    assert con.execute("SELECT uid FROM linkage_work.person_crosswalk").fetchone() == ("P000000042",)


def test_run_id_is_checked() -> None:
    with pytest.raises(UsageProblem):
        keep(_warehouse(), "person", "r'; DROP TABLE x")
