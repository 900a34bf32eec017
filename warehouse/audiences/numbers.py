"""What an audience of numbers gets of each mart: its rows added up, and those about a few people withheld."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow as pa

from ibr.errors import ConfigurationProblem
from warehouse.audiences import memory, totals
from warehouse.audiences.memory import Before
from warehouse.audiences.policy import FILE, NumberAudience, Numbers
from warehouse.audiences.sensitivity import Declarations, Sensitivity
from warehouse.catalogue import Column, Table
from warehouse.connection import literal, quoted

if TYPE_CHECKING:
    from warehouse.disclosure import Suppression
    from warehouse.disclosure.lines import Rows

IS_WITHHELD = Column(
    "is_withheld",
    "Whether the row's numbers are withheld: one is about too few people, or would give away such a one elsewhere.",
)
_MAY_BE_SHOWN = (Sensitivity.NONE, Sensitivity.QUASI_IDENTIFIER)


@dataclass(frozen=True)
class NumberTable:
    """A table of numbers to be made. `table`: as it will be."""

    original: Table
    table: Table
    numbers: Numbers
    smallest: int

    @property
    def tables(self) -> list[Table]:
        """All that it makes: the table, and its totals where people add up."""
        return [self.table, totals.described(self.table, self.numbers)] if self.numbers.across else [self.table]


def number_tables(
    name: str, audience: NumberAudience, tables: Sequence[Table], declared: Declarations
) -> list[NumberTable]:
    """What the audience `name` gets. A column that nobody has classified is withheld, wherever that can be done.

    Raises ConfigurationProblem listing tables and columns that are not there, or that are no numbers.
    """
    marts = {table.name: table for table in tables if table.schema == "marts"}
    faults = [
        f"{name}.tables.{mart} {fault}"
        for mart, numbers in audience.tables.items()
        for fault in _faults(numbers, marts.get(mart), declared)
    ]
    if faults:
        raise ConfigurationProblem(f"{FILE}: " + " | ".join(faults))
    return [
        _number_table(marts[mart], _classified(numbers, declared[mart]), audience.smallest_cell)
        for mart, numbers in audience.tables.items()
    ]


def _faults(numbers: Numbers, mart: Table | None, declared: Declarations) -> Iterator[str]:
    if mart is None:
        yield "is no mart of the warehouse"
        return
    known = declared.get(mart.name, {})
    needed = [*numbers.columns, *numbers.only, *numbers.counted]
    if missing := [name for name in dict.fromkeys(needed) if name not in mart.column_names]:
        yield f"names {', '.join(missing)}, which are no columns of it"
    if bare := [n for n in dict.fromkeys([*_deciding(numbers)]) if n in mart.column_names and n not in known]:
        yield f"decides by {', '.join(bare)}, which nobody has classified"
    shown = _MAY_BE_SHOWN if numbers.counts else (Sensitivity.NONE,)
    if people := [n for n in numbers.columns if n in known and known[n].sensitivity not in shown]:
        yield f"has {', '.join(people)}, which are about single people"


def _deciding(numbers: Numbers) -> Iterator[str]:
    yield from (*numbers.within, *numbers.counts, *numbers.only, *numbers.counted)
    for names in numbers.across:
        yield from names


def _classified(numbers: Numbers, known: Collection[str]) -> Numbers:
    lists = {name: [c for c in getattr(numbers, name) if c in known] for name in ("keep", "withheld")}
    return numbers.model_copy(update=lists)


def _number_table(mart: Table, numbers: Numbers, smallest: int) -> NumberTable:
    said = {column.name: column for column in mart.columns}
    columns = [said[name] for name in numbers.columns]
    if numbers.counts:
        columns.append(IS_WITHHELD)
    comment = mart.comment
    if numbers.counts:
        told = f"Numbers about fewer than {smallest}, and those that would give them away, are withheld."
        comment = " ".join(filter(None, [comment, _added_up(numbers), told]))
    return NumberTable(mart, Table("marts", mart.name, comment, tuple(columns)), numbers, smallest)


def _added_up(numbers: Numbers) -> str | None:
    return f"Here added up: one row a {', '.join(numbers.keep)}." if numbers.sums else None


def make(
    con: duckdb.DuckDBPyConnection, source: str, wanted: NumberTable, database: str, earlier: Sequence[Before],
    reporting_date: str | None,
) -> int:
    """Create the table, and that of its totals, in `database` from the mart in the attached database `source`.

    `earlier`: publications before, oldest first. Returns the rows made.
    """
    numbers = wanted.numbers
    place, *of_totals = (table.in_database(database) for table in wanted.tables)
    con.execute(f"CREATE OR REPLACE TEMP TABLE numbers AS {_select(numbers, wanted.original.in_database(source))}",
                _bound(numbers))  # fmt: skip
    columns = [quoted(name) for name in numbers.keep]
    if not numbers.counts:
        con.execute(f"CREATE TABLE {place} AS SELECT {', '.join(columns)} FROM numbers ORDER BY row")
        return _count(con, place)
    suppressed, withheld_totals = _told(con, wanted, earlier, reporting_date)
    con.register("withheld", pa.table({
        "row": np.arange(len(suppressed.withheld)), "is_withheld": suppressed.withheld,
    }))  # fmt: skip
    memory.keep(con, wanted.original.name, numbers, suppressed)
    for name in (*numbers.counts, *numbers.withheld):
        columns.append(f"CASE WHEN NOT is_withheld THEN {quoted(name)} END AS {quoted(name)}")
    con.execute(
        f"CREATE TABLE {place} AS SELECT {', '.join(columns)}, is_withheld "
        "FROM numbers INNER JOIN withheld USING (row) ORDER BY row"
    )
    con.unregister("withheld")
    for total in of_totals:
        totals.make(con, numbers, list(zip(suppressed.lines, withheld_totals, strict=True)), total)
    con.execute("DROP TABLE numbers; DROP TABLE named")
    return sum(_count(con, made) for made in (place, *of_totals))


def _told(
    con: duckdb.DuckDBPyConnection, wanted: NumberTable, earlier: Sequence[Before], reporting_date: str | None
) -> "tuple[Suppression, list[Rows]]":
    """Decide what is told of the temporary table `numbers`, and make it that; what is withheld, of rows and totals."""
    from warehouse.disclosure import retell  # scipy, which nothing else in a publication needs

    numbers, mart = wanted.numbers, wanted.original.name
    past = memory.that_know(con, earlier, mart, numbers)
    within, across = memory.name_rows(con, mart, numbers, past)
    counts_of = _counts(numbers)
    same = " AND ".join(f"named.{quoted(n)} IS NOT DISTINCT FROM newest.{quoted(n)}" for n in numbers.key)
    now = con.execute(f"SELECT {counts_of} FROM named LEFT JOIN numbers AS newest ON {same} ORDER BY named.row")
    found = now.fetchnumpy()
    counts = np.column_stack([found[f"count_{place}"] for place in range(len(numbers.counts))])
    told = retell(
        within, across, counts, wanted.smallest,
        memory.versions(con, mart, numbers, past, reporting_date, counts_of, within, across),
    )
    is_same = past and (numbers.lasting or past[-1].reporting_date == reporting_date)
    as_before = (told.counts != counts).any(axis=1)
    memory.retold(con, mart, numbers, past[-1] if is_same else None, as_before, wanted.smallest)
    return told.suppression, told.suppression.totals_withheld(told.counts)


def _counts(numbers: Numbers) -> str:
    """SQL: the counts of a row; nothing, where it is no number of people."""
    counted = [f"list_contains([{', '.join(literal(v) for v in values)}], {quoted(name)}::VARCHAR)"
               for name, values in numbers.counted.items()]  # fmt: skip
    is_counted = " AND ".join(counted) or "true"
    return ", ".join(
        f"if({is_counted}, coalesce({quoted(name)}, 0), 0)::DOUBLE AS count_{place}"
        for place, name in enumerate(numbers.counts)
    )


def _select(numbers: Numbers, mart: str) -> str:
    """SQL: the rows of a table of numbers, numbered from 0."""
    where = " AND ".join(f"list_contains(${_name(name)}, {quoted(name)}::VARCHAR)" for name in numbers.only)
    kept = ", ".join(quoted(name) for name in numbers.keep)
    others = [*numbers.counts, *numbers.withheld]
    told = [f"sum({quoted(n)}) AS {quoted(n)}" if numbers.sums else quoted(n) for n in others]
    return (
        f"SELECT row_number() OVER (ORDER BY {kept}) - 1 AS row, * FROM (SELECT {', '.join([kept, *told])} FROM {mart}"
        f"{f' WHERE {where}' if where else ''}{f' GROUP BY {kept}' if numbers.sums else ''})"
    )


def _name(column: str) -> str:
    return f"only_{column}"


def _bound(numbers: Numbers) -> dict[str, list[str]]:
    return {_name(column): values for column, values in numbers.only.items()}


def _count(con: duckdb.DuckDBPyConnection, place: str) -> int:
    row = con.execute(f"SELECT count(*) FROM {place}").fetchone()
    assert row is not None
    return int(row[0])
