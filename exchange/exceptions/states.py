"""The states of exceptions, from what the last run found and what was answered."""

import duckdb

from exchange.scripts import run_script

# In these states an exception does not go out.
SILENT = ("decided", "closed", "gone")


def update_states(con: duckdb.DuckDBPyConnection) -> None:
    """Bring `ops.exceptions.status` up to date; the caller holds the transaction."""
    run_script(con, "exchange.exceptions", "states")
