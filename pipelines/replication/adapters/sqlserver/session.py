"""A session on a SQL Server: where it is, how it is opened, and what it answers, one question at a time.

Microsoft's driver comes in a wheel, but loads libraries of the system; it is imported only where a source needs it.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import duckdb
import pyarrow as pa

from ibr.errors import ConfigurationProblem
from pipelines.replication.adapters.sqlserver.errors import not_installed, told

# What a URL may set: the driver's own words, and two of ours.
_DRIVER_OPTIONS = (
    "Encrypt", "TrustServerCertificate", "ServerCertificate", "HostNameInCertificate", "ApplicationIntent",
    "MultiSubnetFailover", "IpAddressPreference", "KeepAlive", "PacketSize",
)  # fmt: skip
_OWN_OPTIONS = ("LoginTimeout", "Snapshot")
_LOGIN_SECONDS = 15
_BATCH_BYTES, _BATCH_ROWS = 1 << 26, 8192
# Error messages in the language in which they are looked for; dates without regard to the login's language; and where
# two sessions block each other, this one gives way.
_SETTINGS = "SET LANGUAGE us_english; SET DATEFORMAT ymd; SET DEADLOCK_PRIORITY LOW"


@dataclass(frozen=True)
class Address:
    """A server and database, as `mssql://user:password@host:port/database?options` names them."""

    code: str
    place: str
    login: dict[str, str] = field(repr=False)
    login_seconds: int
    needs_snapshot: bool

    @classmethod
    def of(cls, code: str, url: str) -> "Address":
        """Raises ConfigurationProblem for a URL that cannot be used; the password is in no message."""
        try:
            parts = urlsplit(url)
            host, port, database = unquote(parts.hostname or ""), parts.port, unquote(parts.path.strip("/"))
        except ValueError:
            host, port, database = "", None, ""
        if not host or not database:
            raise ConfigurationProblem(
                f"source {code}: its url cannot be read; expected mssql://user:${{PASSWORD}}@host:1433/database, with "
                "signs of user and password that have a meaning in URLs written as %40 for @ and so on"
            )
        options = _options(code, parts.query)
        login = {"Server": f"{host},{port}" if port else host, "Database": database, "ApplicationIntent": "ReadOnly"}
        if parts.username:
            login |= {"UID": unquote(parts.username), "PWD": unquote(parts.password or "")}
        else:
            login["Trusted_Connection"] = "yes"
        own = {name: options.pop(name, None) for name in _OWN_OPTIONS}
        return cls(
            code,
            f"{host}:{port}" if port else host,
            login | options,
            int(own["LoginTimeout"] or _LOGIN_SECONDS),
            own["Snapshot"] != "if_allowed",
        )


def _options(code: str, query: str) -> dict[str, str]:
    known = {name.lower(): name for name in (*_DRIVER_OPTIONS, *_OWN_OPTIONS)}
    found = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name.lower() not in known:
            raise ConfigurationProblem(
                f"source {code}: its url sets {name}, which is not known; expected {', '.join(sorted(known.values()))}"
            )
        found[known[name.lower()]] = value
    seconds, snapshot = found.get("LoginTimeout", "1"), found.get("Snapshot", "required")
    if not seconds.isdigit() or snapshot not in ("required", "if_allowed"):
        raise ConfigurationProblem(
            f"source {code}: its url sets LoginTimeout={seconds}, Snapshot={snapshot}; expected whole seconds, and "
            "required or if_allowed"
        )
    return found


def _driver() -> ModuleType:
    try:
        import mssql_python
    except (ImportError, OSError):
        raise not_installed() from None
    mssql_python.pooling(enabled=False)  # a session that is closed is to be gone from the server, with its snapshot
    return mssql_python


@contextmanager
def open_session(address: Address, seconds: int) -> Iterator["Session"]:
    """A session, until the block ends; `seconds` is how long one question may take.

    Raises SourceUnreachable where the server does not answer, refuses the login or goes away, ContractBroken where it
    refuses a question, ConfigurationProblem where the driver cannot be loaded.
    """
    driver = _driver()
    session = None
    try:
        connection = driver.connect(**address.login, autocommit=True, timeout=address.login_seconds)
        connection.timeout = seconds
        session = Session(connection)
        session.run(_SETTINGS)
        yield session
    except Exception as error:
        # DuckDB tells what a stream raised in words of its own; the session knows the error itself.
        cause = session.failure if session and isinstance(error, duckdb.Error) else error
        if isinstance(cause, driver.Error):
            raise told(address.code, address.place, cause) from None
        raise
    finally:
        if session:
            session.close()


class Session:
    """An open connection.

    While values of types with (max) are on their way, mssql-python 1.16.0 lets no other thread of the process run
    (measured: three seconds of a server's silence were three of everybody's); with all other types it does.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._streaming: Any = None
        self.failure: Exception | None = None

    def run(self, statement: str) -> None:
        """Execute a statement that answers nothing."""
        self._execute(statement).close()

    def ask(self, query: str) -> list[tuple]:
        """The answer to a question about the catalogue, or of a few numbers."""
        cursor = self._execute(query)
        try:
            return [tuple(row) for row in cursor.fetchall()]
        finally:
            cursor.close()

    def rows(self, query: str, schema: pa.Schema, width: int) -> "Rows":
        """What DuckDB can scan: the answer to a query. `width`: the bytes that a row may take."""
        return Rows(self, query, schema, max(1, min(_BATCH_ROWS, _BATCH_BYTES // width)))

    def batches(self, query: str, schema: pa.Schema, size: int) -> Iterator[pa.RecordBatch]:
        """The answer to a query, so many rows at a time, until another question is asked."""
        try:
            cursor = self._execute(query, streams=True)
            while (batch := self._next(cursor, size)).num_rows:
                yield batch.cast(schema)
        except Exception as error:
            self.failure = error
            raise

    def _next(self, cursor: Any, size: int) -> pa.RecordBatch:
        # DuckDB reads ahead in threads of its own, and may still be at it when it has all that it wanted, and another
        # question has closed the cursor: which is then an error that nobody waits for.
        with self._lock:
            return cursor.arrow_batch(size)

    def _execute(self, query: str, *, streams: bool = False) -> Any:
        with self._lock:
            if self._streaming:
                self._streaming.close()
            cursor = self._connection.cursor()
            self._streaming = cursor if streams else None
            return cursor.execute(query)

    def close(self) -> None:
        """Leave; what transaction there is ends with it. A server that is gone cannot be taken leave of."""
        with self._lock, suppress(Exception):
            self._connection.close()


class Rows:
    """The answer to a query as an Arrow stream: asked when it is scanned, and anew at each scan."""

    def __init__(self, session: Session, query: str, schema: pa.Schema, size: int) -> None:
        self._session, self._query, self._schema, self._size = session, query, schema, size

    def __arrow_c_schema__(self) -> object:
        return self._schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        batches = self._session.batches(self._query, self._schema, self._size)
        return pa.RecordBatchReader.from_batches(self._schema, batches).__arrow_c_stream__()
