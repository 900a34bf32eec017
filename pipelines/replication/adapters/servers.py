"""Database servers: attached read-only, in one snapshot."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote, unquote

import duckdb

from ibr.config import Source
from ibr.errors import SourceUnreachable
from pipelines.replication.adapters.base import Adapter, not_allowed
from pipelines.replication.adapters.mysql import MysqlAdapter
from pipelines.replication.adapters.postgres import PostgresAdapter
from warehouse.connection import literal, load_extension

MOST_READERS = 4  # connections over which a table is read at a time: somebody works on that server


@dataclass(frozen=True)
class _Server:
    extension: str
    adapter: Callable[[duckdb.DuckDBPyConnection, str, Source], Adapter]


_SERVERS = {"postgresql": _Server("postgres", PostgresAdapter), "mysql": _Server("mysql", MysqlAdapter)}


# What no further try can mend, in the drivers' words, and what to do about it.
_HOPELESS = (
    (
        r"authentication failed|no password supplied|Access denied for user|no pg_hba\.conf entry"
        r"|role .* does not exist|not permitted to log in",
        "refuses the login; check the user, the password in the environment or the key file, and that the account may "
        "connect from this machine",
    ),
    (
        r"database .* does not exist|Unknown database",
        "has no database of that name; mend the url in registry.yml",
    ),
    (
        r"SSL|TLS|certificate",
        "gives no encrypted connection as the url asks for it; check the options for TLS in registry.yml, and the "
        "server's certificate",
    ),
    (
        r"(?i:invalid (\S+ value|URI|dsn|connection option))",
        "is not asked: an option of its url is wrong; mend the url in registry.yml",
    ),
)
# An encrypted connection that was cut is one that was cut.
_CUT = re.compile(r"SSL SYSCALL|SSL connection has been closed|connection reset|eof detected", re.I)
# Of a server that was being read: it, or the way to it, went away, or it gave this session up.
_BROKEN_OFF = re.compile(
    r"server closed the connection|terminating connection|no connection to the server|could not receive data"
    r"|could not send data|connection reset|broken pipe|unexpected eof|SSL connection has been closed|SSL SYSCALL"
    r"|canceling statement|Lost connection|server has gone away|Connection was killed|execution was interrupted"
    r"|could not connect|unable to connect|failed to connect|connection refused|connection timed out"
    r"|No space left on device",
    re.I,
)
_OUR_DISK = re.compile(r"Could not write")


@contextmanager
def open_server(con: duckdb.DuckDBPyConnection, code: str, source: Source, scheme: str) -> Iterator[Adapter]:
    """Attach a server read-only, in one repeatable-read transaction.

    Raises SourceUnreachable where it does not answer, or goes away while it is read (both may pass), or refuses (that
    does not), and ContractBroken where the account may not read a table.
    """
    server = _SERVERS[scheme]
    load_extension(con, server.extension)
    con.execute(f"SET threads = {min(MOST_READERS, _threads(con))}")
    if server.extension == "mysql":
        con.execute("SET mysql_tinyint1_as_boolean = false")  # such a column may hold more than nought and one
    place, url = f"source {code}: the {scheme} server at {_host(source.url)}", _for_driver(source.url)
    try:
        con.execute(f"ATTACH {literal(url)} AS src (TYPE {server.extension}, READ_ONLY)")
        con.execute("BEGIN TRANSACTION")  # one repeatable-read snapshot for all tables
    except duckdb.InterruptException:
        raise
    except duckdb.Error as error:
        raise _cannot_open(place, url, error) from None
    try:
        yield server.adapter(con, code, source)
    except duckdb.InterruptException:
        raise
    except duckdb.Error as error:
        if denied := re.search(r"permission denied for (\w+ \w+)|(?:SELECT|select) command denied", str(error)):
            raise not_allowed(code, denied[1] or "a table") from None
        if _OUR_DISK.search(str(error)):
            raise
        if not _BROKEN_OFF.search(str(error)) and _answers(url, server.extension):
            raise  # not the server's doing
        raise SourceUnreachable(
            f"{place} broke off while it was read; look at its log, and at the network", may_pass=True
        ) from None
    finally:
        _leave(con)


def _threads(con: duckdb.DuckDBPyConnection) -> int:
    row = con.execute("SELECT current_setting('threads')").fetchone()
    return int(row[0]) if row else 1


def _for_driver(url: str) -> str:
    """A URL as its driver takes it: MySQL's wants `ssl-mode` for what MySQL calls ssl_mode, and paths encoded."""
    place, has_options, options = url.partition("?")
    if not has_options or not url.startswith("mysql:"):
        return url
    written = []
    for option in options.split("&"):
        name, _, value = option.partition("=")
        written.append(f"{name.replace('_', '-')}={quote(unquote(value), safe='')}")
    return f"{place}?{'&'.join(written)}"


def _cannot_open(place: str, url: str, error: duckdb.Error) -> SourceUnreachable:
    """Why a server cannot be opened; its driver's own words may hold the password, so they are not repeated."""
    words = str(error).replace(url, "")
    for pattern, told in _HOPELESS:
        if re.search(pattern, words) and not _CUT.search(words):
            return SourceUnreachable(f"{place} {told}")
    return SourceUnreachable(f"{place} does not answer; check that it runs, and the network", may_pass=True)


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
