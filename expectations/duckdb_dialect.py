"""The one place that makes Great Expectations 1.24 work on DuckDB.

Two faults, both worked around here and nowhere else:

1. Great Expectations asks for a result's rows after it has given the connection back, and on DuckDB they are gone
   then: every expectation fails with "list index out of range" (its issue 10738). It keeps the connection for the
   dialects in `_PERSISTED_CONNECTION_DIALECTS`; DuckDB has to be one of them.
2. It makes its own SQLAlchemy engine from a connection string, which opens the file a second time, and DuckDB
   refuses that while we hold it with other settings. A `creator` hands it our own connection instead.

`tests/integration/test_expectations_duckdb_dialect.py` fails when the first is no longer needed.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import duckdb


class _Dialect(StrEnum):
    # A text alone will not do: Great Expectations reads `.value` of each entry.
    DUCKDB = "duckdb"


def keep_connections_for_duckdb() -> None:
    """Add DuckDB to the dialects whose connection Great Expectations keeps. May be called again."""
    from great_expectations.execution_engine import sqlalchemy_execution_engine as engine

    if _Dialect.DUCKDB not in engine._PERSISTED_CONNECTION_DIALECTS:
        known: tuple[Any, ...] = engine._PERSISTED_CONNECTION_DIALECTS
        engine._PERSISTED_CONNECTION_DIALECTS = (*known, _Dialect.DUCKDB)  # type: ignore[assignment]


def creator(con: duckdb.DuckDBPyConnection) -> Callable[[], Any]:
    """What SQLAlchemy calls for a connection: it gets `con`, whose temporary views it must see."""
    from duckdb_engine import ConnectionWrapper

    class Borrowed(ConnectionWrapper):
        """Lent to two SQLAlchemy engines (one to test the table, one to check it): neither may end or divide it."""

        def begin(self) -> None:
            """No transaction: checks only read, and DuckDB knows no transaction within another."""

        commit = rollback = close = begin

    return lambda: Borrowed(con)
