"""How long a run will still take."""

import datetime as dt

import pytest

from pipelines.resuming import Request, note
from pipelines.time_left import TimeLeft, Took, in_words, past_durations
from warehouse.connection import connect
from warehouse.schemas import prepare

PAST = {"replicate": Took(60, 100), "registry": Took(120, 100), "link": Took(300, 100), "publish": Took(30, 100)}


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_time_passes_and_a_stage_that_takes_longer_than_it_did_leaves_what_comes_after(clock):
    left = TimeLeft(("registry", "link", "publish"), PAST, clock)
    assert left.seconds is None, "nothing has begun"
    left.begin("registry")
    assert left.seconds == 450
    clock.now = 100
    assert left.seconds == 350
    clock.now = 1000
    assert left.seconds == 330
    left.begin("link")
    assert left.seconds == 330


def test_a_registry_twice_as_large_takes_twice_as_long_from_there_on(clock):
    left = TimeLeft(("registry", "link", "publish"), PAST, clock)
    left.begin("link")
    left.built(registry_rows=200)
    assert left.seconds == 660


def test_of_a_stage_that_was_never_done_nothing_is_known(clock):
    told = []
    left = TimeLeft(("registry", "marts"), PAST, clock)
    left.begin("registry")
    left.telling(told.append)("registry")
    left.past["marts"] = Took(90, None)
    left.telling(told.append)("registry")
    assert told == ["registry", "registry … about 4 min left"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, ""), (59, "less than a minute left"), (240, "about 4 min left"), (9000, "about 2.5 h left")],
)
def test_words(seconds, words):
    assert in_words(seconds) == words


def test_a_stage_took_from_the_end_of_the_one_before(tmp_path):
    begun = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)

    def ended(con, run_id, stage, minutes, source=None, status="success", rows=None):
        at = begun + dt.timedelta(minutes=minutes)
        row = [run_id, stage, source, at, at, status, rows]
        con.execute("INSERT INTO ops.runs VALUES (?, ?, ?, ?, ?, ?, ?, NULL)", row)

    with connect(":memory:") as con:
        prepare(con)
        note(con, Request("r1", ("replicate", "registry", "link"), ("a", "b"), begun.date(), False, "s"), begun)
        ended(con, "r1", "replicate", 1, "a")
        ended(con, "r1", "replicate", 3, "b")
        ended(con, "r1", "decisions", 4)
        ended(con, "r1", "registry", 10, rows=1000)
        ended(con, "r1", "link", 30)
        ended(con, "r1", "replicate", 31, "c", status="failure")  # as a run writes it, at its end
        note(con, Request("r0", ("replicate",), ("a",), begun.date(), False, "s"), begun + dt.timedelta(minutes=40))
        ended(con, "r0", "replicate", 41, "a")  # one source alone, later
        note(con, Request("r2", ("link",), (), begun.date(), False, "s"), begun + dt.timedelta(minutes=60))
        ended(con, "r2", "link", 65)
        note(con, Request("r3", ("link",), (), begun.date(), False, "s"), begun + dt.timedelta(minutes=70))
        ended(con, "r3", "link", 99, status="failure")
        found = past_durations(con, ["a", "b"])
    assert found == {"replicate": Took(180, None), "registry": Took(420, 1000), "link": Took(300, 1000)}
