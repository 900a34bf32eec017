"""A contract as plain data: tables and checks, without Great Expectations, so that it is cheap to build and test."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from expectations.results import Severity
from warehouse.connection import literal, quoted


class Kind(StrEnum):
    """What a check looks at."""

    COLUMNS = "columns"
    HAS_ROWS = "has_rows"
    NOT_NULL = "not_null"
    UNIQUE = "unique"
    ACCEPTED = "accepted"
    BETWEEN = "between"
    MUST = "must"


@dataclass(frozen=True)
class Check:
    """One thing that must hold.

    `at_most` is the share of rows (0 to 1) that may break it. `must` is an SQL condition over a row; like an
    SQL CHECK it is broken only where it is false, so a missing value breaks nothing.
    """

    kind: Kind
    name: str
    columns: tuple[str, ...] = ()
    values: tuple[Any, ...] = ()
    minimum: Any = None
    maximum: Any = None
    must: str = ""
    at_most: float = 0.0
    severity: Severity = Severity.BLOCKING

    @property
    def column(self) -> str | None:
        return self.columns[0] if len(self.columns) == 1 else None

    @property
    def expected(self) -> str:
        """In words, for messages."""
        columns = ", ".join(self.columns)
        words = {
            Kind.COLUMNS: f"columns {columns}",
            Kind.HAS_ROWS: "at least one row",
            Kind.NOT_NULL: "a value in every row",
            Kind.UNIQUE: f"no two rows with the same {columns}",
            Kind.ACCEPTED: f"one of {', '.join(map(str, self.values))}",
            Kind.BETWEEN: f"values from {_bound(self.minimum)} to {_bound(self.maximum)}",
            Kind.MUST: self.name,
        }[self.kind]
        return f"{words} (in all but {self.at_most:.2%} of rows)" if self.at_most else words

    def broken_where(self) -> str | None:
        """The SQL condition that a broken row fulfils; None for a check on the table as a whole."""
        names = [quoted(column) for column in self.columns]
        if self.kind is Kind.NOT_NULL:
            return f"{names[0]} IS NULL"
        if self.kind is Kind.UNIQUE:
            return (
                f"count(*) OVER (PARTITION BY {', '.join(names)}) > 1 AND "
                + " AND ".join(f"{name} IS NOT NULL" for name in names)
            )
        if self.kind is Kind.ACCEPTED:
            return f"{names[0]} NOT IN ({', '.join(literal(str(value)) for value in self.values)})"
        if self.kind is Kind.BETWEEN:
            below = [f"{names[0]} < {self.minimum}"] if self.minimum is not None else []
            above = [f"{names[0]} > {self.maximum}"] if self.maximum is not None else []
            return " OR ".join(below + above)
        if self.kind is Kind.MUST:
            return f"({self.must}) IS FALSE"
        return None


@dataclass(frozen=True)
class TableContract:
    """The checks on one table, and the SQL to read it from (a table's name, a function call or a subquery)."""

    name: str
    relation: str
    checks: list[Check] = field(default_factory=list)


def _bound(value: Any) -> str:
    return "any" if value is None else str(value)
