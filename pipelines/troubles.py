"""What failed in a Dagster run, in our own words."""

import dagster as dg

from ibr.errors import ContractBroken
from pipelines.jobs import BUILD_JOB
from pipelines.outcome import Trouble


def troubles_of(result: dg.ExecuteInProcessResult, job_name: str) -> list[Trouble]:
    """What failed; a failure that is not a user's is a defect of ours."""
    place = "the build" if job_name == BUILD_JOB else job_name.removeprefix("replicate_")
    troubles = []
    for event in result.all_events:
        if event.event_type_value == "ASSET_CHECK_EVALUATION" and not event.asset_check_evaluation_data.passed:
            check = event.asset_check_evaluation_data
            # A check that stops nothing may still be trouble: a file of decisions that was refused.
            if check.blocking or "exit_code" in check.metadata:
                troubles.append(Trouble(place, check.description or check.check_name, ContractBroken.exit_code))
        if event.is_step_failure:
            failure = event.step_failure_data.user_failure_data
            if failure and "exit_code" in failure.metadata:
                code = int(str(failure.metadata["exit_code"].value))
                troubles.append(Trouble(place, failure.description or "", code))
            elif event.step_failure_data.error and "AssetCheckFailed" in (event.step_failure_data.error.cls_name or ""):
                continue  # the check itself has already been named
            else:
                error = event.step_failure_data.error
                while error and error.cause:
                    error = error.cause
                kind = error.cls_name if error else "no error"
                details = f"logs/dagster-{result.run_id}.log has the details"
                troubles.append(
                    Trouble(place, f"a defect of ours: step {event.step_key} failed with {kind}; {details}", 1)
                )
    if not result.success and not troubles:
        troubles.append(Trouble(place, f"the run {result.run_id} failed; see logs/dagster-{result.run_id}.log", 1))
    return troubles
