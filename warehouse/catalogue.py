"""The tables of a DuckDB file, with what is said of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from warehouse.connection import literal, quoted

_COLUMNS = """
WITH described AS (
    SELECT schema_name, table_name, comment FROM duckdb_tables() WHERE database_name = $database
    UNION ALL
    SELECT schema_name, view_name, comment FROM duckdb_views() WHERE database_name = $database
)
SELECT
    columns.schema_name, columns.table_name, described.comment,
    list({name: columns.column_name, comment: columns.comment} ORDER BY columns.column_index)
FROM duckdb_columns() AS columns INNER JOIN described USING (schema_name, table_name)
WHERE columns.database_name = $database AND list_contains($schemas::VARCHAR[], columns.schema_name)
GROUP BY ALL
ORDER BY ALL
"""


@dataclass(frozen=True)
class Column:
    """A column and its comment."""

    name: str
    comment: str | None = None


@dataclass(frozen=True)
class Table:
    """A table or view, its comment and its columns in their order."""

    schema: str
    name: str
    comment: str | None
    columns: tuple[Column, ...]

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]

    def in_database(self, database: str) -> str:
        """Its whole name in SQL."""
        return ".".join(quoted(part) for part in (database, self.schema, self.name))


def tables_of(con: duckdb.DuckDBPyConnection, database: str, schemas: Sequence[str]) -> list[Table]:
    """Every table and view of some schemas of an attached database, by name."""
    found = con.execute(_COLUMNS, {"database": database, "schemas": list(schemas)}).fetchall()
    return [
        Table(schema, name, comment, tuple(Column(column["name"], column["comment"]) for column in columns))
        for schema, name, comment, columns in found
    ]


def rows_of(con: duckdb.DuckDBPyConnection, database: str) -> dict[tuple[str, str], int]:
    """How many rows each table of an attached database has, by schema and name."""
    tables = con.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ? AND NOT internal", [database]
    ).fetchall()
    counted = {}
    for table in tables:
        place = ".".join(quoted(part) for part in (database, *table))
        row = con.execute(f"SELECT count(*) FROM {place}").fetchone()
        counted[table] = int(row[0]) if row else 0
    return counted


def comments(table: Table, place: str) -> str:
    """SQL that says of the table at `place` what is said of `table`; nothing, where nothing is."""
    statements = [
        f"COMMENT ON COLUMN {place}.{quoted(column.name)} IS {literal(column.comment)}"
        for column in table.columns if column.comment
    ]  # fmt: skip
    if table.comment:
        statements.append(f"COMMENT ON TABLE {place} IS {literal(table.comment)}")
    return "; ".join(statements)
