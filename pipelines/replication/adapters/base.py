"""What every adapter answers, and the figures by which a copy is proved."""

import re
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from ibr.config import Table
from ibr.errors import ContractBroken

# Beside the columns of a landed row: why it cannot be stored, and its text as it was given.
REASON, ORIGINAL = "_ibr_reject_reason", "_ibr_original"
NOT_REFUSED = f"NULL::VARCHAR AS {REASON}, NULL::VARCHAR AS {ORIGINAL}"


@dataclass(frozen=True)
class Column:
    """A source column: its name, and the DuckDB type that its mirror gets."""

    name: str
    type: str

    @property
    def is_numeric(self) -> bool:
        return self.type in _WHOLE or self.is_rough or self._digits is not None

    @property
    def is_rough(self) -> bool:
        """Whether sums are rough: floats, and decimals so long that DuckDB could not hold their sum."""
        return self.type in ("DOUBLE", "FLOAT") or (self._digits or 0) > _SUMMABLE_DIGITS

    @property
    def _digits(self) -> int | None:
        found = re.fullmatch(r"DECIMAL\((\d+),\d+\)", self.type)
        return int(found[1]) if found else None

    @property
    def is_text(self) -> bool:
        return self.type == "VARCHAR"

    @property
    def is_interval(self) -> bool:
        return self.type.startswith("INTERVAL")

    @property
    def is_moment(self) -> bool:
        """A date, or a date and time."""
        return self.type in ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE")


_SUMMABLE_DIGITS = 28  # of 38: ten thousand million rows
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")


@dataclass
class Figures:
    """What one side of a copy counts: rows, distinct keys, and by column the sum of numbers, the length of texts, and
    the earliest and latest moment in seconds since 1970. Where sums are rough (`Column.is_rough`) absolute values are
    summed, so that nothing cancels out, without what is no number, infinite or above 1e100."""

    rows: int
    keys: int | None = None
    sums: dict[str, float | None] = field(default_factory=dict)
    lengths: dict[str, float | None] = field(default_factory=dict)
    earliest: dict[str, float | None] = field(default_factory=dict)
    latest: dict[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Since:
    """What a table's mirror has seen: the source's own position, or the largest value of a cursor (see `cursor`)."""

    position: str | None = None
    cursor: Column | None = None
    value: str | None = None


class Changes(Enum):
    """What a source can tell of a table since a position: nothing changed, something did, or it does not know."""

    NONE = "none"
    SOME = "some"
    UNKNOWN = "unknown"


class Adapter(Protocol):
    """One source, open for reading in one snapshot."""

    def tables(self) -> list[str]:
        """The tables there are, without views, by the names that registry.yml may use."""

    def proposed_key(self, table: str) -> list[str]:
        """The columns that identify a row, as the source itself declares: its primary key, else its smallest unique key
        of columns that are always filled; empty where it declares none."""

    def proposed_cursor(self, table: str) -> str | None:
        """A column that the source itself moves with every change of a row; None where it says nothing of one."""

    def columns(self, table: str) -> list[Column]:
        """The table's columns in order; raises ContractBroken if there is no such table."""

    def rows(self, table: str, columns: list[Column], since: Since | None) -> str:
        """A FROM clause: the columns in their types, and REASON and ORIGINAL where a row cannot be stored. With
        `since`, at least every row that was written after it."""

    def keys(self, table: str, columns: list[Column]) -> str:
        """A FROM clause: the key columns of every row, in their types."""

    def figures(self, table: str, columns: list[Column]) -> Figures:
        """What the source itself counts, in the same snapshot that `rows` reads."""

    def position(self, table: str) -> str | None:
        """Where a table is now, for a later `changes`; None where the source has no change capture."""

    def changes(self, table: str, position: str, rows: int) -> Changes:
        """What happened to a table since a position, at which it had so many rows."""


def where(table: Table, *conditions: str | None) -> str:
    """The row filter that registry.yml sets on a table, and further conditions, as a WHERE clause."""
    parts = [f"({part})" for part in (table.filter, *conditions) if part]
    return " WHERE " + " AND ".join(parts) if parts else ""


@dataclass(frozen=True)
class Dialect:
    """How a database says what figures are made of. `{0}` is the value of a column, `{edge}` is min or max.

    `seconds` None: the database has no moments of its own, only texts.
    """

    quote: str
    length: str
    whole: str
    real: str
    seconds: str | None
    count: str = "count(*)"

    def name(self, identifier: str) -> str:
        """An identifier, quoted."""
        return self.quote + identifier.replace(self.quote, self.quote * 2) + self.quote

    def measures(self, columns: list[Column], values: dict[str, str] | None = None) -> str:
        """What `named_figures` takes, as a SELECT list. `values`: SQL for columns that are not read as they are."""
        parts = [self.count]
        for column in columns:
            value = (values or {}).get(column.name, self.name(column.name))
            if column.is_numeric:
                parts.append(f"sum({(self.real if column.is_rough else self.whole).format(value)})")
            elif column.is_text:
                parts.append(f"sum({self.length.format(value)})")
            elif column.is_moment and self.seconds:
                parts += [self.seconds.format(value, edge=edge) for edge in ("min", "max")]
        # Named apart: a server function refuses an answer with two columns of one name.
        return ", ".join(f"{part} AS m{number}" for number, part in enumerate(parts))

    def named_figures(self, columns: list[Column], row: tuple | None) -> Figures:
        """The answer to `measures`, by column."""
        values = iter(row or (0,))
        figures = Figures(rows=int(next(values)))
        for column in columns:
            if column.is_numeric:
                figures.sums[column.name] = _number(next(values, None))
            elif column.is_text:
                figures.lengths[column.name] = _number(next(values, None))
            elif column.is_moment and self.seconds:
                figures.earliest[column.name] = _number(next(values, None))
                figures.latest[column.name] = _number(next(values, None))
        return figures


_REAL = "CASE WHEN abs({0}) < 1e100 THEN abs({0}) END"
DUCKDB = Dialect(
    '"', "length({0})", "{0}", _REAL.replace("{0}", "{0}::DOUBLE"),
    "epoch({edge}({0}) FILTER (WHERE isfinite({0})))",
)  # fmt: skip
POSTGRES = Dialect(
    '"', "char_length(({0})::text)", "{0}", _REAL.replace("{0}", "({0})::float8"),
    "extract(epoch FROM {edge}({0}) FILTER (WHERE isfinite({0})))::float8",
)  # fmt: skip
# Only what is a number: a text in the column is quarantined and must not count.
SQLITE = Dialect(
    '"', "length({0})", "CASE WHEN typeof({0}) IN ('integer', 'real') THEN {0} END",
    "CASE WHEN typeof({0}) IN ('integer', 'real') AND abs({0}) < 1e100 THEN abs({0}) END", None,
)  # fmt: skip
# Characters, those outside the first plane too, with the blanks at the end: LEN leaves these out, and DATALENGTH counts
# such characters twice. The collation is there since 2012, DATEDIFF_BIG only since 2016.
_EDGE = "CAST({edge}({0}) AS datetime2(6))"
SQLSERVER = Dialect(
    '"', "LEN(CAST({0} AS nvarchar(max)) COLLATE Latin1_General_100_CI_AS_SC + N'.') - 1", "{0}",
    _REAL.replace("{0}", "CAST({0} AS float)"),
    f"DATEDIFF(day, '19700101', {_EDGE}) * CAST(86400 AS bigint) + DATEDIFF(second, CAST({_EDGE} AS date), {_EDGE}) "
    f"+ DATEPART(microsecond, {_EDGE}) / 1e6",
    count="count_big(*)",
)  # fmt: skip


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))


def row_hash(columns: list[Column]) -> str:
    """SQL: the hash of a row's content, in DuckDB. An interval goes by its text: a month is not thirty days."""
    return f"hash({', '.join(DUCKDB.name(c.name) + c.is_interval * '::VARCHAR' for c in columns)})"


def refuse_alike(code: str, table: str, columns: list[str]) -> None:
    """Raise ContractBroken for columns that differ by capitals alone: DuckDB does not tell them apart."""
    small = [name.lower() for name in columns]
    if alike := [name for name in columns if small.count(name.lower()) > 1]:
        raise ContractBroken(
            f"source {code}, table {table}: columns {', '.join(alike)} differ by capitals alone, which a mirror cannot "
            "tell apart; leave all but one out with `without` in registry.yml"
        )


def no_such_table(code: str, table: str, tables: list[str]) -> ContractBroken:
    """The error for a table that the source does not have, naming those it has."""
    shown = ", ".join(tables[:12]) + (" and more" if len(tables) > 12 else "")
    return ContractBroken(
        f"source {code}: there is no table {table}; it has {shown or 'none'}; "
        "if it was renamed, mend tables in registry.yml and the staging models"
    )


def not_allowed(code: str, what: str) -> ContractBroken:
    """The error for a table that the source does not let us read."""
    return ContractBroken(
        f"source {code}: the account may not read {what}; ask for the right to read every table that registry.yml "
        "names, or leave the table out"
    )


def in_several_schemas(code: str, table: str, schemas: list[str]) -> ContractBroken:
    """The error for a table's name that does not say which of several is meant."""
    return ContractBroken(
        f"source {code}: {len(schemas)} schemas have a table {table}; name it with its schema in "
        f"registry.yml, as {' or '.join(f'{schema}.{table}' for schema in schemas)}"
    )


def plain_reason(error: Exception) -> str:
    """The kind of an error, in words: its own message may hold a row's values."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).lower()
