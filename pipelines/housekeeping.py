"""What runs wrote of themselves goes after a while: logs, and Dagster's records (an SQLite file a run, and rows)."""

import datetime as dt
import shutil
from dataclasses import dataclass

import dagster as dg

from ibr.workspace import Workspace

_ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
_MOST = 500  # runs at a time: whoever has years of them loses them over some nights


@dataclass(frozen=True)
class Removed:
    """How many logs, and of how many Dagster runs the records, were removed."""

    logs: int
    runs: int


def prune(workspace: Workspace, instance: dg.DagsterInstance, before: dt.datetime) -> Removed:
    """Remove logs last written, and Dagster's runs created, before a moment. Runs that have not ended stay.

    Call it while holding the warehouse lock.
    """
    logs = [log for log in workspace.logs.glob("*.log") if log.stat().st_mtime < before.timestamp()]
    for log in logs:
        log.unlink()
    runs = instance.get_runs(dg.RunsFilter(statuses=_ENDED, created_before=before), limit=_MOST, ascending=True)
    for run in runs:
        instance.delete_run(run.run_id)
        shutil.rmtree(workspace.dagster_home / "storage" / run.run_id, ignore_errors=True)
    return Removed(len(logs), len(runs))
