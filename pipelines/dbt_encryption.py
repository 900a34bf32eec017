"""dbt's way to an encrypted warehouse: the file attached beside an empty database, under the name that it has anyway.

A plugin of dbt-duckdb, named in profiles.yml. The key goes from its file to DuckDB: no profile, environment variable or
message of dbt holds it. Where the warehouse is not encrypted nothing changes.
"""

from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin

from warehouse.connection import attach, quoted
from warehouse.encryption import key_of


class Plugin(BasePlugin):
    """Called by dbt-duckdb before and after it connects, and for every cursor."""

    _file: Path | None = None

    def update_connection_config(self, creds: DuckDBCredentials, config: dict[str, Any]) -> None:
        """Connect to an empty database in place of an encrypted file; `database` stays the file's name."""
        if key_of(Path(creds.path)):
            self._file = Path(creds.path)
            creds.path = f":memory:{self._file}"

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Attach the file."""
        if self._file:
            attach(conn, self._file, self._file.stem, options="")

    def configure_cursor(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Work in the file, not in the empty database."""
        if self._file:
            cursor.execute(f"USE {quoted(self._file.stem)}")
