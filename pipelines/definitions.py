"""Everything Dagster knows, built from a workspace's registry.yml.

`build_definitions` takes a workspace so that tests and the command line choose theirs; `dagster dev` finds
`defs` for the workspace at `$IBR_HOME`.
"""

import os

import dagster as dg

from expectations import run_marts_contract, run_registry_contract
from ibr.workspace import Workspace
from pipelines import alerts, dbt, jobs, logs, schedules, sensors
from pipelines.assets import (
    contracts,
    decisions,
    exceptions,
    linkage,
    lookups,
    marts,
    publication,
    registry,
    serving,
    sharing,
    sources,
)
from pipelines.context import Session
from pipelines.freshness import with_promises


def build_definitions(session: Session) -> dg.Definitions:
    """All assets, checks, jobs, schedules and sensors of one workspace.

    Raises ConfigurationProblem if registry.yml or the dbt project cannot be read.
    """
    workspace = session.workspace
    dbt_here = dbt.prepare(workspace)
    registry_models = registry.build_dbt(dbt_here.project, workspace.registry.services)
    mart_models = marts.build_dbt(dbt_here.project)
    copied, services = workspace.registry.copied.items(), workspace.registry.services.items()
    mart_keys = sorted(mart_models.keys)
    # The layer's contract stands on what its last step makes: a check that an earlier step waits for could not wait for
    # the last.
    registry_keys = sorted(key for key in registry_models[-1].keys if key.path[0] == "registry")
    return dg.Definitions(
        assets=[
            *dg.map_asset_specs(
                with_promises(workspace.registry),
                [
                    *[asset for code, source in copied for asset in sources.build_assets(code, source)],
                    *[asset for code, source in services for asset in lookups.build_assets(code, source)],
                ],
            ),
            registry.run_parameters,
            *registry_models,
            registry.rejected_rows,
            decisions.decisions,
            linkage.linkage,
            mart_models,
            exceptions.exception_files,
            sharing.shares,
            publication.build(mart_keys),
            *([serving.serving_database] if workspace.registry.serving else []),
        ],
        asset_checks=[
            *[sources.build_contract(code, source) for code, source in copied],
            contracts.build("registry", registry_keys, run_registry_contract),
            contracts.build("marts", mart_keys, run_marts_contract),
        ],
        jobs=[*jobs.replication_jobs(workspace.registry), jobs.build_job(workspace.registry)],
        schedules=schedules.replication_schedules(workspace.registry),
        sensors=[
            schedules.build_after_replication(workspace.registry),
            *sensors.inbox_sensors(workspace),
            alerts.alert_on_failure(workspace),
        ],
        resources={"session": session, "dbt": dbt_here},
        loggers={"file": logs.file_logger(workspace.logs)},
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """The code location that `dagster dev` and the daemon load."""
    os.umask(0o077)  # every file a step writes may hold personal data
    return build_definitions(Session(Workspace.at().ensure()))
