"""A run over all records of a registry on Spark: learned here, on all records or a part of them, and applied there."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from linkage.basis import settings_of
from linkage.engine import deduplicate, drop_temporary
from linkage.results import LinkageResult, Progress, Stopwatch
from linkage.spark import LEARNED, LEARNING
from linkage.spark.engine import link_records
from linkage.spark.results import write_linked
from linkage.spark.session import open_session
from linkage.spark.trained import Trained
from linkage.specification import Specification
from linkage.sql import literal, quote, single
from linkage.standardise import source_of


@dataclass(frozen=True)
class Cluster:
    """Where Spark runs (`master`, `settings` as `open_session` takes them), the folder that all its machines see by one
    path, and on how many records the model is learned."""

    storage: Path
    master: str = "local[*]"
    settings: dict[str, str] = field(default_factory=dict)
    learn_from: int = 2_000_000

    def deduplicate(
        self,
        con: duckdb.DuckDBPyConnection,
        specification: Specification,
        records: str,
        output_schema: str,
        *,
        decisions: str,
        join_probability: float | None,
        keep_in: str,
        progress: Progress | None = None,
    ) -> LinkageResult:
        """As `linkage.deduplicate` with these arguments, without comparing clusters and with pairs for clerks.

        The records and all that is made of them lie in `storage` in the clear meanwhile, for this user alone.
        """
        watch = Stopwatch(progress)
        with watch.stage("learn"):
            trained = self._learn(con, specification, records, join_probability, progress)
        folder = self.storage / "linkage"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
        try:
            with watch.stage("hand over"):
                _export(con, specification, records, folder / "given")
                given = con.execute(f"select record_id_l, record_id_r, decision from {decisions}").to_arrow_table()
            spark = open_session(self.master, self.settings)
            try:
                linked = link_records(
                    spark, trained, spark.read.parquet(str(folder / "given")), folder,
                    decisions=given, join_probability=join_probability, watch=watch,
                )  # fmt: skip
            finally:
                spark.stop()
            with watch.stage("take over"):
                settings = settings_of(con, specification, records, join_probability)
                result = write_linked(con, linked, specification, records, output_schema, keep_in, settings, decisions)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            drop_temporary(con)
        result.seconds.update(watch.stages)
        return result

    def _learn(
        self,
        con: duckdb.DuckDBPyConnection,
        specification: Specification,
        records: str,
        join_probability: float | None,
        progress: Callable[[str], None] | None,
    ) -> Trained:
        parts = -(-single(con, f"select count(*) from {records}") // self.learn_from)
        household = specification.columns.household_id
        of_household = f"cast({quote(household)} as varchar)" if household else "null"
        record_id = f"cast({quote(specification.record_id)} as varchar)"
        # Households whole, for what their members say of each other is learned too.
        part = f"hash({source_of(specification)}, coalesce({of_household}, {record_id})) % {parts} = 0"
        try:
            deduplicate(
                con, specification, records if parts == 1 else f"(select * from {records} where {part})", LEARNING,
                join_probability=join_probability, compare_clusters=False, keep_in=LEARNED, progress=progress,
            )  # fmt: skip
            return Trained.load(con, specification, LEARNED)
        finally:
            con.execute(f"drop schema if exists {LEARNING} cascade; drop schema if exists {LEARNED} cascade")


def _export(con: duckdb.DuckDBPyConnection, specification: Specification, records: str, folder: Path) -> None:
    """The columns that play a role, in files that several tasks can read beside each other."""
    named = [column for _, column in specification.columns.columns_by_role()]
    source = [specification.source] if specification.source else []
    columns = ", ".join(quote(column) for column in dict.fromkeys([specification.record_id, *source, *named]))
    con.execute(
        f"copy (select {columns} from {records}) to {literal(str(folder))} "
        "(format parquet, per_thread_output true, compression zstd)"
    )
