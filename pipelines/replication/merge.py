"""Merging a landing into the mirror: one transaction a source, so a kill leaves the last good image.

What is done to each table is in `table_merge`. Received = stored + quarantined, table by table.
"""

import datetime as dt
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from ibr.config import Source
from ibr.errors import ContractBroken
from pipelines.replication import mirror_check, reconciliation
from pipelines.replication.inbox import intake, register
from pipelines.replication.landed import LandedTable, Landing, lock_file, prune
from pipelines.replication.names import history_schema, mirror_schema
from pipelines.replication.reconciliation import Comparison, CopyDisagrees
from pipelines.replication.table_merge import TableMerge, TableOutcome
from pipelines.replication.watermarks import (
    Watermark,
    Watermarks,
    definition_of,
    doubt_watermarks,
    forget_watermarks,
    read_watermarks,
    write_watermarks,
)
from warehouse.connection import quoted
from warehouse.lock import lock


class MirrorMoved(ContractBroken):
    """The mirror is not the one that a landing builds on."""


# What another copy mends, whatever was in it.
NOT_ITS_FAULT = (CopyDisagrees, MirrorMoved)


@dataclass
class MergeOutcome:
    """What a merge did to one source."""

    source: str
    tables: dict[str, TableOutcome] = field(default_factory=dict)
    comparisons: list[Comparison] = field(default_factory=list)

    @property
    def changed(self) -> int:
        return sum(t.inserted + t.updated + t.deleted for t in self.tables.values())

    @property
    def altered(self) -> int:
        return sum(t.altered for t in self.tables.values())


def merge(
    con: duckdb.DuckDBPyConnection,
    code: str,
    source: Source,
    landing: Landing,
    home: Path,
    *,
    run_id: str,
    loaded_at: dt.datetime,
) -> MergeOutcome:
    """Bring a landing to `mirror_<code>.*`, prove it against the source's own figures, and remember how far it came.

    `loaded_at`: when the run began. Rows are dated by it, or just after the last merge where the clock went back.
    Raises ContractBroken, with the mirror as it was, if columns were dropped or retyped, if more rows vanished
    than `limits.vanished_share` allows, if the mirror's figures differ from the source's, or (MirrorMoved) if it is not
    the mirror that the landing builds on; WarehouseBusy while another run copies the source.
    """
    with lock(lock_file(home, code), f"source {code}", f"run {run_id}"):
        known = read_watermarks(home, code)
        outcome = MergeOutcome(code)
        con.begin()
        try:
            _merge_tables(con, code, source, landing, home, known, outcome, run_id, loaded_at)
            con.commit()
        except Exception as error:
            _roll_back(con)
            # Whatever broke, the next landing copies and compares everything.
            (forget_watermarks if isinstance(error, MirrorMoved) else doubt_watermarks)(home, code)
            _record_failed_proof(con, outcome, code, run_id, loaded_at)
            # A copy that does not agree is no fault of the batch: it is merged again.
            if landing.batches and isinstance(error, ContractBroken) and not isinstance(error, NOT_ITS_FAULT):
                raise intake.refused(home, code, error) from None
            raise
        if landing.batches:
            intake.accept(home, code, landing.batches)
        _remember(con, home, code, source, landing, outcome, known)
    return outcome


def _merge_tables(
    con: duckdb.DuckDBPyConnection, code: str, source: Source, landing: Landing, home: Path, known: Watermarks,
    outcome: MergeOutcome, run_id: str, loaded_at: dt.datetime,
) -> None:  # fmt: skip
    """All tables, their proof, and what is recorded of them: the content of the transaction."""
    merged, stamp = _last_merge(con, code, loaded_at)
    if landing.after is not None and landing.after != merged:
        raise MirrorMoved(
            f"source {code}: its mirror is of run {merged}, and what was copied builds on that of {landing.after} "
            "(another run was faster, or the warehouse was put back from a copy); the next run copies the source whole"
        )
    con.execute(f"CREATE SCHEMA IF NOT EXISTS {mirror_schema(code)}")
    con.execute(f"CREATE SCHEMA IF NOT EXISTS {history_schema(code)}")
    for name in [name for name in landing.tables if name not in landing.copied]:
        outcome.tables[name] = _untouched(con, code, landing.tables[name])
        outcome.comparisons.append(_as_many(outcome.tables[name], landing.tables[name]))
    for name, landed in landing.copied.items():
        before = known.tables.get(name) if known.merged == merged else None
        table = TableMerge(con, code, source, landing, landed, before, run_id, stamp)
        outcome.tables[name] = table.run()
        outcome.comparisons += table.compare()
    reconciliation.record(con, outcome.comparisons, code, run_id, stamp)
    _mark_good(con, code, source, run_id, landing.as_of or loaded_at)
    if landing.batches:
        register.record_accepted(con, home, code, landing.batches, run_id)
    con.execute("INSERT OR REPLACE INTO ops.mirrors VALUES (?, ?, ?)", [code, run_id, stamp])
    reconciliation.require_equal(outcome.comparisons, code)


def _last_merge(con: duckdb.DuckDBPyConnection, code: str, now: dt.datetime) -> tuple[str | None, dt.datetime]:
    """The run that left the mirrors as they are, and the time by which this merge dates its rows.

    That time never goes back, whatever the clock does: the order of a row's versions is the order in which they came.
    """
    row = con.execute("SELECT run_id, loaded_at FROM ops.mirrors WHERE source = ?", [code]).fetchone()
    if row is None:
        return None, now
    return row[0], max(now, row[1] + dt.timedelta(microseconds=1))


def _roll_back(con: duckdb.DuckDBPyConnection) -> None:
    with suppress(duckdb.TransactionException):  # a commit that failed has ended the transaction
        con.rollback()


def _untouched(con: duckdb.DuckDBPyConnection, code: str, landed: LandedTable) -> TableOutcome:
    """A table of which the source says that nothing was written: its mirror stays as it is."""
    mirror = f"{mirror_schema(code)}.{quoted(landed.name)}"
    found = con.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = ? "
        "AND table_name = ?",
        [f"mirror_{code}", landed.name],
    ).fetchone()
    if found == (0,):
        raise CopyDisagrees(
            f"source {code}, table {landed.name}: its mirror is gone, though its source did not change; run again, and "
            "the whole table is copied"
        )
    row = con.execute(f"SELECT count(*) FROM {mirror} WHERE _ibr_deleted_at IS NULL").fetchone()
    return TableOutcome(landed.name, landed.mode, 0, live=row[0] if row else 0)


def _as_many(outcome: TableOutcome, landed: LandedTable) -> Comparison:
    return Comparison(landed.name, "rows", None, float(landed.figures.rows), float(outcome.live))


def _record_failed_proof(
    con: duckdb.DuckDBPyConnection, outcome: MergeOutcome, code: str, run_id: str, loaded_at: dt.datetime
) -> None:
    """The rollback took the proof with it; what did not agree has to be seen all the same."""
    if any(not comparison.is_equal for comparison in outcome.comparisons):
        stamp = _last_merge(con, code, loaded_at)[1]
        reconciliation.record(con, outcome.comparisons, code, run_id, stamp)
        # What is proved next, perhaps in the same run, comes after it.
        con.execute("UPDATE ops.mirrors SET loaded_at = ? WHERE source = ?", [stamp, code])


def _mark_good(
    con: duckdb.DuckDBPyConnection, code: str, source: Source, run_id: str, good_at: dt.datetime | str
) -> None:
    con.execute(
        "INSERT INTO ops.sources (source, name, kind, is_stale, stale_reason, last_good_at, last_run_id) "
        "VALUES (?, ?, ?, false, NULL, ?, ?) ON CONFLICT (source) DO UPDATE SET name = excluded.name, "
        "kind = excluded.kind, is_stale = false, stale_reason = NULL, last_good_at = excluded.last_good_at, "
        "last_run_id = excluded.last_run_id",
        [code, source.name, source.kind.value, good_at, run_id],
    )


def _remember(
    con: duckdb.DuckDBPyConnection, home: Path, code: str, source: Source, landing: Landing, outcome: MergeOutcome,
    known: Watermarks,
) -> None:  # fmt: skip
    """How far the mirrors have come; a table with quarantined rows is copied whole next time: they may be mended."""
    hashed_like = mirror_check.hashed_like(con)

    def watermark(landed: LandedTable) -> Watermark:
        is_whole = landed.mode == "full"
        return Watermark(
            columns=[column.name for column in landed.columns],
            rows=landed.figures.rows,
            compared_at=landing.landed_at if is_whole else known.tables[landed.name].compared_at,
            definition=definition_of(source.tables[landed.name]),
            until=landed.until,
            position=landed.position,
            hashed_like=hashed_like if is_whole else known.tables[landed.name].hashed_like,
        )

    good = {
        name: watermark(landed) for name, landed in landing.tables.items() if not outcome.tables[name].quarantined
    }
    write_watermarks(home, code, Watermarks(landing.run_id, good))
    prune(home, code, keep=landing.run_id)
