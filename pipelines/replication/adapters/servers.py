"""PostgreSQL, MySQL and MariaDB servers."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from ibr.config import Source
from ibr.errors import SourceUnreachable
from pipelines.replication.adapters.base import (
    Adapter,
    Column,
    Figures,
    measures,
    named_figures,
    no_such_table,
    where,
)
from warehouse.connection import literal, load_extension, quoted

_SERVERS = {"postgresql": "postgres", "mysql": "mysql"}


@contextmanager
def open_server(con: duckdb.DuckDBPyConnection, code: str, source: Source, scheme: str) -> Iterator[Adapter]:
    """Attach a server read-only, in one repeatable-read transaction; raises SourceUnreachable."""
    extension = _SERVERS[scheme]
    load_extension(con, extension)
    try:
        con.execute(f"ATTACH {literal(_connection_string(source.url, scheme))} AS src (TYPE {extension}, READ_ONLY)")
        con.execute("BEGIN TRANSACTION")  # one repeatable-read snapshot for all tables
    except duckdb.Error:
        # The driver's own words may hold the password, so they are not repeated.
        raise SourceUnreachable(
            f"source {code}: the {scheme} server at {_host(source.url)} does not answer or refuses the login; "
            "check that it runs, the network, and the credentials in the environment"
        ) from None
    try:
        yield ServerAdapter(con, code, source, extension)
    finally:
        con.execute("ROLLBACK")
        con.execute("DETACH src")


def _connection_string(url: str, scheme: str) -> str:
    return url if scheme == "postgresql" else url.replace("mysql://", "mysql:", 1) if "//" not in url else url


def _host(url: str) -> str:
    return re.sub(r"^[a-z]+:/*([^/@]*@)?", "", url).split("/")[0].split("?")[0] or "its socket"


class ServerAdapter:
    """PostgreSQL, MySQL or MariaDB through DuckDB's scanner: types arrive exact."""

    def __init__(self, con: duckdb.DuckDBPyConnection, code: str, source: Source, extension: str) -> None:
        self._con, self._code, self._source, self._extension = con, code, source, extension

    def columns(self, table: str) -> list[Column]:
        schema, name = self._place(table)
        found = self._con.execute(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = 'src' AND schema_name = ? "
            "AND table_name = ? ORDER BY column_index",
            [schema, name],
        ).fetchall()
        return [Column(column, data_type) for column, data_type in found]

    def _place(self, table: str) -> tuple[str, str]:
        """The schema and name of a table given as `name` or `schema.name`."""
        rows = self._con.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'src' UNION ALL "
            "SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = 'src' AND NOT internal"
        ).fetchall()
        for schema, name in rows:
            if table in (name, f"{schema}.{name}"):
                return schema, name
        raise no_such_table(self._code, table, sorted(name for _, name in rows))

    def relation(self, table: str) -> str:
        schema, name = self._place(table)
        return f"src.{quoted(schema)}.{quoted(name)}{where(self._source.tables[table])}"

    def reads_text(self) -> bool:
        return False

    def refuses_rows(self) -> bool:
        return False

    def figures(self, table: str, columns: list[Column]) -> Figures:
        config = self._source.tables[table]
        schema, name = self._place(table)
        mark = "`" if self._extension == "mysql" else '"'
        place = f"{mark}{schema}{mark}.{mark}{name}{mark}"
        row = self._ask(f"SELECT {measures(columns, self._extension)} FROM {place}{where(config)}")
        figures = named_figures(columns, row)
        if config.key:
            keys = ", ".join(mark + key + mark for key in config.key)
            figures.keys = self._ask(f"SELECT count(*) FROM (SELECT DISTINCT {keys} FROM {place}{where(config)}) k")[0]
        return figures

    def _ask(self, query: str) -> tuple:
        """Run a query on the server itself, so that its answer owes nothing to our reading of the rows."""
        row = self._con.execute(f"FROM {self._extension}_query('src', {literal(query)})").fetchone()
        return row or ()
