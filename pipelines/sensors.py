"""Batches that arrive between two nights: a source's run starts when a whole one lies in its inbox."""

import datetime as dt
import json

import dagster as dg

from ibr.config import Source
from ibr.workspace import Workspace
from pipelines.jobs import replication_job_name
from pipelines.replication.inbox.arrivals import Candidate, ready, scan

_REMEMBERED = 50  # batches that were tried, in a sensor's cursor
_UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING,
]  # fmt: skip


def inbox_sensors(workspace: Workspace) -> list[dg.SensorDefinition]:
    """A sensor for each source that arrives in batches."""
    return [_sensor(code, source, workspace) for code, source in workspace.registry.sources.items() if source.is_inbox]


def _sensor(code: str, source: Source, workspace: Workspace) -> dg.SensorDefinition:
    job = replication_job_name(code)

    @dg.sensor(
        name=f"inbox_{code}",
        job_name=job,
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Starts {job} when a whole batch lies in inbox/{code}.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        if context.instance.get_runs(dg.RunsFilter(job_name=job, statuses=_UNDER_WAY), limit=1):
            return dg.SkipReason(f"{job} is under way")
        tried = json.loads(context.cursor or "[]")
        found = decide(scan(workspace.home / "inbox" / code, source, dt.datetime.now(dt.UTC)), tried)
        if isinstance(found, dg.SkipReason):
            return found
        context.update_cursor(json.dumps([*tried, found.signature][-_REMEMBERED:]))
        return dg.RunRequest(run_key=found.signature)

    return sensor


def decide(candidates: list[Candidate], tried: list[str]) -> Candidate | dg.SkipReason:
    """The batch to take now. One that was tried and lies there still, its run having failed, waits for the night."""
    whole = ready(candidates)
    untried = [candidate for candidate in whole if candidate.signature not in tried]
    if untried:
        return untried[0]
    if whole:
        return dg.SkipReason(f"{whole[0].name} was tried already; the nightly run tries it again")
    waiting = [f"{candidate.name} waits for {candidate.waits_for}" for candidate in candidates]
    return dg.SkipReason("; ".join(waiting) or "nothing lies in the inbox")
