"""Dagster's event log with open connections: Dagster's own code finds in it what Dagster's own would have written."""

import os
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage

from ibr.workspace import Workspace
from pipelines import event_log
from pipelines.instance import open_instance


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    before = os.environ.get("DAGSTER_HOME")
    with open_instance(Workspace.at(tmp_path / "workspace").ensure()) as opened:
        yield opened
    os.environ.pop("DAGSTER_HOME")
    if before:
        os.environ["DAGSTER_HOME"] = before


@dg.asset
def something() -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"rows": 3})


def test_dagsters_own_storage_reads_what_was_written(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    runs = [dg.materialize([something], instance=instance) for _ in range(event_log._KEPT_OPEN + 2)]
    assert isinstance(instance.event_log_storage, event_log.EventLog)
    theirs = SqliteEventLogStorage(str(tmp_path / "workspace" / "dagster" / "history" / "runs"))
    assert set(theirs.get_all_run_ids()) == {run.run_id for run in runs}
    for run in runs:
        assert [e.dagster_event_type for e in theirs.get_logs_for_run(run.run_id)] == [
            e.dagster_event_type for e in instance.all_logs(run.run_id)
        ]
        assert instance.get_run_by_id(run.run_id).status is dg.DagsterRunStatus.SUCCESS
    latest = theirs.get_latest_materialization_events([something.key])[something.key]
    assert latest.run_id == runs[-1].run_id
    assert latest.asset_materialization.metadata["rows"].value == 3
    assert len(instance.event_log_storage._engines) <= event_log._KEPT_OPEN
