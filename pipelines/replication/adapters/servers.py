"""Database servers: attached read-only, in one snapshot."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb

from ibr.config import Source
from ibr.errors import ContractBroken, SourceUnreachable
from pipelines.replication.adapters.base import Adapter
from pipelines.replication.adapters.mysql import MysqlAdapter
from pipelines.replication.adapters.postgres import PostgresAdapter
from warehouse.connection import literal, load_extension

MOST_READERS = 4  # connections over which a table is read at a time: somebody works on that server


@dataclass(frozen=True)
class _Server:
    extension: str
    adapter: Callable[[duckdb.DuckDBPyConnection, str, Source], Adapter]


_SERVERS = {"postgresql": _Server("postgres", PostgresAdapter), "mysql": _Server("mysql", MysqlAdapter)}


@contextmanager
def open_server(con: duckdb.DuckDBPyConnection, code: str, source: Source, scheme: str) -> Iterator[Adapter]:
    """Attach a server read-only, in one repeatable-read transaction.

    Raises SourceUnreachable where it does not answer, or goes away while it is read (that may pass), and ContractBroken
    where the account may not read a table.
    """
    server = _SERVERS[scheme]
    load_extension(con, server.extension)
    con.execute(f"SET threads = {min(MOST_READERS, _threads(con))}")
    if server.extension == "mysql":
        con.execute("SET mysql_tinyint1_as_boolean = false")  # such a column may hold more than nought and one
    try:
        con.execute(f"ATTACH {literal(source.url)} AS src (TYPE {server.extension}, READ_ONLY)")
        con.execute("BEGIN TRANSACTION")  # one repeatable-read snapshot for all tables
    except duckdb.Error:
        # The driver's own words may hold the password, so they are not repeated.
        raise SourceUnreachable(
            f"source {code}: the {scheme} server at {_host(source.url)} does not answer or refuses the login; "
            "check that it runs, the network, and the credentials in the environment or the key file",
            may_pass=True,
        ) from None
    try:
        yield server.adapter(con, code, source)
    except duckdb.InterruptException:
        raise
    except duckdb.Error as error:
        if denied := re.search(r"permission denied for (\w+ \w+)|(?:SELECT|select) command denied", str(error)):
            raise ContractBroken(
                f"source {code}: the account may not read {denied[1] or 'a table'}; ask for the right to read every "
                "table that registry.yml names, or leave the table out"
            ) from None
        if _answers(source.url, server.extension):
            raise  # not the server's doing
        raise SourceUnreachable(
            f"source {code}: the {scheme} server at {_host(source.url)} broke off while it was read; look at its log",
            may_pass=True,
        ) from None
    finally:
        _leave(con)


def _threads(con: duckdb.DuckDBPyConnection) -> int:
    row = con.execute("SELECT current_setting('threads')").fetchone()
    return int(row[0]) if row else 1


def _answers(url: str, extension: str) -> bool:
    """Whether the server can be reached now."""
    with duckdb.connect() as con:
        load_extension(con, extension)
        try:
            con.execute(f"ATTACH {literal(url)} AS src (TYPE {extension}, READ_ONLY)")
        except duckdb.Error:
            return False
        return True


def _leave(con: duckdb.DuckDBPyConnection) -> None:
    for statement in ("ROLLBACK", "DETACH src"):
        try:
            con.execute(statement)
        except duckdb.Error:  # a server that is gone cannot be taken leave of
            continue


def _host(url: str) -> str:
    return re.sub(r"^[a-z]+:/*([^/@]*@)?", "", url).split("/")[0].split("?")[0] or "its socket"
