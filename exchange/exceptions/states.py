"""The states of exceptions, from what the last run found and what was answered."""

import duckdb

from exchange.scripts import run_script

# In these states an exception does not go out.
SILENT = ("decided", "closed", "gone")


def take_answers(con: duckdb.DuckDBPyConnection) -> None:
    """Make the table `answers_now` of all that was answered so far.

    Other statements read it in place of the view: DuckDB 1.5.5 crashes on one that reads the view twice (its optimizer
    `common_subplan`).
    """
    con.execute("CREATE OR REPLACE TEMP TABLE answers_now AS FROM ops.answers")


def update_states(con: duckdb.DuckDBPyConnection) -> None:
    """Bring `ops.exceptions.status` up to date with `answers_now`; the caller holds the transaction."""
    run_script(con, "exchange.exceptions", "states")
