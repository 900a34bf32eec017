"""MySQL and MariaDB through DuckDB's scanner."""

import duckdb

from ibr.config import Source
from pipelines.replication.adapters.base import (
    MYSQL,
    NOT_REFUSED,
    Changes,
    Column,
    Figures,
    Since,
    no_such_table,
    where,
)
from warehouse.connection import literal, quoted


class MysqlAdapter:
    """A MySQL or MariaDB server, attached as `src` in one repeatable-read transaction."""

    def __init__(self, con: duckdb.DuckDBPyConnection, code: str, source: Source) -> None:
        self._con, self._code, self._source = con, code, source

    def tables(self) -> list[str]:
        return [name for _, name in self._listed()]

    def _listed(self) -> list[tuple[str, str]]:
        return self._con.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'src' UNION "
            "SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = 'src' AND NOT internal "
            "ORDER BY ALL"
        ).fetchall()

    def _found(self, table: str) -> tuple[str, str]:
        for schema, name in self._listed():
            if table in (name, f"{schema}.{name}"):
                return schema, name
        raise no_such_table(self._code, table, self.tables())

    def columns(self, table: str) -> list[Column]:
        schema, name = self._found(table)
        found = self._con.execute(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = 'src' AND schema_name = ? "
            "AND table_name = ? ORDER BY column_index",
            [schema, name],
        ).fetchall()
        return [Column(column, data_type) for column, data_type in found]

    def rows(self, table: str, columns: list[Column], since: Since | None) -> str:
        changed = None
        if since and since.cursor:
            name = quoted(since.cursor.name)
            value = f"CAST({literal(since.value or '')} AS {since.cursor.type})"
            changed = f"{name} >= {value} OR {name} IS NULL"
        return f"(SELECT *, {NOT_REFUSED} FROM {self._scanned(table)}{where(self._source.tables[table], changed)})"

    def keys(self, table: str, columns: list[Column]) -> str:
        config = self._source.tables[table]
        keys = ", ".join(quoted(key) for key in config.key)
        return f"(SELECT {keys} FROM {self._scanned(table)}{where(config)})"

    def _scanned(self, table: str) -> str:
        schema, name = self._found(table)
        return f"src.{quoted(schema)}.{quoted(name)}"

    def figures(self, table: str, columns: list[Column]) -> Figures:
        config = self._source.tables[table]
        place = f"{self._place(table)}{where(config)}"
        figures = MYSQL.named_figures(columns, self._ask(f"SELECT {MYSQL.measures(columns)} FROM {place}"))
        if config.key:
            keys = ", ".join(MYSQL.name(key) for key in config.key)
            figures.keys = self._ask(f"SELECT count(*) FROM (SELECT DISTINCT {keys} FROM {place}) k")[0]
        return figures

    def _place(self, table: str) -> str:
        schema, name = self._found(table)
        return f"{MYSQL.name(schema)}.{MYSQL.name(name)}"

    def position(self, table: str) -> str | None:
        return None

    def changes(self, table: str, position: str, rows: int) -> Changes:
        return Changes.UNKNOWN

    def _ask(self, query: str) -> tuple:
        """An answer of the server itself, which owes nothing to our reading of the rows."""
        row = self._con.execute(f"FROM mysql_query('src', {literal(query)})").fetchone()
        return row or ()
