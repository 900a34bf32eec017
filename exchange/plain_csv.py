"""The rows of a sheet as CSV, for systems and for people without a spreadsheet program."""

from pathlib import Path

import duckdb

from exchange.sheets import Column, Kind, Sheet
from ibr.spreadsheets import FORMULA_START
from warehouse.connection import literal, quoted


def write_csv(con: duckdb.DuckDBPyConnection, sheet: Sheet, table: str, path: Path) -> None:
    """Write the rows of `table` (the sheet's fields and `place`) in order under the sheet's headings.

    The columns to fill in are there too, empty.
    """
    values = ", ".join(f"{_safe(column)} AS {quoted(column.heading)}" for column in sheet.columns)
    con.execute(f"COPY (SELECT {values} FROM {table} ORDER BY place) TO {literal(str(path))} (FORMAT csv, HEADER)")


def _safe(column: Column) -> str:
    """The value as text that no spreadsheet takes for a formula."""
    if column.field is None:
        return "NULL::VARCHAR"
    name = quoted(column.field)
    if column.kind is not Kind.TEXT:
        return name
    return f"CASE WHEN regexp_matches({name}, '^{FORMULA_START}') THEN '''' || {name} ELSE {name} END"
