"""Counting a subject by one or two variables, of what a visitor may see."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from exchange.pages.reading import Reading
from exchange.pages.subjects import SUBJECTS, Counted, Subject
from exchange.portal import cubes, tables
from exchange.portal.cubes import TOTAL, UNKNOWN, Cell, Cube, Measure, Variable
from exchange.portal.labels import Speaker, slug
from exchange.portal.tables import Table
from warehouse.connection import quoted

FILTERS = ("program", "county")  # the variables that a table can be narrowed to one value of


@dataclass(frozen=True)
class Choice:
    """What is counted by what; without `column` all measures beside each other. `fixed`: a variable's one value."""

    subject: Subject
    row: Variable
    column: Variable | None
    measure: Counted
    fixed: Mapping[str, str]

    @property
    def name(self) -> str:
        """What a file of it is called."""
        parts = [self.subject.name, self.measure.name if self.column else "", self.row.name]
        parts += [self.column.name if self.column else "", *self.fixed.values()]
        return slug("-".join(filter(None, parts)))

    @property
    def query(self) -> dict[str, str]:
        """The fields that choose it."""
        own = {"subject": self.subject.name, "row": self.row.name, "measure": self.measure.name}
        return own | ({"column": self.column.name} if self.column else {}) | dict(self.fixed)


def subjects(reading: Reading) -> dict[str, Subject]:
    """What can be counted of a publication, by name."""
    found = {one.name: one.held_by(reading.tables[one.table]) for one in SUBJECTS if one.table in reading.tables}
    return {name: one for name, one in found.items() if one}


def chosen(held: Mapping[str, Subject], asked: Mapping[str, str], program: str | None = None) -> Choice | None:
    """What the fields of a form ask for; what they do not name, or name wrongly, is the first there is. None where
    nothing can be counted. `program`: the visitor's, where they see no other."""
    if not held:
        return None
    subject = held.get(asked.get("subject", "")) or next(iter(held.values()))
    row = subject.variable(asked.get("row")) or subject.variables[0]
    column = subject.variable(asked.get("column"))
    fixed = {
        name: asked[name] for name in FILTERS
        if asked.get(name) and subject.variable(name) and name not in (row.name, column.name if column else None)
    }
    measure = subject.measure(asked.get("measure")) or subject.measures[0]
    choice = Choice(subject, row, None if column == row else column, measure, fixed)
    return _apart(choice, program)


def _apart(choice: Choice, program: str | None) -> Choice:
    """The choice, so that what must not be added up is not."""
    if choice.subject.apart is None:
        return choice
    name, for_all = choice.subject.apart
    if name in (choice.row.name, choice.column and choice.column.name) or name in choice.fixed:
        return choice
    if for_all:
        return replace(choice, fixed={**choice.fixed, name: program or for_all})
    return replace(choice, row=choice.subject.variable(name) or choice.row)


def cube_of(reading: Reading, choice: Choice) -> Cube:
    """The counts, with their totals."""
    subject = choice.subject
    by = [choice.row, *([choice.column] if choice.column else [])]
    counted = [choice.measure] if choice.column else list(subject.measures)
    codes = [quoted(one.columns[0]) for one in by]
    # Codes as text, whatever their type; what is added up over has the total's code.
    shown = [f"CASE WHEN grouping({code}) = 1 THEN '{TOTAL}' ELSE coalesce({code}::VARCHAR, '{UNKNOWN}') END"
             for code in codes]  # fmt: skip
    fixed = {name: one for name, value in choice.fixed.items() if (one := subject.variable(name)) and value}
    where = [f"{quoted(one.columns[0])} = ?" for one in fixed.values()]
    where += [quoted(subject.only)] if subject.only else []
    statement = (
        f"SELECT {', '.join(shown)}, {', '.join(f'({one.sql})::DOUBLE' for one in counted)} "
        f"FROM marts.{quoted(subject.table)} WHERE {' AND '.join(where) or 'true'} GROUP BY CUBE ({', '.join(codes)})"
    )
    apart = [one.name == (subject.apart or ("",))[0] for one in by]
    size, cells = len(by), {}
    named = [_cycles(reading) if one.name == "cycle" else {} for one in by]
    for row in reading.con.execute(statement, [choice.fixed[name] for name in fixed]).fetchall():
        if not any(is_apart and code == TOTAL for is_apart, code in zip(apart, row, strict=False)):
            key = tuple(of.get(code, code) for of, code in zip(named, row, strict=False))
            cells[key] = Cell(tuple(row[size:]))
    told = cubes.Subject(subject.name, subject.table, tuple(by), tuple(_as_portal(one) for one in counted))
    return Cube(told, cells)


def table_of(cube: Cube, choice: Choice, speaker: Speaker) -> Table:
    """The counts as a table for people."""
    if choice.column:
        return tables.crossed(cube, speaker, choice.row.name, choice.column.name, choice.measure.name, {}, choice.name)
    return tables.by_measures(cube, speaker, choice.row.name, {}, choice.name)


def values_of(reading: Reading, subject: Subject, name: str) -> list[str]:
    """The codes of a variable that a table can be narrowed to."""
    variable = subject.variable(name)
    if variable is None:
        return []
    code = quoted(variable.columns[0])
    rows = reading.con.execute(
        f"SELECT DISTINCT {code} FROM marts.{quoted(subject.table)} WHERE {code} IS NOT NULL ORDER BY 1"
    )
    return [code for (code,) in rows.fetchall()]


def _as_portal(counted: Counted) -> Measure:
    """The number as the portal's tables know it: a share is one of two columns."""
    return Measure(counted.name, ("part", "whole") if counted.is_share else (counted.name,), counted.is_money)


def _cycles(reading: Reading) -> dict[str, str]:
    """Payment cycles by their days, which say and order them, and by their own number: each is one program's."""
    if "dim_payment_cycle" not in reading.tables:
        return {}
    rows = reading.con.execute(
        "SELECT cycle_id, concat_ws(' ', period_start, period_end, cycle_id) FROM marts.dim_payment_cycle"
    )
    return dict(rows.fetchall())
