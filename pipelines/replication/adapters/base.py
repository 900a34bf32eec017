"""What every adapter answers, and the figures by which a copy is proved."""

import re
from dataclasses import dataclass, field
from typing import Protocol

from ibr.config import Table
from ibr.errors import ContractBroken

# Beside the columns of a landed row: why it cannot be stored, and its text as it was given.
REASON, ORIGINAL = "_ibr_reject_reason", "_ibr_original"


@dataclass(frozen=True)
class Column:
    """A source column: its name, and the DuckDB type that its mirror gets."""

    name: str
    type: str

    @property
    def is_numeric(self) -> bool:
        return self.type in ("BIGINT", "INTEGER", "SMALLINT", "HUGEINT", "DOUBLE", "FLOAT") or self.type.startswith(
            "DECIMAL"
        )

    @property
    def is_text(self) -> bool:
        return self.type == "VARCHAR"


@dataclass
class Figures:
    """What one side of a copy counts: rows, distinct keys, numeric sums and text lengths by column."""

    rows: int
    keys: int | None = None
    sums: dict[str, float | None] = field(default_factory=dict)
    lengths: dict[str, int | None] = field(default_factory=dict)


class Adapter(Protocol):
    """One source, open for reading."""

    def columns(self, table: str) -> list[Column]:
        """The table's columns in order; raises ContractBroken if there is no such table."""

    def relation(self, table: str) -> str:
        """A FROM clause that yields the table with every column as text or as its own type."""

    def reads_text(self) -> bool:
        """True where values arrive as text and still have to be cast to the column's type."""

    def refuses_rows(self) -> bool:
        """True where `relation` also yields what is no row, with REASON and ORIGINAL beside the columns."""

    def figures(self, table: str, columns: list[Column]) -> Figures:
        """What the source itself counts, in the same snapshot that `relation` reads."""


def where(table: Table) -> str:
    """The row filter that registry.yml sets on a table, as a WHERE clause."""
    return f" WHERE ({table.filter})" if table.filter else ""


def measures(columns: list[Column], dialect: str) -> str:
    """count(*), the sum of each numeric column and the summed length of each text column."""
    mark = "`" if dialect == "mysql" else '"'
    length = {"mysql": "char_length", "postgres": "char_length"}.get(dialect, "length")
    parts = ["count(*)"]
    for column in columns:
        name = mark + column.name.replace(mark, mark * 2) + mark
        if column.is_numeric and dialect == "sqlite":
            # Only of what is a number: a text in the column is quarantined and must not count
            parts.append(f"sum(CASE WHEN typeof({name}) IN ('integer', 'real') THEN {name} END)")
        elif column.is_numeric:
            parts.append(f"sum({name})")
        elif column.is_text:
            parts.append(f"sum({length}({name}))")
    # Named apart: a server function refuses an answer with two columns of one name.
    return ", ".join(f"{part} AS m{number}" for number, part in enumerate(parts))


def named_figures(columns: list[Column], row: tuple | None) -> Figures:
    """The answer to `measures`, by column."""
    values = iter(row or (0,))
    figures = Figures(rows=int(next(values)))
    for column in columns:
        if column.is_numeric:
            figures.sums[column.name] = _number(next(values, None))
        elif column.is_text:
            length = next(values, None)
            figures.lengths[column.name] = None if length is None else int(length)
    return figures


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))


def no_such_table(code: str, table: str, tables: list[str]) -> ContractBroken:
    """The error for a table that the source does not have, naming those it has."""
    shown = ", ".join(tables[:12]) + (" and more" if len(tables) > 12 else "")
    return ContractBroken(
        f"source {code}: there is no table {table}; it has {shown or 'none'}; "
        "if it was renamed, mend tables in registry.yml and the staging models"
    )


def plain_reason(error: Exception) -> str:
    """The kind of an error, in words: its own message may hold a row's values."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).lower()
