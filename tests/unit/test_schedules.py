"""When tonight's build starts."""

import datetime as dt
from types import SimpleNamespace

import dagster as dg
import pytest

from ibr.config import Registry
from pipelines.jobs import replication_jobs
from pipelines.schedules import decide, replication_schedules

DONE, FAILED, RUNNING = dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.STARTED
ONE_O_CLOCK = dt.datetime(2026, 1, 1, 1, tzinfo=dt.UTC)


def run(status, *, seconds=0, days=0):
    """One that was scheduled for one o'clock, and began so many seconds later."""
    scheduled = ONE_O_CLOCK + dt.timedelta(days=days)
    tags = {"ibr/as_at": scheduled.date().isoformat(), ".dagster/scheduled_execution_time": scheduled.isoformat()}
    started = SimpleNamespace(job_name="replicate_mis", status=status, tags=tags)
    return SimpleNamespace(create_timestamp=scheduled + dt.timedelta(seconds=seconds), dagster_run=started)


@pytest.mark.parametrize(
    ("statuses", "minutes", "starts"),
    [
        ([], 10, False),  # nothing ran tonight
        ([DONE, DONE], 10, True),
        ([DONE, FAILED], 10, True),  # a failed source delays nobody
        ([DONE, RUNNING], 10, False),
        ([DONE, RUNNING], 181, True),  # nor does one that hangs, once patience is over
        ([DONE], 10, False),  # the other has not started yet
        ([DONE], 181, True),
    ],
)
def test_the_build_starts_when_all_have_ended_or_patience_has(statuses, minutes, starts):
    now = ONE_O_CLOCK + dt.timedelta(minutes=minutes)
    decision = decide([run(status) for status in statuses], 2, now, dt.timedelta(minutes=180))
    assert isinstance(decision, dg.RunRequest) is starts
    if starts:
        assert decision.run_key == "2026-01-01T01:00:00+00:00"
        assert decision.tags == {"ibr/as_at": "2026-01-01"}


def test_a_night_whose_first_sources_are_seen_no_more_is_the_same_night():
    patience = dt.timedelta(minutes=180)
    night = [run(DONE, seconds=4 * place) for place in range(3)]
    keys = {decide(night[gone:], 3, ONE_O_CLOCK + dt.timedelta(hours=9), patience).run_key for gone in range(3)}
    assert keys == {"2026-01-01T01:00:00+00:00"}


def test_the_night_before_counts_for_nothing_tonight():
    now = ONE_O_CLOCK + dt.timedelta(days=1, minutes=10)
    decision = decide([run(DONE), run(DONE, days=1)], 2, now, dt.timedelta(minutes=180))
    assert isinstance(decision, dg.SkipReason)


def test_a_service_has_no_schedule_of_its_own_for_the_build_asks_it():
    table = {"key": ["id"]}
    lookup = {"body": {"id": "{national_id}"}, "answer": {"id": "serial"}, "not_found": {"status": [404]}}
    registry = Registry.model_validate({
        "country": "Somewhere", "currency": "XAF", "reporting_date": "2026-01-31",
        "sources": {
            "whole": {"name": "Whole", "kind": "register", "url": "sqlite:///a.db", "tables": {"person": table}},
            "civil": {"name": "Civil", "kind": "register", "url": "https://civil.example.org",
                      "tables": {"person": table}, "lookup": lookup},
        },
    })  # fmt: skip
    assert [schedule.job_name for schedule in replication_schedules(registry)] == ["replicate_whole"]
    assert [job.name for job in replication_jobs(registry)] == ["replicate_whole", "replicate_civil"]
