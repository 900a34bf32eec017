"""The night: every source starts at once; the build starts when all have ended, or when patience does."""

import datetime as dt
from collections.abc import Sequence

import dagster as dg

from ibr.config import Registry
from pipelines.context import AS_AT_TAG
from pipelines.jobs import BUILD_JOB, replication_job_name

_SCHEDULED_AT = ".dagster/scheduled_execution_time"  # Dagster's tag of a run that a schedule began
ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


def replication_schedules(registry: Registry) -> list[dg.ScheduleDefinition]:
    """A nightly schedule for each source's job; services are asked by the build."""
    return [_nightly(replication_job_name(code), registry) for code in registry.copied]


def _nightly(job_name: str, registry: Registry) -> dg.ScheduleDefinition:
    def tags(context: dg.ScheduleEvaluationContext) -> dict[str, str]:
        follows = registry.schedule.follow_calendar
        day = context.scheduled_execution_time.date() if follows else registry.reporting_date
        return {AS_AT_TAG: day.isoformat()}

    return dg.ScheduleDefinition(
        name=f"nightly_{job_name}",
        job_name=job_name,
        cron_schedule=registry.schedule.replicate,
        execution_timezone=registry.schedule.timezone,
        tags_fn=tags,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


def build_after_replication(registry: Registry) -> dg.SensorDefinition:
    """Starts the build once a night: when every source's run has ended, well or badly, or patience is over.

    Its run key is the moment that the night's replications were scheduled for, so that one night is built once.
    """
    jobs = [replication_job_name(code) for code in registry.copied]
    patience = dt.timedelta(minutes=registry.schedule.patience_minutes)

    @dg.sensor(
        name="build_after_replication",
        job_name=BUILD_JOB,
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        now = dt.datetime.now(dt.UTC)
        records = [_tonight(context.instance, job, now - patience - dt.timedelta(hours=6)) for job in jobs]
        return decide([r for r in records if r], len(jobs), now, patience)

    return sensor


def _tonight(instance: dg.DagsterInstance, job: str, since: dt.datetime) -> dg.RunRecord | None:
    """The latest scheduled run of a job: runs by hand do not start a night's build."""
    runs = dg.RunsFilter(job_name=job, created_after=since, tags={"dagster/schedule_name": f"nightly_{job}"})
    return next(iter(instance.get_run_records(runs, limit=1)), None)


def decide(
    records: Sequence[dg.RunRecord], expected: int, now: dt.datetime, patience: dt.timedelta
) -> dg.RunRequest | dg.SkipReason:
    """Whether tonight's build starts now, from the latest scheduled run of each source."""
    if not records:
        return dg.SkipReason("no source has been replicated tonight")
    tonight = max(_scheduled_at(record) for record in records)
    records = [record for record in records if _scheduled_at(record) == tonight]
    begun = min(record.create_timestamp for record in records)
    waiting = [r.dagster_run.job_name for r in records if r.dagster_run.status not in ENDED]
    if (waiting or len(records) < expected) and now - begun < patience:
        return dg.SkipReason(f"waiting for {', '.join(waiting) or 'sources that have not started'}")
    tags = {AS_AT_TAG: records[0].dagster_run.tags[AS_AT_TAG]} if AS_AT_TAG in records[0].dagster_run.tags else {}
    # Not when the first of them began: with the hours it is seen no more, and the night would be built again.
    return dg.RunRequest(run_key=tonight, tags=tags)


def _scheduled_at(record: dg.RunRecord) -> str:
    return record.dagster_run.tags[_SCHEDULED_AT]
