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
    """What numbers are told by. `columns`: of the table; together they are its code.

    `named_in`: a table that says what such a code stands for, and the columns that are the code in its place.
    """

    name: str
    columns: tuple[str, ...]
    named_in: tuple[str, tuple[str, ...]] | None = None


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
# The period that is paid for: a cycle_id is one program's own, and by it no two programs would stand side by side.
_CYCLE = Variable("cycle", ("cycle_id",), ("dim_payment_cycle", ("period_start", "period_end")))
SUBJECTS = (
    Subject(
        "receipt", "rpt_receipt_by_area", (_PROGRAM, _CYCLE, _COUNTY),
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

    @cached_property
    def codes(self) -> tuple[list[str], ...]:
        """The codes of each variable in their order, the total left out and what is not known last."""
        found: list[set[str]] = [set() for _ in self.subject.variables]
        for key in self.cells:
            for codes, code in zip(found, key, strict=True):
                codes.add(code)
        return tuple(sorted(codes - {TOTAL}, key=lambda code: (UNKNOWN in code.split(), code)) for codes in found)

    def of(self, variable: str) -> list[str]:
        """The codes of one variable."""
        return self.codes[self.subject.place(variable)]

    def key(self, **codes: str) -> Key:
        """The key with these codes, added up over all other variables."""
        return tuple(codes.get(variable.name, TOTAL) for variable in self.subject.variables)

    def cell(self, **codes: str) -> Cell | None:
        """The cell of a key; None where there are no such people."""
        return self.cells.get(self.key(**codes))


def read(con: duckdb.DuckDBPyConnection) -> list[Cube]:
    """The subjects that the public's file has; one whose table or columns are not published is left out."""
    found = con.execute(
        "SELECT schema_name || '.' || table_name, list(column_name) FROM duckdb_columns() "
        "WHERE schema_name IN ('marts', 'totals') AND database_name = current_database() GROUP BY ALL"
    ).fetchall()
    held = {table: set(columns) for table, columns in found}
    cubes = []
    for subject in SUBJECTS:
        told_by = {name for variable in subject.variables for name in variable.columns}
        needed = told_by | {name for measure in subject.measures for name in measure.columns}
        named_in = [variable.named_in for variable in subject.variables if variable.named_in]
        if needed <= held.get(f"marts.{subject.table}", set()) - {"is_withheld"} and all(
            {*columns} <= held.get(f"marts.{table}", set()) for table, columns in named_in
        ):
            of_totals = held.get(f"totals.{subject.table}", set())
            cubes.append(Cube(subject, _cells(con, subject, of_totals)))
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
    codes = [
        f"CASE WHEN {is_total.format(literal(variable.columns[0]))} THEN '{TOTAL}' ELSE {_code(variable)} END"
        for variable in subject.variables
    ]
    measures = []
    for measure in subject.measures:
        known = [f"{quoted(name)}::DOUBLE" if there is None or name in there else "NULL" for name in measure.columns]
        measures.append(f"{known[0]} / nullif({known[1]}, 0)" if measure.is_share else known[0])
    where = f" WHERE {quoted(only)}" if only else ""
    return f"SELECT {', '.join([*codes, *measures])}, is_withheld FROM {schema}.{quoted(subject.table)} AS told{where}"


def _code(variable: Variable) -> str:
    """SQL: the code of a row. What the table that names it does not have keeps the code of its own columns."""
    own = _joined(variable.columns, "told")
    if variable.named_in is None:
        return own
    table, columns = variable.named_in
    same = " AND ".join(f"named.{quoted(name)} = told.{quoted(name)}" for name in variable.columns)
    return f"coalesce((SELECT {_joined(columns, 'named')} FROM marts.{quoted(table)} AS named WHERE {same}), {own})"


def _joined(columns: Iterable[str], table: str) -> str:
    return " || ' ' || ".join(f"coalesce({table}.{quoted(name)}::VARCHAR, '{UNKNOWN}')" for name in columns)
