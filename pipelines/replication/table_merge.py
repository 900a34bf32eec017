"""Merging one table of a landing into its mirror, and comparing the two.

Only changed rows are written. The version a row had before goes to the history; a row that has left the source keeps
its place with `_ibr_deleted_at` set. Rows that cannot be told apart by their key, or hold a number that is none, go to
quarantine.
"""

import datetime as dt
import json
from dataclasses import dataclass

import duckdb

from ibr.config import Source, Table
from ibr.errors import ContractBroken
from pipelines.replication import mirror_check, reconciliation
from pipelines.replication.adapters import ORIGINAL, REASON, row_hash
from pipelines.replication.landed import LandedTable, Landing
from pipelines.replication.names import history_schema, mirror_schema
from pipelines.replication.reconciliation import Comparison
from pipelines.replication.watermarks import Watermark
from warehouse.connection import literal, quoted

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


class TableMerge:
    """The steps for one table, on temporary tables `incoming` (rows to store) and `refused`; `run`, then `compare`."""

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
        self._mirror = f"{mirror_schema(code)}.{quoted(landed.name)}"
        self._history = f"{history_schema(code)}.{quoted(landed.name)}"
        self._columns = ", ".join(quoted(c.name) for c in landed.columns)
        self._row_hash = row_hash(landed.columns)
        self._rows = landing.rows_of(landed.name)
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
            rows = self._landing.rows_of(self._landed.name)
            comparisons += reconciliation.compare_whole(self._con, self._landed, rows, everything)
        return comparisons

    def _put_right(self) -> None:
        """Before a whole comparison, what was changed in the mirror itself; not where its shape has changed since."""
        if not self._landed.is_compared or not self._before:
            return
        if not self._before.fits(self._table, self._landed.columns):
            return
        mirror = mirror_check.Mirror(
            self._code, self._landed.name, self._mirror, self._landed.columns, self._table.key
        )
        landed = self._landing.rows_of(self._landed.name)
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
                SELECT {narrow}file_row_number AS _ibr_line, {self._row_hash} AS _ibr_row_hash, {REASON}
                FROM {self._rows}
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
            FROM {self._rows} JOIN reasons ON _ibr_line = file_row_number
        """)
        self._con.execute(f"""
            CREATE OR REPLACE TEMP TABLE incoming AS
            SELECT * EXCLUDE ({REASON}) FROM landed
            WHERE {REASON} IS NULL AND NOT ({null_key}) AND NOT ({repeated})
        """)
        self._outcome.quarantined = self._count("refused")

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
            present = self._landing.keys_of(self._landed.name, self._table.key)
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
            SELECT {self._columns}, {stamp}, {literal(self._run_id)}, {self._row_hash}, NULL
            FROM {self._rows} {only_changed}
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
