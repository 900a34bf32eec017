"""MySQL and MariaDB through DuckDB's scanner.

Types arrive exact, but for decimals of more than 38 digits, which DuckDB makes floats of, and for the date 0000-00-00,
which is null. Only the scanner reads in the transaction's snapshot; what `mysql_query` asks is answered from outside
it. So figures are counted through the scanner, and checksums of tables are taken before the snapshot: what is written
in between is found by the next run.
"""

import duckdb

from ibr.config import Source
from pipelines.replication.adapters.base import (
    DUCKDB,
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
        self._database = self._all("SELECT database() AS name")[0][0]
        stored = set(self.tables())
        self._checksums = {table: self._checksum(table) if table in stored else None for table in source.tables}

    def tables(self) -> list[str]:
        rows = self._all(
            "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = database() "
            "AND table_type = 'BASE TABLE' ORDER BY table_name"
        )
        return [name for (name,) in rows]

    def proposed_key(self, table: str) -> list[str]:
        schema, name = self._found(table)
        keys = self._all(
            "SELECT group_concat(s.column_name ORDER BY s.seq_in_index SEPARATOR '\x1f') AS columns "
            "FROM information_schema.statistics s JOIN information_schema.columns c "
            "USING (table_schema, table_name, column_name) "
            f"WHERE s.table_schema = {literal(schema)} AND s.table_name = {literal(name)} AND s.non_unique = 0 "
            "GROUP BY s.index_name HAVING max(c.is_nullable = 'YES' OR s.sub_part IS NOT NULL) = 0 "
            "ORDER BY s.index_name <> 'PRIMARY', count(*), s.index_name LIMIT 1"
        )
        return str(keys[0][0]).split("\x1f") if keys else []

    def proposed_cursor(self, table: str) -> str | None:
        schema, name = self._found(table)
        moved = self._all(
            f"SELECT column_name AS name FROM information_schema.columns WHERE table_schema = {literal(schema)} "
            f"AND table_name = {literal(name)} AND is_nullable = 'NO' AND extra LIKE '%on update current_timestamp%' "
            "ORDER BY ordinal_position LIMIT 1"
        )
        return moved[0][0] if moved else None

    def _listed(self) -> list[tuple[str, str]]:
        return self._con.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'src' UNION "
            "SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = 'src' AND NOT internal "
            "ORDER BY ALL"
        ).fetchall()

    def _found(self, table: str) -> tuple[str, str]:
        """Database and name of a table given as `name`, in the database that the URL names, or `database.name`."""
        for schema, name in self._listed():
            if table == f"{schema}.{name}" or (table == name and schema == self._database):
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
        names = ", ".join(quoted(column.name) for column in columns)
        condition = where(self._source.tables[table], changed)
        return f"(SELECT {names}, {NOT_REFUSED} FROM {self._scanned(table)}{condition})"

    def keys(self, table: str, columns: list[Column]) -> str:
        config = self._source.tables[table]
        keys = ", ".join(quoted(key) for key in config.key)
        return f"(SELECT {keys} FROM {self._scanned(table)}{where(config)})"

    def _scanned(self, table: str) -> str:
        schema, name = self._found(table)
        return f"src.{quoted(schema)}.{quoted(name)}"

    def figures(self, table: str, columns: list[Column]) -> Figures:
        config = self._source.tables[table]
        place = f"{self._scanned(table)}{where(config)}"
        counted = self._con.execute(f"SELECT {DUCKDB.measures(columns)} FROM {place}").fetchone()
        figures = DUCKDB.named_figures(columns, counted)
        if config.key:
            keys = ", ".join(quoted(key) for key in config.key)
            row = self._con.execute(f"SELECT count(*) FROM (SELECT DISTINCT {keys} FROM {place})").fetchone()
            figures.keys = row[0] if row else None
        return figures

    def position(self, table: str) -> str | None:
        return self._checksums[table]

    def changes(self, table: str, position: str, rows: int) -> Changes:
        return Changes.NONE if position == self._checksums[table] else Changes.UNKNOWN

    def _checksum(self, table: str) -> str | None:
        """The server's checksum of all rows; None for tables that have none."""
        schema, name = self._found(table)
        place = ".".join("`" + part.replace("`", "``") + "`" for part in (schema, name))
        found = self._all(f"CHECKSUM TABLE {place}")
        return str(found[0][1]) if found and found[0][1] is not None else None

    def _all(self, query: str) -> list[tuple]:
        return self._con.execute(f"FROM mysql_query('src', {literal(query)})").fetchall()
