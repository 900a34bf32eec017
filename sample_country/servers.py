"""The sample country's databases on a server: a database for each SQLite file, with the same tables, keys and rows.

The files stay what is written first, and what time passes in; afterwards the server is brought to what they hold, row
by row, so that a row nobody changed stays the row it was.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb

from warehouse.connection import connect, literal, load_extension, quoted


class UnusableServer(Exception):
    """The server does not answer, or does not let the account make databases."""


@dataclass(frozen=True)
class Server:
    """A kind of server: how DuckDB calls it, its quotation mark, and its types for SQLite's."""

    extension: str
    mark: str
    types: dict[str, str]
    key_text: str
    delete: str

    def name(self, identifier: str) -> str:
        """An identifier, quoted."""
        return self.mark + identifier + self.mark


SERVERS = {
    "postgres": Server(
        "postgres", '"', {"INTEGER": "bigint", "REAL": "double precision", "TEXT": "text"}, "text",
        "DELETE FROM {table} t USING {gone} g WHERE {same}",
    ),
    "mysql": Server(
        "mysql", "`", {"INTEGER": "bigint", "REAL": "double", "TEXT": "text"}, "varchar(120)",
        "DELETE t FROM {table} t JOIN {gone} g ON {same}",
    ),
}  # fmt: skip
_GONE = "ibr_rows_to_replace"


def load(databases: list[Path], kind: str, url: str, say: Callable[[str], None]) -> dict[str, str]:
    """Bring the databases of the server at `url` (an account that may make databases) to what the files hold.

    Returns the URL of each, by the file's name without its ending. Raises UnusableServer.
    """
    server, urls = SERVERS[kind], {}
    for file in databases:
        urls[file.stem] = _of_database(url, file.stem)
        with connect(":memory:") as con:
            load_extension(con, server.extension)
            load_extension(con, "sqlite")
            con.execute(f"ATTACH {literal(str(file))} AS files (TYPE sqlite, READ_ONLY)")
            try:
                _make_database(con, server, url, file.stem)
            except duckdb.Error:  # its words may hold the password
                raise UnusableServer(
                    f"the {kind} server does not answer, or the account may not make databases"
                ) from None
            con.execute(f"ATTACH {literal(urls[file.stem])} AS server (TYPE {server.extension})")
            with closing(sqlite3.connect(file)) as native:
                for table, columns in _tables(native).items():
                    _bring(con, server, table, columns)
        say(f"{file.stem} on the server")
    return urls


def _of_database(url: str, name: str) -> str:
    """The URL of another database of the same server."""
    place, _, options = url.partition("?")
    scheme, _, rest = place.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}/{name}{'?' + options if options else ''}"


def _make_database(con: duckdb.DuckDBPyConnection, server: Server, url: str, name: str) -> None:
    con.execute(f"ATTACH {literal(url)} AS all_of_it (TYPE {server.extension})")
    if server.extension == "mysql":
        con.execute(f"CALL mysql_execute('all_of_it', 'CREATE DATABASE IF NOT EXISTS `{name}` CHARACTER SET utf8mb4')")
    else:
        there = "SELECT count(*) AS n FROM pg_database WHERE datname = " + literal(name)
        if con.execute(f"FROM postgres_query('all_of_it', {literal(there)})").fetchone() == (0,):
            con.execute(f"CALL postgres_execute('all_of_it', 'CREATE DATABASE \"{name}\"', use_transaction = false)")
    con.execute("DETACH all_of_it")


def _tables(native: sqlite3.Connection) -> dict[str, list[tuple[str, str, int]]]:
    """Of each table its columns: name, type, place in the primary key (0: none)."""
    names = native.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
    return {
        name: native.execute("SELECT name, upper(type), pk FROM pragma_table_info(?) ORDER BY cid", [name]).fetchall()
        for (name,) in names
    }


def _bring(con: duckdb.DuckDBPyConnection, server: Server, table: str, columns: list[tuple[str, str, int]]) -> None:
    """One table of the server to what its file holds."""
    key = [name for name, _, place in sorted(columns, key=lambda column: column[2]) if place]
    definitions = [f"{server.name(n)} {server.key_text if place and kind == 'TEXT' else server.types[kind]}"
                   for n, kind, place in columns]  # fmt: skip
    if key:
        definitions.append(f"PRIMARY KEY ({', '.join(map(server.name, key))})")
    _execute(con, server, f"CREATE TABLE IF NOT EXISTS {server.name(table)} ({', '.join(definitions)})")
    mine, theirs = f"files.{quoted(table)}", f"server.{quoted(table)}"
    con.execute(f"CREATE OR REPLACE TEMP TABLE new_rows AS (FROM {mine} EXCEPT ALL FROM {theirs})")
    keys = ", ".join(quoted(name) for name in key) or "*"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE old_rows AS SELECT DISTINCT {keys} FROM (FROM {theirs} EXCEPT ALL FROM {mine})"
    )
    if con.execute("SELECT count(*) FROM old_rows").fetchone() != (0,):
        _execute(con, server, f"DROP TABLE IF EXISTS {_GONE}")
        con.execute(f"CREATE TABLE server.{_GONE} AS FROM old_rows")
        same = " AND ".join(f"t.{server.name(n)} = g.{server.name(n)}" for n in key or [n for n, *_ in columns])
        _execute(con, server, server.delete.format(table=server.name(table), gone=_GONE, same=same))
        _execute(con, server, f"DROP TABLE {_GONE}")
    con.execute(f"INSERT INTO {theirs} FROM new_rows")


def _execute(con: duckdb.DuckDBPyConnection, server: Server, statement: str) -> None:
    """A statement of the server's own; DuckDB then has to look anew at which tables there are."""
    con.execute(f"CALL {server.extension}_execute('server', {literal(statement)})")
    con.execute(f"CALL {'pg' if server.extension == 'postgres' else server.extension}_clear_cache()")
