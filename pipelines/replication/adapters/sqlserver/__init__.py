"""SQL Server through Microsoft's own driver, whose Arrow stream DuckDB scans.

Everything is read in one SNAPSHOT transaction: all tables as they were at one moment, and nobody who writes is kept
waiting. A database has to allow it. What was written since is told by change tracking, where it is on for a table and
the account may view it, else by a `rowversion` column, which the server moves with every write. Both are asked before
the snapshot begins: a write in between is copied twice, not missed. On a readable secondary neither can be asked.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from ibr.config import Source
from ibr.errors import ContractBroken
from pipelines.replication.adapters.base import Adapter
from pipelines.replication.adapters.sqlserver.adapter import Database, SqlServerAdapter, catalogue
from pipelines.replication.adapters.sqlserver.session import Address, open_session

_VERSIONS = "SELECT CHANGE_TRACKING_CURRENT_VERSION() AS tracked, CAST(MIN_ACTIVE_ROWVERSION() AS bigint) AS written"


@contextmanager
def open_sqlserver(con: duckdb.DuckDBPyConnection, code: str, source: Source) -> Iterator[Adapter]:
    """Open a database, in one snapshot; raises what `open_session` raises, and ContractBroken where the database allows
    no snapshots and registry.yml does not say that it may do without."""
    address = Address.of(code, source.url)
    with open_session(address, source.timeout_seconds) as session:
        created, allows_snapshots, is_read_only = session.ask(catalogue("database"))[0]
        if not (allows_snapshots or is_read_only) and address.needs_snapshot:
            raise _no_snapshots(code, address.login["Database"])
        # A replica for reading counts no changes, and shows one moment whatever is asked of it.
        versions = () if is_read_only else session.ask(_VERSIONS)[0]
        if allows_snapshots and not is_read_only:
            session.run("SET TRANSACTION ISOLATION LEVEL SNAPSHOT")
        if allows_snapshots or is_read_only:
            session.run("BEGIN TRANSACTION")
        yield SqlServerAdapter(con, code, source, session, Database(created, *versions))


def _no_snapshots(code: str, database: str) -> ContractBroken:
    return ContractBroken(
        f"source {code}: database {database} allows no snapshots, without which a copy mixes moments; ask its "
        f"administrator for ALTER DATABASE [{database}] SET ALLOW_SNAPSHOT_ISOLATION ON, or say Snapshot=if_allowed in "
        "the url: tables are then copied one after another, and kept where they agree with their figures"
    )
