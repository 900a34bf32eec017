"""Decisions in force, where linkage reads them."""

import duckdb

from exchange.exceptions.states import take_answers
from exchange.scripts import run_script


def bind(con: duckdb.DuckDBPyConnection) -> None:
    """Make the rows of kind `exception` in `linkage.decisions` those that `ops.answers` says are in force.

    Rows that people entered by hand stay. The caller holds the transaction.
    """
    take_answers(con)
    run_script(con, "exchange.decisions", "bind")
