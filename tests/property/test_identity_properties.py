"""Whatever regroupings come: numbers are never reused, majorities keep theirs, and the log tells it all."""

from collections import Counter

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.registry.identity import carry_over, keep
from linkage.registry.scripts import run_script

MEMBERS = [f"a:{i}" for i in range(7)]
# A run: each member present belongs to one of four groups; absent members are None.
GROUPINGS = st.lists(st.none() | st.sampled_from("wxyz"), min_size=len(MEMBERS), max_size=len(MEMBERS))


def _warehouse() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(config={"threads": 1})
    run_script(con, "tables")
    con.execute("CREATE SCHEMA linkage_work; CREATE TABLE new_groups (member_id VARCHAR, group_key VARCHAR)")
    return con


def _run(con: duckdb.DuckDBPyConnection, grouping: list[str | None], run_id: str) -> dict[str, str]:
    rows = [(member, group) for member, group in zip(MEMBERS, grouping, strict=True) if group]
    con.execute("DELETE FROM new_groups")
    if rows:
        con.executemany("INSERT INTO new_groups VALUES (?, ?)", rows)
    carry_over(con, "person", "new_groups")
    keep(con, "person", run_id)
    return dict(con.execute("SELECT record_id, person_uid FROM linkage.persons_crosswalk").fetchall())


def _events(con: duckdb.DuckDBPyConnection, run_id: str) -> list[tuple[str, str, str | None]]:
    return con.execute(
        "SELECT event, uid, other_uid FROM linkage.uid_events WHERE run_id = ?", [run_id]
    ).fetchall()


@settings(max_examples=40, deadline=None)
@given(st.lists(GROUPINGS, min_size=2, max_size=6))
def test_numbers_last_and_are_never_reused(runs: list[list[str | None]]) -> None:
    con = _warehouse()
    before: dict[str, str] = {}
    last_uid_of: dict[str, str] = {}
    ever: set[str] = set()
    gone_by_merger: set[str] = set()
    for number, grouping in enumerate(runs):
        now = _run(con, grouping, f"run-{number}")
        events = _events(con, f"run-{number}")
        members_by_group = {
            g: [m for m, k in zip(MEMBERS, grouping, strict=True) if k == g] for g in set(grouping) - {None}
        }
        # One group, one number.
        assert set(now) == {m for m, g in zip(MEMBERS, grouping, strict=True) if g}
        assert len(set(now.values())) == len(members_by_group)
        assert all(len({now[m] for m in members}) == 1 for members in members_by_group.values())
        # A number seen before stands only on a group with somebody who had it, or would have got it by a
        # merger.
        for members in members_by_group.values():
            uid = now[members[0]]
            assert uid not in gone_by_merger
            if uid in ever:
                assert any(last_uid_of.get(m) == uid for m in members)
        # A group with the majority of a number's members, most of whom it consists of, keeps the number.
        for members in members_by_group.values():
            held = Counter(before[m] for m in members if m in before)
            for uid, overlap in held.items():
                if overlap * 2 > Counter(before.values())[uid] and overlap * 2 > len(members):
                    assert now[members[0]] == uid
        _assert_events_complete(before, now, ever, events)
        gone_by_merger |= {uid for event, uid, _ in events if event == "merged"}
        merged_to = {uid: other for event, uid, other in events if event == "merged"}
        last_uid_of = {m: merged_to.get(u, u) for m, u in last_uid_of.items()} | now
        ever |= set(now.values())
        before = now


def _assert_events_complete(
    before: dict[str, str], now: dict[str, str], ever: set[str], events: list[tuple[str, str, str | None]]
) -> None:
    was, stands = set(before.values()), set(now.values())
    by_event = {
        e: {(u, o) for event, u, o in events if event == e} for e in ("created", "merged", "split", "retired")
    }
    arrived = {u for u, _ in by_event["created"]} | ({u for u, _ in by_event["split"]} - was)
    assert stands - was == arrived & stands
    assert {u for u in stands - was if u in ever} == {u for u, o in by_event["created"] if o == u}
    left = {u for u, _ in by_event["merged"]} | {u for u, _ in by_event["retired"]}
    assert was - stands == left & was
    assert not left & stands
    assert len([1 for event, *_ in events if event == "merged"]) == len({u for u, _ in by_event["merged"]})
    for member in set(before) & set(now):
        if before[member] != now[member]:
            assert (before[member], now[member]) in by_event["merged"] or (
                (now[member], before[member]) in by_event["split"]
            )


@settings(max_examples=15, deadline=None)
@given(st.lists(GROUPINGS, min_size=1, max_size=3))
def test_same_input_twice_changes_nothing(runs: list[list[str | None]]) -> None:
    con = _warehouse()
    for number, grouping in enumerate(runs):
        now = _run(con, grouping, f"run-{number}")
    assert _run(con, runs[-1], "again") == now
    assert _events(con, "again") == []
