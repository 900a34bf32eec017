"""The totals of a table of numbers, as a table beside it: of each way of adding it up, those that may be told.

They are decided on with the rows, so that rows and totals together tell no small number. Who adds up the rows that are
there gets less than a total: some are withheld.
"""

from itertools import chain

import duckdb
import numpy as np
import pyarrow as pa

from warehouse.audiences.policy import Numbers
from warehouse.catalogue import Column, Table
from warehouse.connection import literal, quoted
from warehouse.disclosure.lines import Lines, Rows

SCHEMA = "totals"
_OVER = Column("over", "The columns that are added up over; they are empty in this row.")
_IS_WITHHELD = Column("is_withheld", "Whether the total is withheld: it is small, or would give another such away.")


def described(table: Table, numbers: Numbers) -> Table:
    """The table of totals of a table of numbers."""
    said = {column.name: column for column in table.columns}
    columns = [said[name] for name in (*_keys(numbers), *_added(numbers))]
    comment = f"Totals of marts.{table.name} that may be told beside it."
    return Table(SCHEMA, table.name, comment, (_OVER, *columns, _IS_WITHHELD))


def make(con: duckdb.DuckDBPyConnection, numbers: Numbers, suppressed: list[tuple[Lines, Rows]], place: str) -> None:
    """Create the table of totals at `place` from the temporary table `numbers`.

    `suppressed`: each way of adding up, and of which lines the total is withheld.
    """
    # Of every row, whichever is the first that is there of a line.
    flags = pa.table({
        "way": np.repeat(np.arange(len(suppressed)), [len(way.of) for way, _ in suppressed]),
        "row": np.concatenate([np.arange(len(way.of)) for way, _ in suppressed]),
        "is_withheld": np.concatenate([rows[way.of] for way, rows in suppressed]),
    })  # fmt: skip
    con.register("withheld_totals", flags)
    added_up = " UNION ALL ".join(_added_up(numbers, number, way.kept) for number, (way, _) in enumerate(suppressed))
    told = ", ".join(f"CASE WHEN NOT is_withheld THEN {quoted(n)} END AS {quoted(n)}" for n in _added(numbers))
    con.execute(
        f"CREATE TABLE {place} AS SELECT over, {', '.join(map(quoted, _keys(numbers)))}, {told}, is_withheld "
        f"FROM ({added_up}) INNER JOIN withheld_totals USING (way, row) ORDER BY way, row"
    )
    con.unregister("withheld_totals")


def _added_up(numbers: Numbers, way: int, kept: list[int]) -> str:
    """SQL: one way of adding up, a row each total, with the first row of those that it is the total of."""
    left = [*numbers.within, *chain(*(numbers.across[place] for place in kept))]
    over = [literal(name) for name in _keys(numbers) if name not in left]
    # Never true: a column that is added up is empty, and keeps its type.
    keys = [
        quoted(name) if name in left else f"CASE WHEN false THEN any_value({quoted(name)}) END AS {quoted(name)}"
        for name in _keys(numbers)
    ]
    sums = [f"sum({quoted(name)}) AS {quoted(name)}" for name in _added(numbers)]
    grouped = f" GROUP BY {', '.join(map(quoted, left))}" if left else ""
    return (
        f"SELECT {way} AS way, min(row) AS row, [{', '.join(over)}] AS over, {', '.join([*keys, *sums])} "
        f"FROM numbers{grouped}"
    )


def _keys(numbers: Numbers) -> list[str]:
    return [*numbers.within, *chain(*numbers.across)]


def _added(numbers: Numbers) -> list[str]:
    """Counts, and what is withheld with them where it adds up: amounts do, shares do not."""
    return [*numbers.counts, *(numbers.withheld if numbers.sums else [])]
