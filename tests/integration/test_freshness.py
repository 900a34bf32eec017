"""How old a mirror is, against what its source promises: in `ibr status`, in Dagster, and when a run ends."""

import datetime as dt

import dagster as dg
import pytest
from dagster._core.definitions.freshness import TimeWindowFreshnessPolicy

from ibr.config import Registry
from pipelines import staleness
from pipelines.assets.sources import build_assets, mirror_key
from pipelines.freshness import with_promises
from tests.integration.replication import BEGIN, Nights
from warehouse.status import read_status


@pytest.fixture
def nights(tmp_path):
    found = Nights(tmp_path, people={"key": ["id"]})
    with found.database() as db:
        db.execute("CREATE TABLE people (id INTEGER)")
        db.execute("INSERT INTO people VALUES (1)")
    found.source.freshness_days = 2
    found.replicate()
    return found


def registry_of(nights: Nights) -> Registry:
    return Registry.model_construct(country="Test", sources={"mis": nights.source})


def status(nights: Nights, now: dt.datetime) -> dict:
    nights.warehouse.close()
    (row,) = read_status(nights.home / "warehouse.duckdb", {"mis": nights.source}, now)["sources"]
    nights.open()
    return row


def test_age_and_promise_stand_side_by_side_whenever_it_is_asked(nights):
    on_time = status(nights, BEGIN + dt.timedelta(days=3, hours=6))
    assert (on_time["age_days"], on_time["promise_days"], on_time["is_stale"]) == (2.3, 2, False)
    # No run has been since, so nothing has marked it.
    late = status(nights, BEGIN + dt.timedelta(days=4))
    assert (late["age_days"], late["is_stale"], late["stale_reason"]) == (3.0, True, "older than promised")


def test_a_source_of_which_nothing_was_written_is_fresh(nights):
    for _ in range(3):
        assert nights.replicate().tables["people"].mode == "unchanged"
    now = BEGIN + dt.timedelta(days=4, hours=1)
    staleness.record(nights.warehouse, nights.home, registry_of(nights), now)
    row = status(nights, now)
    assert (row["age_days"], row["is_stale"]) == (0.0, False)


def test_a_run_marks_what_is_older_than_promised(nights):
    for days, expected in ((3, [(False, None, 2)]), (4, [(True, "its mirror is of 2026-01-02, older than", 2)])):
        staleness.record(nights.warehouse, nights.home, registry_of(nights), BEGIN + dt.timedelta(days=days))
        found = nights.ask("SELECT is_stale, stale_reason[:39], freshness_days FROM ops.sources")
        assert found == expected


def test_dagster_watches_every_mirror_by_its_sources_promise(nights):
    assets = dg.map_asset_specs(with_promises(registry_of(nights)), build_assets("mis", nights.source))
    specs = {spec.key: spec.freshness_policy for asset in assets for spec in asset.specs}
    policy = specs.pop(mirror_key("mis", "people"))
    assert isinstance(policy, TimeWindowFreshnessPolicy)
    assert policy.fail_window.to_timedelta() == dt.timedelta(days=2, hours=12)
    assert set(specs.values()) == {None}
