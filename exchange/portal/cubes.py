"""What the portal tells: subjects, each a table of numbers by some variables, with the totals that may be told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import duckdb

from warehouse.connection import literal, quoted

TOTAL = "*"  # the code of a variable that is added up over
UNKNOWN = "-"  # the code of what could not be mapped
Key = tuple[str, ...]


@dataclass(frozen=True)
class Variable:
    """What numbers are told by. `columns`: of the table; together they are its code."""

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Measure:
    """A number: a column of the table, or of two of them the one as a share of the other."""

    name: str
    columns: tuple[str, ...]
    is_money: bool = False

    @property
    def is_share(self) -> bool:
        return len(self.columns) == 2


@dataclass(frozen=True)
class Subject:
    """A table of numbers. `each`: the variable that makes a page a value of it; `only`: a column that must be true."""

    name: str
    table: str
    variables: tuple[Variable, ...]
    measures: tuple[Measure, ...]
    each: str | None = None
    only: str | None = None

    def place(self, variable: str) -> int:
        """Where a variable stands in a key."""
        return [one.name for one in self.variables].index(variable)

    def measure(self, name: str) -> int:
        """Where a measure stands in a cell."""
        return [one.name for one in self.measures].index(name)


_PROGRAM, _COUNTY = Variable("program", ("program",)), Variable("county", ("county_code",))
SUBJECTS = (
    Subject(
        "receipt", "rpt_receipt_by_area", (_PROGRAM, Variable("cycle", ("cycle_id",)), _COUNTY),
        (Measure("recipients", ("recipients",)), Measure("amount_paid", ("amount_paid",), is_money=True)), "program",
    ),
    Subject(
        "coverage", "rpt_coverage", (_PROGRAM, _COUNTY, Variable("sex_age", ("sex", "age_group"))),
        (Measure("eligible", ("eligible_persons",)), Measure("covered", ("covered_eligible",)),
         Measure("uncovered", ("uncovered_persons",)), Measure("coverage", ("covered_eligible", "eligible_persons"))),
        "program", "has_rule",
    ),
    Subject(
        "plan", "rpt_expansion_plan", (_PROGRAM, Variable("year", ("financial_year",)), _COUNTY),
        (Measure("enrolled", ("households_enrolled",)),), "year",
    ),
    Subject(
        "grievances", "rpt_grievance_resolution", (_PROGRAM, Variable("reason", ("reason_code",))),
        (Measure("grievances", ("grievances",)),),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """The measures of one combination of values; None where there is none to tell, or it is withheld."""

    values: tuple[float | None, ...]
    is_withheld: bool = False


@dataclass(frozen=True)
class Cube:
    """All cells of a subject, by the codes of its variables in their order."""

    subject: Subject
    cells: Mapping[Key, Cell]
    places: Mapping[str, int]  # the order of codes that have one

    @cached_property
    def codes(self) -> tuple[list[str], ...]:
        """The codes of each variable in their order, the total left out and what is not known last."""
        found: list[set[str]] = [set() for _ in self.subject.variables]
        for key in self.cells:
            for codes, code in zip(found, key, strict=True):
                codes.add(code)
        return tuple(sorted(codes - {TOTAL}, key=self._order) for codes in found)

    def _order(self, code: str) -> tuple[bool, int, str]:
        return UNKNOWN in code.split(), self.places.get(code, -1), code

    def of(self, variable: str) -> list[str]:
        """The codes of one variable."""
        return self.codes[self.subject.place(variable)]

    def key(self, **codes: str) -> Key:
        """The key with these codes, added up over all other variables."""
        return tuple(codes.get(variable.name, TOTAL) for variable in self.subject.variables)

    def cell(self, **codes: str) -> Cell | None:
        """The cell of a key; None where there are no such people."""
        return self.cells.get(self.key(**codes))


def read(con: duckdb.DuckDBPyConnection, cycles: Iterable[str]) -> list[Cube]:
    """The subjects that the public's file has; one whose table or columns are not published is left out.

    `cycles`: the payment cycles in their order.
    """
    places = {cycle: place for place, cycle in enumerate(cycles)}
    found = con.execute(
        "SELECT schema_name || '.' || table_name, list(column_name) FROM duckdb_columns() "
        "WHERE schema_name IN ('marts', 'totals') AND database_name = current_database() GROUP BY ALL"
    ).fetchall()
    held = {table: set(columns) for table, columns in found}
    cubes = []
    for subject in SUBJECTS:
        told_by = {name for variable in subject.variables for name in variable.columns}
        needed = told_by | {name for measure in subject.measures for name in measure.columns}
        if needed <= held.get(f"marts.{subject.table}", set()) - {"is_withheld"}:
            of_totals = held.get(f"totals.{subject.table}", set())
            cubes.append(Cube(subject, _cells(con, subject, of_totals), places))
    return [cube for cube in cubes if cube.cells]


def _cells(con: duckdb.DuckDBPyConnection, subject: Subject, of_totals: set[str]) -> dict[Key, Cell]:
    statement = _select(subject, "marts", "false", subject.only)
    if of_totals:
        statement += f" UNION ALL {_select(subject, 'totals', 'list_contains(over, {})', None, of_totals)}"
    size = len(subject.variables)
    cells = {}
    for *row, is_withheld in con.execute(statement).fetchall():
        values = tuple(None if value is None else float(value) for value in row[size:])
        if is_withheld or any(value is not None for value in values):
            cells[tuple(row[:size])] = Cell(values, is_withheld)
    return cells


def _select(
    subject: Subject, schema: str, is_total: str, only: str | None, there: set[str] | None = None
) -> str:
    """SQL: the codes of each variable, the measures, and whether they are withheld."""
    codes = []
    for variable in subject.variables:
        code = " || ' ' || ".join(f"coalesce({quoted(name)}::VARCHAR, '{UNKNOWN}')" for name in variable.columns)
        codes.append(f"CASE WHEN {is_total.format(literal(variable.columns[0]))} THEN '{TOTAL}' ELSE {code} END")
    measures = []
    for measure in subject.measures:
        known = [f"{quoted(name)}::DOUBLE" if there is None or name in there else "NULL" for name in measure.columns]
        measures.append(f"{known[0]} / nullif({known[1]}, 0)" if measure.is_share else known[0])
    where = f" WHERE {quoted(only)}" if only else ""
    return f"SELECT {', '.join([*codes, *measures])}, is_withheld FROM {schema}.{quoted(subject.table)}{where}"
