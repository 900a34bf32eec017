"""Decisions in force, where linkage reads them."""

import duckdb

from exchange.scripts import run_script


def bind(con: duckdb.DuckDBPyConnection) -> None:
    """Make the rows of kind `exception` in `linkage.decisions` those that `ops.answers` says are in force.

    Rows that people entered by hand stay. The caller holds the transaction.
    """
    run_script(con, "exchange.decisions", "bind")
