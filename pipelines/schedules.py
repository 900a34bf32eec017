"""The night: every source starts at once; the build starts when all have ended, or at the latest hour configured."""

import datetime as dt

import dagster as dg

from ibr.config import Registry
from pipelines.jobs import BUILD_JOB, replication_job_name

ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


def replication_schedules(registry: Registry) -> list[dg.ScheduleDefinition]:
    """A schedule for each source's job, and one that builds whatever has arrived by the latest hour."""
    zone = registry.schedule.timezone
    nightly = [
        dg.ScheduleDefinition(
            name=f"nightly_{replication_job_name(code)}",
            job_name=replication_job_name(code),
            cron_schedule=registry.schedule.replicate,
            execution_timezone=zone,
        )
        for code in registry.sources
    ]
    latest = dg.ScheduleDefinition(
        name="build_at_latest",
        job_name=BUILD_JOB,
        cron_schedule=registry.schedule.build_at_latest,
        execution_timezone=zone,
    )
    return [*nightly, latest]


def build_after_replication(registry: Registry) -> dg.SensorDefinition:
    """Starts the build once every source's run of the day has ended, well or badly.

    The run key is the day, so that the build starts once a day from here, and the schedule at the latest hour
    finds nothing left to change.
    """
    jobs = [replication_job_name(code) for code in registry.sources]

    @dg.sensor(name="build_after_replication", job_name=BUILD_JOB, minimum_interval_seconds=60)
    def sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        since = dt.datetime.now(dt.UTC) - dt.timedelta(hours=12)
        latest = {
            job: context.instance.get_run_records(dg.RunsFilter(job_name=job, created_after=since), limit=1)
            for job in jobs
        }
        missing = [job for job, records in latest.items() if not records]
        running = [job for job, records in latest.items() if records and records[0].dagster_run.status not in ENDED]
        if missing or running:
            return dg.SkipReason(f"waiting for {', '.join(missing + running)}")
        newest = max(records[0].create_timestamp for records in latest.values())
        return dg.RunRequest(run_key=newest.date().isoformat())

    return sensor
