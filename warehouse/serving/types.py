"""What a column of a publication becomes in PostgreSQL."""

import re

from warehouse.connection import quoted

_SCALARS = {
    "BOOLEAN": "boolean", "TINYINT": "smallint", "SMALLINT": "smallint", "INTEGER": "integer", "BIGINT": "bigint",
    "UTINYINT": "smallint", "USMALLINT": "integer", "UINTEGER": "bigint", "UBIGINT": "numeric(20)",
    "HUGEINT": "numeric(39)", "UHUGEINT": "numeric(39)", "FLOAT": "real", "DOUBLE": "double precision",
    "VARCHAR": "text", "BLOB": "bytea", "UUID": "uuid", "DATE": "date", "TIME": "time", "INTERVAL": "interval",
    "TIMESTAMP": "timestamp", "TIMESTAMP_S": "timestamp", "TIMESTAMP_MS": "timestamp", "TIMESTAMP_NS": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz", "JSON": "jsonb",
}  # fmt: skip
_DECIMAL = re.compile(r"DECIMAL(\(\d+,\s*\d+\))")
_TEXT = "text"
_NESTED = "jsonb"


def postgres_type(duckdb_type: str) -> str:
    """PostgreSQL's type: the same kind and precision, an array for a list of plain values, jsonb for what is nested."""
    if match := _DECIMAL.fullmatch(duckdb_type):
        return f"numeric{match[1]}"
    if duckdb_type in _SCALARS:
        return _SCALARS[duckdb_type]
    if duckdb_type.startswith("ENUM("):
        return _TEXT
    element = postgres_type(duckdb_type.removesuffix("[]")) if duckdb_type.endswith("[]") else _NESTED
    return _NESTED if element == _NESTED or element.endswith("[]") else f"{element}[]"


def expression(name: str, duckdb_type: str) -> str:
    """DuckDB's SQL for a column on its way there."""
    kind, column = postgres_type(duckdb_type), quoted(name)
    if kind == _NESTED and duckdb_type != "JSON":
        return f"to_json({column})"
    if kind == _TEXT:
        return f"replace({column}::VARCHAR, chr(0), '')"  # a sign that PostgreSQL keeps in no text
    return column
