"""Decisions in force, where linkage reads them."""

import duckdb

from exchange.exceptions.states import take_answers
from exchange.scripts import run_script


def bind(con: duckdb.DuckDBPyConnection) -> None:
    """Make the rows of kinds `exception` and `review` in `linkage.decisions` those that are in force.

    `ops.answers` says which of programs' answers are, `ops.review_answers` which of those given in the review queue.

    Rows that people entered by hand stay. The caller holds the transaction.
    """
    take_answers(con)
    run_script(con, "exchange.decisions", "bind")
