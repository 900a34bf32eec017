"""In whatever order batches arrive, and however often, the mirror ends as the dates say."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.integration.batches import Inbox, manifest

_rows = st.dictionaries(st.integers(1, 5), st.one_of(st.sampled_from("ABC"), st.none()), max_size=4)
_day = st.tuples(st.sampled_from(["full", "changes"]), _rows)


def content(rows: dict[int, str | None]) -> bytes:
    """A file of changes: None marks a deletion."""
    lines = [f"{no},{name or ''},{'' if name else 'D'}\n" for no, name in rows.items()]
    return ("no,name,op\n" + "".join(lines)).encode()


def expected(days: list[tuple[str, dict[int, str | None]]]) -> list[tuple[str, str]]:
    """The days in their order: a full one replaces everything, changes replace by key."""
    state: dict[int, str | None] = {}
    for sends, rows in days:
        state = dict(rows) if sends == "full" else state | rows
    return sorted((str(no), name) for no, name in state.items() if name)


@settings(max_examples=6, deadline=None)
@given(days=st.lists(_day, min_size=2, max_size=4), data=st.data())
def test_batches_in_any_order_and_twice_end_in_the_same_mirror(days, data):
    again = data.draw(st.lists(st.integers(0, len(days) - 1), max_size=2))
    arrivals = data.draw(st.permutations([*range(len(days)), *again]))
    with tempfile.TemporaryDirectory() as home:
        inbox = Inbox(Path(home), members={"key": ["no"], "deleted": {"op": "D"}, "may_be_empty": True})
        inbox.source.limits.rejected_share = 1.0
        for arrival, day in enumerate(arrivals):
            sends, rows = days[day]
            told = content(rows)
            inbox.drop(f"{arrival}/members.csv", told)
            inbox.drop(f"{arrival}/manifest.json", manifest(f"2024-06-0{day + 1}", members=told).replace(
                '"table"', f'"sends": "{sends}", "table"'
            ))  # fmt: skip
            if data.draw(st.booleans()):
                inbox.replicate()
        while inbox.left():
            inbox.replicate()
        assert inbox.live("members", "no, name") == expected(days)
        assert inbox.ask("SELECT count(*) FROM ops.reconciliation WHERE NOT is_equal") == [(0,)]
        inbox.warehouse.close()
