"""Dagster's storage in a workspace, and its settings."""

import os
import shutil
from pathlib import Path

import dagster as dg

from ibr.workspace import Workspace

_SETTINGS = Path(__file__).parents[1] / "dagster.yaml"
_UNFINISHED = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.CANCELING]


def settle(workspace: Workspace) -> None:
    """Make the workspace's DAGSTER_HOME, with this project's dagster.yaml in it."""
    workspace.dagster_home.mkdir(parents=True, exist_ok=True, mode=0o700)
    shutil.copyfile(_SETTINGS, workspace.dagster_home / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(workspace.dagster_home)


def open_instance(workspace: Workspace) -> dg.DagsterInstance:
    """Dagster's storage in the workspace, with what a killed run left behind tidied up.

    Call it while holding the warehouse lock: only then is a run that looks unfinished surely dead.
    """
    settle(workspace)
    instance = dg.DagsterInstance.from_config(str(workspace.dagster_home))
    for record in instance.get_run_records(dg.RunsFilter(statuses=_UNFINISHED)):
        instance.report_run_failed(record.dagster_run, "the process was ended before the run was")
        # Its place in the pool would otherwise be held for ever.
        instance.event_log_storage.free_concurrency_slots_for_run(record.dagster_run.run_id)
    return instance
