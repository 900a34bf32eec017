"""Opening a source for reading, one consistent snapshot at a time.

An adapter attaches the source to an in-memory DuckDB and answers three questions for a table: which columns it
has, how to read it as typed rows, and what the source itself counts (`figures`), so that a copy can be proved.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from ibr.config import Source
from pipelines.replication.adapters.base import (
    ORIGINAL,
    REASON,
    Adapter,
    Changes,
    Column,
    Figures,
    Since,
    row_hash,
)
from pipelines.replication.adapters.digest import Digesting
from pipelines.replication.adapters.files import FileAdapter
from pipelines.replication.adapters.inbox import InboxAdapter
from pipelines.replication.adapters.servers import open_server
from pipelines.replication.adapters.sqlite import open_sqlite
from pipelines.replication.adapters.sqlserver import open_sqlserver
from pipelines.replication.inbox.store import Store

__all__ = [
    "ORIGINAL", "REASON", "Adapter", "Changes", "Column", "Digesting", "Figures", "Since", "open_source", "row_hash",
]


@contextmanager
def open_source(con: duckdb.DuckDBPyConnection, code: str, source: Source, home: Path) -> Iterator[Adapter]:
    """Attach a source read-only to `con` and hold one snapshot of it until the block ends.

    Raises SourceUnreachable if its file is missing or its server does not answer.
    """
    scheme, _, rest = source.url.partition(":")
    if scheme in ("files", "inbox"):
        folder = home / rest.lstrip("/") if not rest.startswith("///") else Path(rest[2:])
        (home / "tmp").mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(prefix="files-", dir=home / "tmp") as scratch:
            if scheme == "inbox":
                yield InboxAdapter(con, code, source, Store(home, code), Path(scratch))
            else:
                yield FileAdapter(con, code, source, folder, Path(scratch))
    elif scheme == "sqlite":
        with open_sqlite(con, code, source, home) as adapter:
            yield adapter
    elif scheme == "mssql":
        with open_sqlserver(con, code, source) as adapter:
            yield adapter
    else:
        with open_server(con, code, source, scheme) as adapter:
            yield adapter
