"""dbt, and its project as Dagster assets: keys are the tables' own names, so lineage runs from mirror to mart."""

import json
import os
import re
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject

from ibr.errors import ConfigurationProblem
from ibr.workspace import Workspace
from pipelines.context import OWNER

PROJECT_DIR = Path(__file__).parents[1] / "dbt_project"
RULES_DIR = PROJECT_DIR / "seeds"
_UNREADABLE = f"dbt cannot parse {PROJECT_DIR.name}; run `dbt parse --project-dir {PROJECT_DIR.name}` to see where"
# The page would fetch a tracker where dbt's usage statistics are on. They are off; so are the addresses.
_TRACKER = re.compile(r"//[a-z0-9]+\.cloudfront\.net/[\w./-]*|[\w.-]+sinter-collect\.com")
Heard = Callable[[Any], None]  # what is done with a message of dbt (its EventMsg)


def environment(workspace: Workspace) -> dict[str, str]:
    """What profiles.yml reads from the environment."""
    settings = workspace.registry.warehouse
    return {
        "IBR_WAREHOUSE": str(workspace.warehouse_file),
        "IBR_MEMORY_LIMIT": settings.budget.alone,
        "IBR_THREADS": str(settings.threads or os.cpu_count() or 1),
        "IBR_TEMP_DIR": str(workspace.temporary),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "IBR_SPARK_TABLES": str(spark_tables(workspace)) if workspace.registry.engine == "spark" else "",
    }


def spark_tables(workspace: Workspace) -> Path:
    """Where Spark stores the models that it builds, a folder a schema in it."""
    return workspace.spark_storage / "tables"


def project(workspace: Workspace) -> DbtProject:
    """The project, with its compiled files kept in the workspace, so that the code's folder stays clean."""
    os.environ.update(environment(workspace))
    return DbtProject(PROJECT_DIR, target_path=workspace.home / "dbt", profiles_dir=PROJECT_DIR)


class Dbt:
    """dbt, run in this process.

    Nothing has to be started, the project is parsed once for all layers, and a process that is killed takes its dbt
    with it: no orphan keeps the warehouse. In a process of its own each invocation took 6 to 17 s before its first
    model.
    """

    def __init__(self, project: DbtProject, profile: str = "warehouse") -> None:
        self.project = project
        self._profile = profile  # a target of profiles.yml
        self._manifest: Any = None

    def parse(self, heard: Heard = lambda message: None, *, write: bool = True) -> bool:
        """Parse what changed since the project was last parsed; `write` the manifest that Dagster reads."""
        arguments = ["parse", *([] if write else ["--no-write-json"]), "--target-path", str(self.project.target_path)]
        outcome = self._invoke(arguments, heard)
        self._manifest = outcome.result if outcome.success else None
        return outcome.success

    def build(self, arguments: Sequence[str], target: Path, heard: Heard) -> bool:
        """`dbt build`; compiled SQL goes to `target`. `heard` gets dbt's messages, results too, from several threads.

        No connection to the warehouse may be open; none is when it returns. Whether everything was built and held.
        """
        if self._manifest is None and not self.parse(heard, write=False):
            return False
        # Its own files of results and of the project are read by nobody; to write them was a twentieth of a quiet run.
        return self._invoke(["build", *arguments, "--no-write-json", "--target-path", str(target)], heard).success

    def marts(self) -> list[dict[str, Any]]:
        """The marts as dbt knows them: name, description, columns, and what `meta` says of these."""
        nodes = json.loads(self.project.manifest_path.read_text(encoding="utf-8"))["nodes"].values()
        return [node for node in nodes if node["resource_type"] == "model" and node["schema"] == "marts"]

    def keys(self) -> dict[str, list[str]]:
        """The columns that tell the rows of a table apart, by the tests that prove it before each publication."""
        manifest = json.loads(self.project.manifest_path.read_text(encoding="utf-8"))
        found = {}
        for test in manifest["nodes"].values():
            kind = test["resource_type"] == "test" and (test.get("test_metadata") or {}).get("name")
            if kind == "primary_key":
                found[test["attached_node"].rpartition(".")[2]] = [test["column_name"]]
            elif kind == "unique_combination":
                found[test["attached_node"].rpartition(".")[2]] = test["test_metadata"]["kwargs"]["columns"]
        return found

    def document(self, file: Path) -> None:
        """Write dbt's documentation of all models, seeds and exposures as one file that opens without a network.

        Made from the project alone: the warehouse is not opened. Raises ConfigurationProblem if dbt cannot.
        """
        target = self.project.target_path
        arguments = ["docs", "generate", "--static", "--empty-catalog", "--no-compile", "--target-path", str(target)]
        if not (self.parse() and self._invoke(arguments, lambda message: None).success):
            raise ConfigurationProblem(_UNREADABLE)
        page = (target / "static_index.html").read_text(encoding="utf-8")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_TRACKER.sub("", page), encoding="utf-8")

    def _invoke(self, arguments: list[str], heard: Heard) -> Any:
        from dbt.cli.main import dbtRunner  # 2 s, and only a build needs it

        where = ["--project-dir", str(self.project.project_dir), "--profiles-dir", str(self.project.profiles_dir)]
        where += ["--target", self._profile]
        # Its messages are handed over; what it would print or keep itself would be told twice.
        silent = ["--log-level", "none", "--log-level-file", "none", "--no-use-colors"]
        with chdir(self.project.project_dir), _ending_as_dbt_expects():  # dbt changes the folder and leaves it so
            try:
                outcome = dbtRunner(self._manifest, callbacks=[heard]).invoke([*arguments, *where, *silent])
            finally:
                _let_go_of_the_warehouse()
        if outcome.exception and not isinstance(outcome.exception, Exception):
            raise outcome.exception  # an interruption, which dbt hands back like an error
        if isinstance(outcome.exception, OSError):
            raise outcome.exception  # not the models' doing
        return outcome


@contextmanager
def _ending_as_dbt_expects() -> Iterator[None]:
    """Let Ctrl-C reach dbt as KeyboardInterrupt: at Dagster's own exception it would leave its queries running."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _let_go_of_the_warehouse() -> None:
    """Close dbt's connection, which it means to keep until its process ends."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    if DuckDBConnectionManager._ENV is not None:
        DuckDBConnectionManager._ENV.close()
    DuckDBConnectionManager.close_all_connections()


def write_docs(file: Path) -> None:
    """Write dbt's documentation (`Dbt.document`); needs no workspace."""
    with TemporaryDirectory() as target:
        Dbt(DbtProject(PROJECT_DIR, target_path=Path(target), profiles_dir=PROJECT_DIR)).document(file)


def prepare(workspace: Workspace) -> Dbt:
    """dbt for a workspace, its project parsed if the manifest is missing or older than any of its files.

    Raises ConfigurationProblem if dbt cannot parse it.
    """
    dbt = Dbt(project(workspace))
    if not _is_current(dbt.project.manifest_path) and not dbt.parse():
        raise ConfigurationProblem(_UNREADABLE)
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
        return "marts" if "marts" in dbt_resource_props.get("tags", ()) else "registry"

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """One team looks after the warehouse."""
        return [OWNER]
