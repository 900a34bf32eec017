"""A table of numbers from staged rows: every combination and total, without small cells and what gives them back."""

from collections.abc import Callable
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from exchange.sharing.request import Item
from ibr.errors import UsageProblem
from warehouse.connection import literal, quoted
from warehouse.disclosure import cells_to_withhold, withheld_sums
from warehouse.disclosure.cells import TOTAL
from warehouse.disclosure.lines import Codes, Counts

MOST_CELLS = 5_000  # 4,288 cells took two minutes on two busy cores
ALL, NOT_KNOWN = "(all)", "(not known)"


@dataclass(frozen=True)
class Suppressed:
    """What was withheld of a table: how many cells it has, how many are small, how many more had to go with them."""

    cells: int
    small: int
    further: int
    sums_withheld: int


def count_table(
    con: duckdb.DuckDBPyConnection, staged: str, item: Item, name: str, smallest_cell: int,
    progress: Callable[[str], None] = lambda message: None,
) -> Suppressed:
    """Make the temporary table `name` of a table by `item.by`: variables as text, `rows`, sums, and `is_suppressed`.

    A cell is small if it is about fewer than `smallest_cell` people (or households), however many rows. Numbers that
    are withheld are null. Raises UsageProblem for a table of too many cells.
    """
    variables = [quoted(variable) for variable in item.by]
    cells = _count(con, staged, item, variables)
    if cells > MOST_CELLS:
        raise UsageProblem(
            f"the table of {item.mart} by {', '.join(item.by)} has {cells:,} cells, and at most {MOST_CELLS:,} can be "
            "protected; take out a variable, or use a coarser one"
        )
    codes, values, subjects = _arrays(con, variables)
    small = subjects < smallest_cell
    withheld = cells_to_withhold(codes, values, small, float(smallest_cell), progress)
    no_sums = withheld_sums(codes, withheld) if item.sums else withheld
    flags = pa.table({"cell": np.arange(len(values)), "is_withheld": withheld, "has_no_sums": no_sums})
    con.register("sharing_flags", flags)
    told = [f"coalesce({name}, {literal(ALL)}) AS {name}" for name in variables]
    sums = [f"CASE WHEN NOT has_no_sums THEN {quoted(name)} END AS {quoted(name)}" for name in item.sums]
    shown = ["CASE WHEN NOT is_withheld THEN rows END AS rows", *sums, "is_withheld AS is_suppressed"]
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {quoted(name)} AS SELECT cell, {', '.join([*told, *shown])} "
        "FROM sharing_cells INNER JOIN sharing_flags USING (cell)"
    )
    con.unregister("sharing_flags")
    return Suppressed(cells, int(small.sum()), int((withheld & ~small).sum()), int((no_sums & ~withheld).sum()))


def _count(con: duckdb.DuckDBPyConnection, staged: str, item: Item, variables: list[str]) -> int:
    """Make `sharing_cells`: a row a combination, the variables null where it is a total of them; returns how many."""
    names = ", ".join(variables)
    texts = ", ".join(f"coalesce(CAST({name} AS VARCHAR), {literal(NOT_KNOWN)}) AS {name}" for name in variables)
    amounts = [quoted(name) for name in item.sums]
    sums = "".join(f", coalesce(sum({name}), 0) AS {name}" for name in amounts)
    order = ", ".join(f"{name} NULLS FIRST" for name in variables)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE sharing_cells AS WITH told AS (SELECT {', '.join([texts, 'subject', *amounts])} "
        f"FROM {quoted(staged)}), counted AS (SELECT {names}, count(*) AS rows, "
        f"count(DISTINCT subject) AS subjects{sums} FROM told GROUP BY CUBE ({names}) HAVING count(*) > 0) "
        f"SELECT row_number() OVER (ORDER BY {order}) - 1 AS cell, * FROM counted"
    )
    row = con.execute("SELECT count(*) FROM sharing_cells").fetchone()
    assert row is not None
    return int(row[0])


def _arrays(con: duckdb.DuckDBPyConnection, variables: list[str]) -> tuple[Codes, Counts, Codes]:
    """The cells as arrays: their codes, rows and subjects."""
    codes = ", ".join(
        f"if({name} IS NULL, {TOTAL}, dense_rank() OVER (ORDER BY {name})) AS code_{place}"
        for place, name in enumerate(variables)
    )
    told = con.execute(f"SELECT rows, subjects, {codes} FROM sharing_cells ORDER BY cell").fetchnumpy()
    coded = np.column_stack([told[f"code_{place}"] for place in range(len(variables))]).astype(np.int64)
    return coded, told["rows"].astype(np.float64), told["subjects"]
