"""Alerts of runs that Dagster starts at night; `ibr run` tells of its own."""

import dagster as dg

from ibr.alerts import Alert, send
from ibr.workspace import Workspace
from pipelines.context import RUN_ID_TAG


def alert_on_failure(workspace: Workspace) -> dg.SensorDefinition:
    """Tells those whom registry.yml names of every job that failed."""

    @dg.run_failure_sensor(
        name="alert_on_failure",
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells those whom registry.yml names under alerts.",
    )
    def sensor(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
        run = context.dagster_run
        if RUN_ID_TAG in run.tags:
            return dg.SkipReason("`ibr run` tells of its own runs")
        lines = [_words(event) for event in context.get_step_failure_events()]
        for problem in send(workspace.registry.alerts, Alert(f"{run.job_name} failed, run {run.run_id}", lines)):
            context.log.warning(problem)
        return None

    return sensor


def _words(event: dg.DagsterEvent) -> str:
    """Of a step's failure our own words; of a defect, whose words may hold values, the step alone."""
    failure = event.step_failure_data.user_failure_data
    told = failure.description if failure and "exit_code" in failure.metadata else None
    return told or f"a defect of ours in step {event.step_key}"
