"""Loading the serving database with what a workspace has published."""

from collections.abc import Callable

from ibr.errors import ConfigurationProblem
from ibr.workspace import Workspace
from pipelines import journal
from pipelines.context import Run, Session
from pipelines.dbt import Dbt
from warehouse.audiences.policy import load_policy
from warehouse.connection import connect
from warehouse.publication import find
from warehouse.serving import Served, load


def serve(
    workspace: Workspace, dbt: Dbt, version: str, progress: Callable[[str], None] = lambda message: None
) -> Served:
    """Load a publication (`current` is one) into the database that registry.yml names.

    Raises as `warehouse.serving.load`, and ConfigurationProblem where registry.yml names no database.
    """
    registry = workspace.registry
    if registry.serving is None:
        raise ConfigurationProblem("registry.yml names no serving database; docs/serving-postgresql.md says how")
    return load(
        workspace.home,
        find(workspace.home, version),
        load_policy(workspace.home, registry.publish.audiences),
        registry.serving,
        dbt.keys(),
        registry.warehouse.budget.alone,
        progress,
    )


def serve_again(workspace: Workspace, dbt: Dbt, version: str, progress: Callable[[str], None]) -> Served:
    """Load an earlier publication outside a run, and keep in `ops.runs` that it was; under the run that made it.

    Errors as `serve`.
    """
    begun = journal.now()
    served = serve(workspace, dbt, version, progress)
    run_id = find(workspace.home, version).run_id
    run = Run(Session(workspace), run_id, begun, workspace.registry.reporting_date, full_refresh=False)
    with connect(workspace.warehouse_file) as con:
        journal.stage(con, run, "serve", begun, rows=served.rows, note=served.told)
    return served
