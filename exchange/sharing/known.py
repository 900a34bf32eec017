"""What a request is checked against: the day, and what the publication holds."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from exchange.sharing.catalogue import Mart, Marts, marts_of
from warehouse.audiences.sensitivity import Sensitivity
from warehouse.connection import quoted

_MOST_VALUES = 60  # of a column whose values are told
_NUMBERS = ("INTEGER", "BIGINT", "HUGEINT", "DOUBLE", "DECIMAL")
_DAYS = ("DATE", "TIMESTAMP")


@dataclass(frozen=True)
class Known:
    """The day of the request; the marts that may be shared; counties by code, types of columns, values that are few.

    Where these are not known (`columns_alone`), only columns are held against a request: it was taken before.
    """

    today: dt.date
    marts: Marts
    counties: dict[str, str] | None = None
    types: dict[tuple[str, str], str] = field(default_factory=dict)
    values: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, con: duckdb.DuckDBPyConnection, today: dt.date) -> "Known":
        """What `con`, with the publication attached as `published`, knows."""
        counties = con.execute(
            "SELECT county_code, any_value(county_name) FROM published.marts.dim_area "
            "WHERE county_code IS NOT NULL GROUP BY ALL"
        ).fetchall()
        types = con.execute(
            "SELECT table_name, column_name, data_type FROM duckdb_columns() "
            "WHERE database_name = 'published' AND schema_name = 'marts'"
        ).fetchall()
        columns = {(mart, column): kind for mart, column, kind in types}
        marts = marts_of(con)
        return cls(today, marts, dict(counties), columns, _few_values(con, marts, columns))

    @classmethod
    def columns_alone(cls, marts: Marts) -> "Known":
        """For a request on record: that it asks for what may be shared is all that is looked at again."""
        return cls(dt.date.min, marts)

    def county_codes(self, given: Sequence[str]) -> list[str]:
        """The codes of counties that are given by code or name. Raises ValueError naming those that are none."""
        if self.counties is None:
            return list(given)
        by_name = {name.lower(): code for code, name in self.counties.items() if name}
        found = {text: text if text in self.counties else by_name.get(text.lower()) for text in given}
        if unknown := [text for text, code in found.items() if code is None]:
            raise ValueError(f"{', '.join(unknown)} is no county; expected codes or names as in marts.dim_area, or all")
        if not found:
            raise ValueError("no county is named; name some, or write all")
        return list(dict.fromkeys(code for code in found.values() if code is not None))

    def is_date(self, mart: str, column: str) -> bool:
        return not self.types or self.types.get((mart, column), "").startswith(_DAYS)

    def is_number(self, mart: str, column: str) -> bool:
        return not self.types or self.types.get((mart, column), "").startswith(_NUMBERS)

    def problem_with(self, mart: Mart, column: str, wanted: Sequence[str]) -> str | None:
        """Why rows cannot be chosen by these values: there are none such, and which there are."""
        there = self.values.get((mart.name, column))
        odd = [value for value in wanted if there is not None and value not in there]
        if not odd:
            return None
        return f"{', '.join(odd)} does not occur; there are {', '.join(sorted(there or ()))}"


def _few_values(
    con: duckdb.DuckDBPyConnection, marts: Marts, types: dict[tuple[str, str], str]
) -> dict[tuple[str, str], set[str]]:
    """The values of text and yes-no columns that have but a few: those are codes, in which a slip shows."""
    found = {}
    for mart in marts.values():
        texts = [name for name in mart.columns if types.get((mart.name, name)) in ("VARCHAR", "BOOLEAN")]
        codes = [name for name in texts if mart.columns[name].sensitivity is not Sensitivity.IDENTIFIER]
        # First about how many: lists of all values of a nation's texts do not fit into memory.
        counts = _of_each(con, mart, codes, "approx_count_distinct({})")
        few = [name for name in codes if counts[name] <= 2 * _MOST_VALUES]
        for name, values in _of_each(con, mart, few, "list(DISTINCT CAST({} AS VARCHAR))").items():
            if values and len(values) <= _MOST_VALUES:
                found[mart.name, name] = set(values)
    return found


def _of_each(con: duckdb.DuckDBPyConnection, mart: Mart, columns: Sequence[str], sql: str) -> dict[str, Any]:
    """An aggregate (`sql`, with a place for the column) of each of a mart's columns."""
    if not columns:
        return {}
    aggregates = ", ".join(sql.format(quoted(name)) for name in columns)
    row = con.execute(f"SELECT {aggregates} FROM published.marts.{quoted(mart.name)}").fetchone()
    assert row is not None
    return dict(zip(columns, row, strict=True))
