"""Where a run goes on that did not come to its end."""

import datetime as dt

import pytest

from ibr.config import STAGES, Registry
from ibr.errors import UsageProblem
from pipelines.resuming import Request, left_of_last_run, note
from warehouse.connection import connect
from warehouse.schemas import prepare

DAY = dt.date(2026, 6, 30)
BEGUN = dt.datetime(2026, 7, 1, 1, tzinfo=dt.UTC)
BUILT = ("registry", "decisions", "link", "marts", "exceptions", "shares", "publish")
ALL = [("replicate", "a"), ("replicate", "b"), *((stage, None) for stage in BUILT)]


def registry(**more) -> Registry:
    source = {"kind": "mis", "name": "A", "url": "sqlite:///a.db", "tables": {"t": {"key": ["id"]}}}
    return Registry.model_validate({
        "country": "X", "currency": "KES", "reporting_date": DAY,
        "programs": {"P": {"name": "P", "benefit_unit": "person"}},
        "sources": {"a": source | {"programs": ["P"]}, "b": source | {"kind": "reference"}}, **more,
    })  # fmt: skip


@pytest.fixture
def con():
    with connect(":memory:") as con:
        prepare(con)
        yield con


def left_of(con, registry: Registry, settings: str = "as it was") -> Request | None:
    return left_of_last_run(con, registry, settings)


def ran(con, run_id: str, done, failed=(), *, stages=STAGES, sources=("a", "b"), hour: int = 0) -> None:
    begun = BEGUN + dt.timedelta(hours=hour)
    note(con, Request(run_id, tuple(stages), tuple(sources), DAY, True, "as it was"), begun)
    for minute, (stage, source) in enumerate([*done, *failed]):
        ended = begun + dt.timedelta(minutes=minute)
        status = "success" if minute < len(done) else "failure"
        row = [run_id, stage, source, ended, ended, status]
        con.execute("INSERT INTO ops.runs VALUES (?, ?, ?, ?, ?, ?, 1, NULL)", row)


@pytest.mark.parametrize(
    ("done", "failed", "place"),
    [
        ([], [], "replicate (a, b)"),
        (ALL[:1], [], "replicate (b)"),
        (ALL[:2], [("registry", None)], "registry"),
        (ALL[:3], [("decisions", None)], "link"),
        (ALL[:5], [], "marts"),
        (ALL[:6], [("shares", None)], "exceptions"),
        # All was made of what there was; the source that failed is what is left, and all that is made of it.
        ([("replicate", "a"), *ALL[2:]], [("replicate", "b")], "replicate (b)"),
        (ALL, [], None),
    ],
)
def test_it_goes_on_with_the_first_that_was_not_done(con, done, failed, place):
    ran(con, "r1", done, failed)
    left = left_of(con, registry())
    assert (left and left.place) == place
    if left:
        assert (left.reporting_date, left.full_refresh) == (DAY, True)
        assert left.stages[-1] == "publish"


def test_what_failed_at_first_and_was_done_then_is_done(con):
    ran(con, "r1", [], [("replicate", "b")])
    ran(con, "r2", ALL, hour=1)
    assert left_of(con, registry()) is None
    con.execute("INSERT INTO ops.runs VALUES ('r2', 'replicate', 'b', now(), now(), 'failure', NULL, 'a second batch')")
    assert left_of(con, registry()).place == "replicate (b)"


def test_only_what_the_last_run_was_told_is_left(con):
    assert left_of(con, registry()) is None
    ran(con, "r1", [])
    ran(con, "r2", [("registry", None)], stages=("registry", "marts"), sources=(), hour=1)
    assert left_of(con, registry()).stages == ("marts",)


def test_a_source_that_has_left_registry_yml_is_not_waited_for(con):
    ran(con, "r1", ALL[:1] + ALL[2:])
    left = registry()
    del left.sources["b"]
    assert left_of(con, left) is None


def test_a_publication_is_done_when_the_database_that_serves_it_is_loaded(con):
    ran(con, "r1", ALL)
    served = registry(serving={"url": "postgresql://ibr@localhost/served"})
    assert left_of(con, served).stages == ("publish",)


@pytest.mark.parametrize(
    ("stages", "done", "then"),
    [
        (STAGES, ALL[:5], STAGES),  # marts failed, and a rule was mended: the registry takes it up
        (("marts", "exceptions", "publish"), [], STAGES),
        (("registry", "link"), [("registry", None)], STAGES[:3]),
    ],
)
def test_what_was_set_otherwise_since_has_everything_done_again(con, stages, done, then):
    ran(con, "r1", done, stages=stages, sources=("a",))
    left = left_of(con, registry(), "something else")
    assert (left.stages, left.sources, left.reporting_date) == (then, ("a", "b"), DAY)


def test_done_is_done_whatever_is_set_now(con):
    ran(con, "r1", ALL)
    assert left_of(con, registry(), "something else") is None


def test_a_run_that_dagster_started_since_is_not_gone_back_behind(con):
    ran(con, "r1", ALL[:5])
    at = BEGUN + dt.timedelta(days=3)
    con.execute("INSERT INTO ops.runs VALUES ('nightly', 'registry', NULL, ?, ?, 'success', 1, NULL)", [at, at])
    with pytest.raises(UsageProblem, match="nightly, which Dagster started, has built since run r1"):
        left_of(con, registry())
