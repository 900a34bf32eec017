"""The dbt project as Dagster assets: keys are the tables' own names, so lineage runs from mirror to mart."""

import os
import sys
from collections.abc import Mapping
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource, DbtProject
from packaging.version import Version

from ibr.errors import ConfigurationProblem
from ibr.workspace import Workspace
from pipelines.context import OWNER

PROJECT_DIR = Path(__file__).parents[1] / "dbt_project"


def environment(workspace: Workspace) -> dict[str, str]:
    """What profiles.yml reads from the environment."""
    settings = workspace.registry.warehouse
    return {
        "IBR_WAREHOUSE": str(workspace.warehouse_file),
        "IBR_MEMORY_LIMIT": settings.memory_limit,
        "IBR_THREADS": str(settings.threads or os.cpu_count() or 1),
        "IBR_TEMP_DIR": str(workspace.temporary),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


def project(workspace: Workspace) -> DbtProject:
    """The project, with its compiled files kept in the workspace, so that the code's folder stays clean."""
    os.environ.update(environment(workspace))
    return DbtProject(PROJECT_DIR, target_path=workspace.home / "dbt", profiles_dir=PROJECT_DIR)


class InstalledDbt(DbtCliResource):
    """dbt from this virtual environment, whose version is known without asking it: that takes 3 s a time."""

    @cached_property
    def _cli_version(self) -> Version:
        return Version(metadata.version("dbt-core"))


def resource(dbt: DbtProject) -> DbtCliResource:
    """dbt as it is installed, whether or not its virtual environment is activated."""
    return InstalledDbt(
        project_dir=str(dbt.project_dir),
        profiles_dir=str(dbt.profiles_dir),
        dbt_executable=str(Path(sys.executable).parent / "dbt"),
    )


def prepare(workspace: Workspace) -> DbtProject:
    """Parse the project if its manifest is missing or older than any of its files.

    Raises ConfigurationProblem if dbt cannot parse it.
    """
    dbt = project(workspace)
    if _is_current(dbt.manifest_path):
        return dbt
    invocation = resource(dbt).cli(["parse", "--quiet"], target_path=dbt.target_path, raise_on_error=False).wait()
    if not invocation.is_successful():
        raise ConfigurationProblem(
            f"dbt cannot parse {PROJECT_DIR.name}; run `dbt parse --project-dir {PROJECT_DIR.name}` to see where"
        )
    return dbt


def _is_current(manifest: Path) -> bool:
    if not manifest.is_file():
        return False
    made = manifest.stat().st_mtime
    sources = (p for ending in ("*.sql", "*.yml", "*.csv") for p in PROJECT_DIR.rglob(ending))
    return all(p.stat().st_mtime <= made for p in sources)


class Translator(DagsterDbtTranslator):
    """Asset keys are [schema, table]; groups are the stages of a run."""

    def __init__(self) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_asset_checks=True))

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """The table as it stands in the warehouse."""
        name = dbt_resource_props.get("alias") or dbt_resource_props.get("identifier") or dbt_resource_props["name"]
        return dg.AssetKey([dbt_resource_props["schema"], name])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The stage that builds it."""
        return "marts" if dbt_resource_props.get("schema") == "marts" else "registry"

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """One team looks after the warehouse."""
        return [OWNER]
