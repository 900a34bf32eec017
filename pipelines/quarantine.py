"""A source's unusable rows as a file for whoever owns the source."""

import duckdb

from ibr.workspace import Workspace
from warehouse.connection import literal


def write_quarantine(con: duckdb.DuckDBPyConnection, workspace: Workspace, code: str) -> None:
    """Write `quarantine/<source>/rejected_rows.csv`, readable by its owner alone: it holds personal data."""
    folder = workspace.quarantine / code
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / "rejected_rows.csv"
    path.touch(mode=0o600)
    con.execute(
        f"COPY (SELECT * FROM ops.rejected_rows WHERE source = {literal(code)} ORDER BY ALL) "
        f"TO {literal(str(path))} (HEADER)"
    )
