"""Loading the serving database with what a workspace has published."""

from ibr.errors import ConfigurationProblem
from ibr.workspace import Workspace
from pipelines.dbt import Dbt
from warehouse.audiences.policy import load_policy
from warehouse.publication import find
from warehouse.serving import Served, load


def serve(workspace: Workspace, dbt: Dbt, version: str) -> Served:
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
        registry.warehouse.memory_limit,
    )
