"""With `engine: spark`: what the tables of the warehouse need of Spark, and the models that dbt builds on it.

dbt reads the models' inputs as views on Parquet that the warehouse wrote, and stores Parquet, which the warehouse's own
dbt then takes for those tables (macros/dialects.sql): contracts, tests and descriptions are as on one machine.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
from dagster_dbt import DbtProject

from ibr.errors import ContractBroken
from ibr.workspace import Workspace
from linkage.registry.state import AllRecords
from linkage.spark import LEARNED, LEARNING
from linkage.spark.session import open_session, require
from linkage.sql import literal, quote
from pipelines.dbt import PROJECT_DIR, Dbt, Heard, spark_tables

__all__ = ["all_records", "build_models", "clear", "inputs_of", "require"]

TAG, PROFILE = "spark", "spark"
# Data tests and contracts are for the tables as the warehouse has them.
_MODELS = ("--select", f"tag:{TAG}", "--resource-type", "model")


def all_records(workspace: Workspace) -> AllRecords | None:
    """What links all persons in place of this machine; None where that is this machine's work."""
    if workspace.registry.engine != "spark":
        return None
    from linkage.spark.whole import Cluster

    spark = workspace.registry.spark
    return Cluster(workspace.spark_storage, spark.master, spark.settings, spark.learn_from).deduplicate


def clear(workspace: Workspace, con: duckdb.DuckDBPyConnection) -> None:
    """Remove what a run that was killed left of persons, in the clear, whatever the engine is now."""
    unused = () if workspace.registry.engine == "spark" else ("tables",)
    for name in ("linkage", "inputs", *unused):
        shutil.rmtree(workspace.spark_storage / name, ignore_errors=True)
    for schema in (LEARNING, LEARNED):
        con.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")


def build_models(workspace: Workspace, con: duckdb.DuckDBPyConnection, manifest: Path, heard: Heard) -> None:
    """Build the models tagged `spark` into `spark_tables`; an earlier run's are replaced.

    `con`: the warehouse; `manifest`: dbt's, which says what the models read. Raises ContractBroken where a model cannot
    be built, and ConfigurationProblem where Spark or Java is missing.
    """
    settings, inputs = workspace.registry.spark, workspace.spark_storage / "inputs"
    for folder in (inputs, spark_tables(workspace)):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
    try:
        tables = inputs_of(json.loads(manifest.read_text(encoding="utf-8")))
        for schema, table in tables:
            con.execute(
                f"COPY (FROM {quote(schema)}.{quote(table)}) TO {literal(str(inputs / f'{schema}.{table}'))} "
                "(FORMAT parquet, PER_THREAD_OUTPUT true, COMPRESSION zstd)"
            )
        where = {"spark.sql.warehouse.dir": str(spark_tables(workspace))}
        session = open_session(settings.master, {**settings.settings, **where})
        try:
            for schema in {schema for schema, _ in tables}:
                session.sql(f"CREATE SCHEMA IF NOT EXISTS `{schema}`")
            for schema, table in tables:
                stored = f"parquet.`{inputs / f'{schema}.{table}'}`"
                session.sql(f"CREATE OR REPLACE VIEW `{schema}`.`{table}` AS SELECT * FROM {stored}")
            _dbt(workspace, heard)
        finally:
            session.stop()
    finally:
        shutil.rmtree(inputs, ignore_errors=True)


def inputs_of(manifest: dict[str, Any]) -> list[tuple[str, str]]:
    """Schema and name of every table that the models tagged `spark` read and do not build."""
    nodes = {**manifest["nodes"], **manifest["sources"]}
    built = {key for key, node in nodes.items() if node["resource_type"] == "model" and TAG in node["tags"]}
    read = {parent for key in built for parent in nodes[key]["depends_on"]["nodes"]} - built
    return sorted((nodes[key]["schema"], nodes[key].get("alias") or nodes[key]["identifier"]) for key in read)


def _dbt(workspace: Workspace, heard: Heard) -> None:
    target = workspace.home / "dbt" / "spark"
    dbt = Dbt(DbtProject(PROJECT_DIR, target_path=target, profiles_dir=PROJECT_DIR), PROFILE)
    if not dbt.build(_MODELS, target, heard):
        raise ContractBroken(
            f"dbt on Spark: a model could not be built; the last publication stays. Compiled SQL is under {target}"
        )
