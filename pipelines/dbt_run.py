"""Running `dbt build` for a set of assets, and saying in one line what broke."""

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt.asset_utils import (
    DAGSTER_DBT_EXCLUDE_METADATA_KEY,
    DAGSTER_DBT_SELECT_METADATA_KEY,
    DBT_INDIRECT_SELECTION_ENV,
    get_manifest_and_translator_from_dbt_assets,
    get_subset_selection_for_context,
)
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from ibr.disk import full_disk
from ibr.errors import ContractBroken, DiskFull
from linkage.beside import has_memory
from pipelines import journal, spark
from pipelines.context import Run, Session, plain_failures
from pipelines.dbt import Dbt

# Unit tests are about the models, not about tonight's data: they run with the tests of the code.
_NIGHTLY = ("--exclude-resource-type", "unit_test")
# What a row that was copied takes while models are built beside each other. With 130 bytes, 47 million rows, one of two
# ended without memory.
BYTES_A_ROW = 200
_KEPT = 10  # folders with compiled SQL, of the latest invocations
_TABLES = {"LogModelResult", "LogSeedResult"}
_RESULTS = {*_TABLES, "LogTestResult"}


def build_models(context: dg.AssetExecutionContext, dbt: Dbt, session: Session, layer: str) -> Iterator:
    """Run the models of a layer (`registry` or `marts`) and their tests; dbt opens the warehouse itself, so no
    connection may be open. Until the layer's contract has been checked nothing may be made from it.

    A model or test that fails is the data's fault until proven otherwise: exit 4, named.
    """
    run = Run.of(context, session)
    target = run.workspace.home / "dbt" / f"{context.op_execution_context.op.name}-{run.run_id}"
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    _prune(target.parent)
    what = {"registry": "staging and registry"}.get(layer, layer)
    session.progress(f"building {what}")
    begun = journal.now()
    with plain_failures(), run.warehouse() as con:
        if layer == "marts":
            journal.require_good(con, "registry")
        journal.building(con, run, layer)
        threads = one_by_one(con)
    if layer == "marts" and run.workspace.registry.engine == "spark":
        with plain_failures(), run.warehouse() as con, _Ear(session, target, f"{what} on Spark") as ear:
            spark.build_models(run.workspace, con, dbt.project.manifest_path, ear)
    with plain_failures(), run.writing(), _Ear(session, target, what) as ear:
        succeeded = dbt.build([*_NIGHTLY, *threads, *_selection(context)], target, ear)
    yield from _asset_events(context, ear.results, target)
    if ear.no_room:
        with plain_failures():
            raise ear.no_room
    if not succeeded:
        problem = f"dbt: {_failures(ear.results)}; the last publication stays. Compiled SQL of each is under {target}"
        with plain_failures(), run.warehouse() as con:
            journal.stage(con, run, layer, begun, problem=problem)
            raise ContractBroken(problem)


def one_by_one(con: duckdb.DuckDBPyConnection) -> list[str]:
    """What tells dbt to build one model at a time, where the connection's memory does not hold several."""
    copied = "FROM duckdb_tables() WHERE starts_with(schema_name, 'mirror_')"
    ((rows,),) = con.execute(f"SELECT coalesce(sum(estimated_size), 0)::BIGINT {copied}").fetchall()
    return [] if has_memory(con, rows, BYTES_A_ROW) else ["--threads", "1"]


class _Ear:
    """Hears what dbt says: words go to a file, results are kept, and progress is told every ten tables."""

    def __init__(self, session: Session, target: Path, what: str) -> None:
        self.results: list[Any] = []
        self.no_room: DiskFull | None = None
        self._session, self._what, self._tables = session, what, 0
        self._file = session.log_file or target / "dbt.log"

    def __enter__(self) -> "_Ear":
        self._words = self._file.open("a", encoding="utf-8", buffering=1)
        return self

    def __exit__(self, *_: object) -> None:
        self._words.close()

    def __call__(self, message: Any) -> None:
        if message.info.level in ("info", "warn", "error"):
            self._words.write(f"{message.info.msg}\n")
        if message.info.level == "error":
            self.no_room = self.no_room or full_disk(RuntimeError(message.info.msg))
        if message.info.name in _RESULTS:
            self.results.append(message)
        if message.info.name in _TABLES:
            self._tables += 1
            if self._tables % 10 == 0:
                self._session.progress(f"building {self._what}: {self._tables} tables")


def _selection(context: dg.AssetExecutionContext) -> list[str]:
    """What dbt has to build for the assets and checks that the run has selected."""
    manifest, translator, _ = get_manifest_and_translator_from_dbt_assets([context.assets_def])
    selection, indirect = get_subset_selection_for_context(
        context=context,
        manifest=manifest,
        select=context.op_execution_context.op.tags.get(DAGSTER_DBT_SELECT_METADATA_KEY),
        exclude=context.op_execution_context.op.tags.get(DAGSTER_DBT_EXCLUDE_METADATA_KEY),
        selector=None,
        dagster_dbt_translator=translator,
        current_dbt_indirect_selection_env=os.getenv(DBT_INDIRECT_SELECTION_ENV),
    )
    return [*selection, *(["--indirect-selection", indirect] if indirect else [])]


def _asset_events(context: dg.AssetExecutionContext, results: list[Any], target: Path) -> Iterator:
    """dbt's results as Dagster's materialisations and check results."""
    from dbt_common.events.functions import msg_to_dict

    manifest, translator, project = get_manifest_and_translator_from_dbt_assets([context.assets_def])
    for message in results:
        raw: Mapping[str, Any] = msg_to_dict(message)
        event = DbtCoreCliEventMessage(raw_event=dict(raw), event_history_metadata={})
        yield from event.to_default_asset_events(
            manifest, translator, context=context, target_path=target, project=project
        )


def _failures(results: list[Any]) -> str:
    """Which models and tests failed; counts and names, never rows."""
    nodes = [(message.data.node_info, getattr(message.data, "num_failures", 0)) for message in results]
    broken = [
        node.unique_id.split(".")[2] + (f" ({failures} rows)" if failures else "")
        for node, failures in nodes
        if node.node_status in ("error", "fail", "runtime error")
    ]
    if not broken:
        return "it ended before any model ran; its log says why"
    return f"{len(broken)} model(s) or test(s) failed: {', '.join(broken[:5])}{' and more' if broken[5:] else ''}"


def _prune(folder: Path) -> None:
    if folder.is_dir():
        runs = sorted((path for path in folder.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
        for path in runs[:-_KEPT]:
            shutil.rmtree(path, ignore_errors=True)
