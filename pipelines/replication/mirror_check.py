"""Rows of a mirror that somebody changed behind its back: found by their hash, put right, recorded.

Each live row keeps the hash of what its source sent. Where a row's content has another one, it was changed in the
warehouse itself. Every whole comparison looks for such rows before it merges, and for rows too many or too few.
"""

import datetime as dt
from dataclasses import dataclass

import duckdb

from pipelines.replication.adapters import Column, row_hash
from pipelines.replication.watermarks import Watermark
from warehouse.connection import quoted


@dataclass(frozen=True)
class Mirror:
    """One mirror table. `relation`: its SQL name; `columns`: in the order in which they are hashed; `key`: of these."""

    source: str
    table: str
    relation: str
    columns: list[Column]
    key: list[str]

    @property
    def listed(self) -> str:
        return ", ".join(quoted(column.name) for column in self.columns)

    @property
    def content_hash(self) -> str:
        return row_hash(self.columns)

    @property
    def key_text(self) -> str:
        return " || '/' || ".join(f"coalesce({quoted(name)}::VARCHAR, '')" for name in self.key) or "NULL"


def hashed_like(con: duckdb.DuckDBPyConnection) -> str:
    """DuckDB's hash of a known value, kept beside hashes of rows: another release may hash otherwise."""
    return str((con.execute("SELECT hash('ibr', 1)").fetchone() or ("",))[0])


def put_right(
    con: duckdb.DuckDBPyConnection,
    mirror: Mirror,
    landed: str,
    before: Watermark,
    *,
    run_id: str,
    found_at: dt.datetime,
) -> int:
    """Undo what was changed in a mirror itself, before a landing of the whole table is merged; how many rows.

    A row that the source still has as it was gets its content back, and keeps its place in time. Of any other the
    content that was found goes the way of all changes: to the history. Rows that are missing come back with the merge.
    `landed`: a FROM clause with its rows; `before`: how the last merge left the table. Each finding is recorded in
    `ops.altered_rows`, by key alone.
    """
    count = 0

    def record(found: str, rows: str) -> None:
        nonlocal count
        told = con.execute(
            f"INSERT INTO ops.altered_rows SELECT ?, ?, ?, source_key, ?, rows, ? FROM ({rows}) WHERE rows > 0 "
            "RETURNING rows",
            [run_id, mirror.source, mirror.table, found, found_at],
        ).fetchall()
        count += sum(rows for (rows,) in told)

    live = f"SELECT count(*) FROM {mirror.relation} WHERE _ibr_deleted_at IS NULL"
    record("missing", f"SELECT NULL AS source_key, {before.rows} - ({live}) AS rows")
    if mirror.key:
        _find_repeated(con, mirror)
        record("added", "SELECT source_key, 1 AS rows FROM repeated")
        con.execute(f"DELETE FROM {mirror.relation} WHERE rowid IN (SELECT row_id FROM repeated)")
    _find_altered(con, mirror)
    if before.hashed_like == hashed_like(con):
        record("changed", "SELECT source_key, 1 AS rows FROM altered")
        _restore(con, mirror, landed)
    _renew_hashes(con, mirror)
    return count


def _find_repeated(con: duckdb.DuckDBPyConnection, mirror: Mirror) -> None:
    """`repeated`: rows beyond the first of a key; a mirror has one for each."""
    keys = ", ".join(quoted(name) for name in mirror.key)
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE repeated AS
        SELECT rowid AS row_id, {mirror.key_text} AS source_key FROM {mirror.relation}
        WHERE ({keys}) IN (SELECT ({keys}) FROM {mirror.relation} GROUP BY ALL HAVING count(*) > 1)
        QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY _ibr_deleted_at IS NOT NULL, rowid) > 1
    """)


def _find_altered(con: duckdb.DuckDBPyConnection, mirror: Mirror) -> None:
    """`altered`: live rows whose content is not what was sent."""
    content = mirror.content_hash
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE altered AS
        SELECT rowid AS row_id, {mirror.key_text} AS source_key, _ibr_row_hash AS sent_hash, {content} AS found_hash
        FROM {mirror.relation} WHERE _ibr_deleted_at IS NULL AND _ibr_row_hash IS DISTINCT FROM {content}
    """)


def _restore(con: duckdb.DuckDBPyConnection, mirror: Mirror, landed: str) -> None:
    """Give rows their content back where the source sent it again."""
    content = mirror.content_hash
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE restored AS
        SELECT row_id, {", ".join(f"sent.{quoted(column.name)}" for column in mirror.columns)}
        FROM altered JOIN (
            SELECT DISTINCT ON (sent_hash) {mirror.listed}, {content} AS sent_hash
            FROM {landed} WHERE {content} IN (SELECT sent_hash FROM altered)
        ) AS sent USING (sent_hash)
    """)
    assignments = ", ".join(f"{quoted(c.name)} = restored.{quoted(c.name)}" for c in mirror.columns)
    con.execute(
        f"UPDATE {mirror.relation} AS mirror SET {assignments} FROM restored WHERE mirror.rowid = restored.row_id"
    )
    con.execute("DELETE FROM altered WHERE row_id IN (SELECT row_id FROM restored)")


def _renew_hashes(con: duckdb.DuckDBPyConnection, mirror: Mirror) -> None:
    """The others get the hash of what they are, so that the merge sees whether the source has something else."""
    con.execute(
        f"UPDATE {mirror.relation} AS mirror SET _ibr_row_hash = altered.found_hash FROM altered "
        "WHERE mirror.rowid = altered.row_id"
    )
