"""Merging a landing into the mirror: one transaction a source, so a kill leaves the last good image.

Only changed rows are written. The version a row had before goes to `history_<source>`; a row that has left the
source keeps its place with `_ibr_deleted_at` set. Rows that cannot be told apart by their key, or hold a number
that is none, go to quarantine: received = stored + quarantined, table by table.
"""

import datetime as dt
import json
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from ibr.config import Source, Table
from ibr.errors import ContractBroken
from pipelines.replication import mirror_check, reconciliation
from pipelines.replication.adapters import ORIGINAL, REASON
from pipelines.replication.inbox import intake, register
from pipelines.replication.landed import LandedTable, Landing, lock_file, prune
from pipelines.replication.reconciliation import Comparison, CopyDisagrees
from pipelines.replication.watermarks import (
    Watermark,
    Watermarks,
    definition_of,
    doubt_watermarks,
    forget_watermarks,
    read_watermarks,
    write_watermarks,
)
from warehouse.connection import literal, quoted
from warehouse.lock import lock

BOOKKEEPING = ("_ibr_loaded_at", "_ibr_run_id", "_ibr_row_hash", "_ibr_deleted_at")


@dataclass
class TableOutcome:
    """What a merge did to one table, in rows."""

    table: str
    mode: str
    landed: int
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    quarantined: int = 0
    live: int = 0
    altered: int = 0  # behind the mirror's back, and put right


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
    con.execute(f"CREATE SCHEMA IF NOT EXISTS {_mirror(code)}")
    con.execute(f"CREATE SCHEMA IF NOT EXISTS {_history(code)}")
    for name in [name for name in landing.tables if name not in landing.copied]:
        outcome.tables[name] = _untouched(con, code, landing.tables[name])
        outcome.comparisons.append(_as_many(outcome.tables[name], landing.tables[name]))
    for name, landed in landing.copied.items():
        before = known.tables.get(name) if known.merged == merged else None
        table = _TableMerge(con, code, source, landing, landed, before, run_id, stamp)
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
    mirror = f"{_mirror(code)}.{quoted(landed.name)}"
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


def _mirror(code: str) -> str:
    return quoted(f"mirror_{code}")


def _history(code: str) -> str:
    return quoted(f"history_{code}")


class _TableMerge:
    """The steps for one table, on temporary tables `incoming` (rows to store) and `refused`."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        code: str,
        source: Source,
        landing: Landing,
        landed: LandedTable,
        before: Watermark | None,
        run_id: str,
        loaded_at: dt.datetime,
    ) -> None:
        self._con, self._code, self._landing, self._landed = con, code, landing, landed
        self._before = before
        self._table: Table = source.tables[landed.name]
        self._limits = source.limits
        self._run_id, self._loaded_at = run_id, loaded_at
        self._mirror = f"{_mirror(code)}.{quoted(landed.name)}"
        self._history = f"{_history(code)}.{quoted(landed.name)}"
        self._columns = ", ".join(quoted(c.name) for c in landed.columns)
        self._outcome = TableOutcome(landed.name, landed.mode, landed.rows)

    def run(self) -> TableOutcome:
        self._make_or_adapt_mirror()
        self._put_right()
        self._split_incoming()
        self._find_changes()
        self._guard_against_vanishing()
        self._apply()
        self._quarantine()
        self._outcome.live = self._count(f"{self._mirror} WHERE _ibr_deleted_at IS NULL")
        return self._outcome

    def compare(self) -> list[Comparison]:
        """The source's figures against the live mirror plus what was quarantined."""
        stored = f"SELECT {self._columns} FROM {self._mirror} AS live WHERE _ibr_deleted_at IS NULL"
        if self._table.key and self._outcome.quarantined:
            # The mirror still holds the last good version of a row that is now unreadable: count it once.
            stored += (
                f" AND NOT EXISTS (SELECT 1 FROM refused WHERE _ibr_reason <> 'KEY_REPEATED' "
                f"AND {self._same('refused', 'live')})"
            )
        refused = f" UNION ALL SELECT {self._columns} FROM refused" if self._outcome.quarantined else ""
        everything = f"({stored}{refused})"
        comparisons = reconciliation.compare(self._con, self._landed, everything, self._table.key)
        if self._landed.is_compared and self._before:
            rows = self._landing.rows_file(self._landed.name)
            comparisons += reconciliation.compare_whole(self._con, self._landed, rows, everything)
        return comparisons

    def _put_right(self) -> None:
        """Before a whole comparison, what was changed in the mirror itself; not where its shape has changed since."""
        if not self._landed.is_compared or not self._before:
            return
        if not self._before.fits(self._table, self._landed.columns):
            return
        columns = [column.name for column in self._landed.columns]
        mirror = mirror_check.Mirror(self._code, self._landed.name, self._mirror, columns, self._table.key)
        landed = self._landing.rows_file(self._landed.name)
        self._outcome.altered = mirror_check.put_right(
            self._con, mirror, landed, self._before, run_id=self._run_id, found_at=self._loaded_at
        )

    # --- the mirror's shape

    def _make_or_adapt_mirror(self) -> None:
        before = self._mirror_columns()
        if not before:
            if self._landed.mode == "incremental":
                raise ContractBroken(
                    f"source {self._code}, table {self._landed.name}: changed rows arrived for a mirror that is not "
                    "there; run again, and the whole table is copied"
                )
            self._create_mirror()
            return
        after = {c.name: c.type for c in self._landed.columns}
        for name in [name for name in before if name in self._table.without]:
            self._drop_column(name, before.pop(name))
        gone = [name for name in before if name not in after]
        retyped = [f"{n} ({t} became {after[n]})" for n, t in before.items() if n in after and after[n] != t]
        if gone or retyped:
            raise ContractBroken(
                f"source {self._code}, table {self._landed.name}: "
                + "; ".join(
                    part
                    for part in (
                        f"column(s) {', '.join(gone)} are gone" if gone else "",
                        f"column(s) {', '.join(retyped)} changed type" if retyped else "",
                    )
                    if part
                )
                + "; the last good mirror stays. Ask the program what changed, mend its staging model, "
                f"then drop {self._mirror} and run again"
            )
        for column in self._landed.columns:
            if column.name not in before:
                self._add_column(column.name, column.type)

    def _mirror_columns(self) -> dict[str, str]:
        rows = self._con.execute(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = current_database() "
            "AND schema_name = ? AND table_name = ? ORDER BY column_index",
            [f"mirror_{self._code}", self._landed.name],
        ).fetchall()
        return {name: kind for name, kind in rows if name not in BOOKKEEPING}

    def _create_mirror(self) -> None:
        columns = ", ".join(f"{quoted(c.name)} {c.type}" for c in self._landed.columns)
        bookkeeping = (
            "_ibr_loaded_at TIMESTAMPTZ, _ibr_run_id VARCHAR, _ibr_row_hash UBIGINT, _ibr_deleted_at TIMESTAMPTZ"
        )
        self._con.execute(f"CREATE TABLE {self._mirror} ({columns}, {bookkeeping})")
        self._con.execute(
            f"CREATE TABLE IF NOT EXISTS {self._history} ({columns}, {bookkeeping}, _ibr_replaced_at TIMESTAMPTZ)"
        )

    def _add_column(self, name: str, kind: str) -> None:
        for relation in (self._mirror, self._history):
            self._con.execute(f"ALTER TABLE {relation} ADD COLUMN IF NOT EXISTS {quoted(name)} {kind}")
        self._con.execute(
            "INSERT INTO ops.schema_changes VALUES (?, ?, ?, ?, 'added', NULL, ?, ?)",
            [self._run_id, self._code, self._landed.name, name, kind, self._loaded_at],
        )

    def _drop_column(self, name: str, kind: str) -> None:
        """What registry.yml now leaves out goes from the mirror and from its history."""
        for relation in (self._mirror, self._history):
            self._con.execute(f"ALTER TABLE {relation} DROP COLUMN {quoted(name)}")
        self._con.execute(
            "INSERT INTO ops.schema_changes VALUES (?, ?, ?, ?, 'left out', ?, NULL, ?)",
            [self._run_id, self._code, self._landed.name, name, kind, self._loaded_at],
        )

    # --- the rows

    def _split_incoming(self) -> None:
        """`incoming`: one line of the landing a key, with its hash. `refused`: the others whole, with their reason.

        Rows without a key in common are told apart by content and by how often it occurs, so identical rows
        are mirrored as often as they are in the source. Only keys and hashes are held; a row's values are read
        when they are stored (of 1M new rows, holding them took a third of the merge).
        """
        identity = self._identity("hashed")
        latest = f"{quoted(self._table.cursor)} DESC NULLS LAST, " if self._table.cursor else ""
        null_key = " OR ".join(f"{quoted(k)} IS NULL" for k in self._table.key) or "false"
        repeated = "false" if not self._table.key else "_ibr_place > 1"
        narrow = "".join(f"{quoted(name)}, " for name in self._telling_columns())
        self._con.execute(f"""
            CREATE OR REPLACE TEMP TABLE landed AS
            WITH hashed AS (
                SELECT {narrow}file_row_number AS _ibr_line, hash({self._columns}) AS _ibr_row_hash, {REASON}
                FROM {self._rows()}
            )
            SELECT *, row_number() OVER (
                PARTITION BY {identity} ORDER BY {REASON} IS NOT NULL, {latest}_ibr_row_hash
            ) AS _ibr_place
            FROM hashed
        """)
        self._con.execute(f"""
            CREATE OR REPLACE TEMP TABLE refused AS
            WITH reasons AS (
                SELECT _ibr_line, _ibr_row_hash,
                       CASE WHEN {REASON} IS NOT NULL THEN {REASON} WHEN {null_key} THEN 'KEY_MISSING'
                            ELSE 'KEY_REPEATED' END AS _ibr_reason
                FROM landed WHERE {REASON} IS NOT NULL OR {null_key} OR {repeated}
            )
            SELECT {self._columns}, _ibr_row_hash, {ORIGINAL}, _ibr_reason
            FROM {self._rows()} JOIN reasons ON _ibr_line = file_row_number
        """)
        self._con.execute(f"""
            CREATE OR REPLACE TEMP TABLE incoming AS
            SELECT * EXCLUDE ({REASON}) FROM landed
            WHERE {REASON} IS NULL AND NOT ({null_key}) AND NOT ({repeated})
        """)
        self._outcome.quarantined = self._count("refused")

    def _rows(self) -> str:
        path = literal(str(self._landing.rows_file(self._landed.name)))
        return f"read_parquet({path}, file_row_number = true)"

    def _telling_columns(self) -> list[str]:
        """The columns by which rows are told apart, and the later of two by."""
        return list(dict.fromkeys([*self._table.key, *([self._table.cursor] if self._table.cursor else [])]))

    def _identity(self, alias: str) -> str:
        if not self._table.key:
            return f"{alias}._ibr_row_hash"
        return ", ".join(f"{alias}.{quoted(k)}" for k in self._table.key)

    def _same(self, left: str, right: str) -> str:
        """The join condition by which two rows are one row of the source."""
        if not self._table.key:
            return f"{left}._ibr_row_hash = {right}._ibr_row_hash AND {left}._ibr_place = {right}._ibr_place"
        return " AND ".join(f"{left}.{quoted(k)} = {right}.{quoted(k)}" for k in self._table.key)

    def _find_changes(self) -> None:
        """`current` (the mirror with row ids), `changed` (to write) and `vanished` (to mark)."""
        place = "1" if self._table.key else (
            "row_number() OVER (PARTITION BY _ibr_row_hash, _ibr_deleted_at IS NULL ORDER BY rowid)"
        )
        keys = "".join(f", {quoted(k)}" for k in self._table.key)
        self._con.execute(f"""
            CREATE OR REPLACE TEMP TABLE current AS
            SELECT rowid AS row_id, _ibr_row_hash, _ibr_deleted_at, {place} AS _ibr_place{keys} FROM {self._mirror}
            {"" if self._table.key else "WHERE _ibr_deleted_at IS NULL"}
        """)
        self._con.execute(f"""
            CREATE OR REPLACE TEMP TABLE changed AS
            SELECT incoming._ibr_line, incoming._ibr_row_hash, current.row_id,
                   current._ibr_deleted_at AS was_deleted_at
            FROM incoming LEFT JOIN current ON {self._same("incoming", "current")}
            WHERE current.row_id IS NULL OR current._ibr_deleted_at IS NOT NULL
               OR current._ibr_row_hash <> incoming._ibr_row_hash
        """)
        present = "incoming"
        if self._landed.mode == "incremental":
            present = f"read_parquet({literal(str(self._landing.keys_file(self._landed.name)))})"
        # A row in quarantine is still in the source: the version we hold is its last good one.
        still_there = (
            f"AND NOT EXISTS (SELECT 1 FROM refused WHERE {self._same('refused', 'current')})"
            if self._table.key
            else ""
        )
        self._con.execute(f"""
            CREATE OR REPLACE TEMP TABLE vanished AS
            SELECT row_id FROM current
            WHERE _ibr_deleted_at IS NULL
              AND NOT EXISTS (SELECT 1 FROM {present} AS present WHERE {self._same("present", "current")})
              {still_there}
        """)

    def _guard_against_vanishing(self) -> None:
        """Stop where a table lost more rows than it may. Rows without a key cannot be followed: they are counted."""
        live, gone = self._count("current WHERE _ibr_deleted_at IS NULL"), self._count("vanished")
        if not self._table.key:
            gone = live - self._count("incoming")
        if gone > self._limits.tolerated_losses(live):
            raise ContractBroken(
                f"source {self._code}, table {self._landed.name}: {gone:,} of {live:,} rows have vanished, more than "
                f"the {self._limits.vanished_share:.0%} that limits.vanished_share allows; the last good mirror stays. "
                "If the program did delete them, raise the limit for one run"
            )

    def _apply(self) -> None:
        stamp = f"TIMESTAMPTZ {literal(self._loaded_at.isoformat())}"
        every_row = self._count("changed") == self._landed.rows
        only_changed = "" if every_row else "SEMI JOIN changed ON _ibr_line = file_row_number"
        bookkeeping = "_ibr_loaded_at, _ibr_run_id, _ibr_row_hash, _ibr_deleted_at"
        self._con.execute(f"""
            INSERT INTO {self._history} ({self._columns}, {bookkeeping}, _ibr_replaced_at)
            SELECT {self._columns}, {bookkeeping}, {stamp} FROM {self._mirror}
            WHERE rowid IN (SELECT row_id FROM changed WHERE row_id IS NOT NULL UNION ALL SELECT row_id FROM vanished)
        """)
        self._con.execute(f"""
            UPDATE {self._mirror} SET _ibr_deleted_at = {stamp}, _ibr_run_id = {literal(self._run_id)}
            WHERE rowid IN (SELECT row_id FROM vanished)
        """)
        self._con.execute(f"DELETE FROM {self._mirror} WHERE rowid IN (SELECT row_id FROM changed)")
        self._con.execute(f"""
            INSERT INTO {self._mirror} ({self._columns}, {bookkeeping})
            SELECT {self._columns}, {stamp}, {literal(self._run_id)}, hash({self._columns}), NULL
            FROM {self._rows()} {only_changed}
        """)
        self._outcome.inserted = self._count("changed WHERE row_id IS NULL OR was_deleted_at IS NOT NULL")
        self._outcome.updated = self._count("changed WHERE row_id IS NOT NULL AND was_deleted_at IS NULL")
        self._outcome.deleted = self._count("vanished")

    def _quarantine(self) -> None:
        """Rows refused in this run, with their original text, in place of what an earlier run refused."""
        self._con.execute(
            "DELETE FROM ops.rejected_rows WHERE stage = 'mirror' AND source = ? AND table_name = ?",
            [self._code, self._landed.name],
        )
        if not self._outcome.quarantined:
            return
        key = " || '/' || ".join(f"coalesce({quoted(k)}::VARCHAR, '')" for k in self._table.key) or "NULL"
        given = f"coalesce(_ibr_original, to_json(struct_pack({self._packed()}))::VARCHAR)"
        self._con.execute(
            f"INSERT INTO ops.rejected_rows SELECT ?, ?, ?, {key}, 'mirror', _ibr_reason, 'row_rejected', NULL, "
            f"{given}, ? FROM refused",
            [self._run_id, self._code, self._landed.name, self._loaded_at],
        )
        if self._outcome.quarantined > self._limits.tolerated_rows(self._landed.figures.rows):
            counted = self._con.execute("SELECT _ibr_reason, count(*) FROM refused GROUP BY 1 ORDER BY 1")
            reasons = dict(counted.fetchall())
            raise ContractBroken(
                f"source {self._code}, table {self._landed.name}: {self._outcome.quarantined:,} of "
                f"{self._landed.figures.rows:,} rows cannot be stored ({json.dumps(reasons)}), more "
                f"than the {self._limits.rejected_share:.0%} that "
                "limits.rejected_share allows; the last good mirror stays. Ask the program to mend them"
            )

    def _packed(self) -> str:
        return ", ".join(f"{quoted(c.name)} := {quoted(c.name)}" for c in self._landed.columns)

    def _count(self, relation: str) -> int:
        row = self._con.execute(f"SELECT count(*) FROM {relation}").fetchone()
        return row[0] if row else 0
