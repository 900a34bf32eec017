"""A digest of all rows of a table that a server and DuckDB compute alike, each over what it holds itself.

Of each row the columns whose every value both write the same way; SHA-256 over them, of which 60 bits are summed over
the rows, in whatever order they come.
"""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from pipelines.replication.adapters.base import DUCKDB, Column

_NOTHING, _NEXT = "chr(30)", "chr(31)"  # for null, and behind each value: ASCII's record and unit separators


@runtime_checkable
class Digesting(Protocol):
    """An adapter whose server can compute the digest."""

    def digest(self, table: str, columns: list[Column]) -> str | None:
        """The digest of a table's rows, in the snapshot that `rows` reads; None where this server cannot."""


def duckdb_digest(columns: list[Column]) -> str:
    """SQL: the digest of the rows of a relation of DuckDB."""
    row = _row(columns, {c.name: DUCKDB.name(c.name) for c in columns}, _in_duckdb)
    return f"coalesce(sum(('0x' || left(sha256({row}), 15))::BIGINT), 0)::VARCHAR"


def postgres_digest(columns: list[Column], values: dict[str, str]) -> str:
    """SQL: the same for PostgreSQL 11 or later; `values`: the SQL that reads each column."""
    row = _row(columns, values, _in_postgres)
    # Not md5: a server in FIPS mode has none. And in UTF-8, whatever the database is in.
    digits = f"left(encode(sha256(convert_to({row}, 'UTF8')), 'hex'), 15)"
    return f"coalesce(sum(('x' || {digits})::bit(60)::bigint), 0)::text"


def _row(columns: list[Column], values: dict[str, str], written: Callable[[Column, str], str | None]) -> str:
    texts = [written(column, values[column.name]) for column in columns]
    return " || ".join(f"coalesce({text}, {_NOTHING}) || {_NEXT}" for text in texts if text) or "''"


def _in_duckdb(column: Column, value: str) -> str | None:
    if _is_plain(column):
        return f"{value}::VARCHAR"
    return {
        "BOOLEAN": f"{value}::INTEGER::VARCHAR",
        "BLOB": f"lower(hex({value}))",
        "DATE": f"CASE WHEN isfinite({value}) THEN ({value} - DATE '1970-01-01')::VARCHAR ELSE {value}::VARCHAR END",
        "TIMESTAMP": f"CASE WHEN isfinite({value}) THEN epoch_us({value})::VARCHAR ELSE {value}::VARCHAR END",
        "TIMESTAMP WITH TIME ZONE":
            f"CASE WHEN isfinite({value}) THEN epoch_us({value})::VARCHAR ELSE {value}::VARCHAR END",
    }.get(column.type)  # fmt: skip


def _in_postgres(column: Column, value: str) -> str | None:
    if _is_plain(column):
        return f"({value})::text"
    micros = f"(extract(epoch FROM {value}) * 1000000)::bigint::text"
    return {
        "BOOLEAN": f"({value})::int::text",
        "BLOB": f"encode({value}, 'hex')",
        "DATE": f"CASE WHEN isfinite({value}) THEN ({value} - date '1970-01-01')::text ELSE ({value})::text END",
        "TIMESTAMP": f"CASE WHEN isfinite({value}) THEN {micros} ELSE ({value})::text END",
        "TIMESTAMP WITH TIME ZONE": f"CASE WHEN isfinite({value}) THEN {micros} ELSE ({value})::text END",
    }.get(column.type)


def _is_plain(column: Column) -> bool:
    """Whether its text is the same everywhere: whole numbers, decimals, texts, UUIDs."""
    return column.is_text or column.type == "UUID" or (column.is_numeric and column.type not in ("DOUBLE", "FLOAT"))
