"""The rows and fields that a request is about, out of the publication: the only place where they are chosen."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from exchange.sharing.catalogue import Mart
from exchange.sharing.request import Item, Range, Request
from warehouse.connection import attach, connect, quoted
from warehouse.query import published_file


@contextmanager
def published(home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of its own with the current publication attached to read, as `published`."""
    file = published_file(home)
    con = connect(":memory:", temp_directory=home / "tmp")
    try:
        attach(con, file, "published")
        yield con
    finally:
        con.close()


def version(con: duckdb.DuckDBPyConnection) -> str:
    """The name of the publication."""
    row = con.execute("SELECT version FROM published.main.about").fetchone()
    assert row is not None
    return str(row[0])


def stage(con: duckdb.DuckDBPyConnection, mart: Mart, request: Request, item: Item, table: str) -> int:
    """Make the temporary table of an item's rows: `row_number`, `subject`, and its fields; returns how many there are.

    Fields stand as they are in the mart: what leaves is made from this table.
    """
    conditions, values = _conditions(mart, request, item)
    fields = ", ".join(f"{mart.columns[name].expression} AS {quoted(name)}" for name in item.columns)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {quoted(table)} AS SELECT row_number() OVER () AS row_number, "
        f"{quoted(mart.subject)} AS subject, {fields} FROM published.marts.{quoted(mart.name)} "
        f"WHERE {' AND '.join(conditions) or 'true'}", values,
    )
    return count(con, quoted(table))


def rows_outside(
    con: duckdb.DuckDBPyConnection, mart: Mart, request: Request, item: Item, counties: list[str]
) -> int:
    """How many of an item's rows are of no county of the list."""
    conditions, values = _conditions(mart, request, item)
    conditions.append(f"coalesce(NOT list_contains($works_in::VARCHAR[], {quoted(mart.area)}), true)")
    return count(
        con, f"published.marts.{quoted(mart.name)} WHERE {' AND '.join(conditions)}", values | {"works_in": counties}
    )


def count(con: duckdb.DuckDBPyConnection, relation: str, values: dict[str, Any] | None = None) -> int:
    """How many rows a relation has."""
    row = con.execute(f"SELECT count(*) FROM {relation}", values or {}).fetchone()
    assert row is not None
    return int(row[0])


def _conditions(mart: Mart, request: Request, item: Item) -> tuple[list[str], dict[str, Any]]:
    conditions: list[str] = []
    values: dict[str, Any] = {}
    if request.counties != "all":
        conditions.append(f"list_contains($counties::VARCHAR[], {quoted(mart.area)})")
        values["counties"] = request.counties
    for place, (name, wanted) in enumerate(item.where.items()):
        column = mart.columns[name].expression
        if isinstance(wanted, Range):
            for sign, key, day in ((">=", f"from_{place}", wanted.first), ("<=", f"to_{place}", wanted.last)):
                if day:
                    conditions.append(f"{column} {sign} ${key}::DATE")
                    values[key] = day.isoformat()
        else:
            conditions.append(f"list_contains($values_{place}::VARCHAR[], CAST({column} AS VARCHAR))")
            values[f"values_{place}"] = wanted
    return conditions, values
