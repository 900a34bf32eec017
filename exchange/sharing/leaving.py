"""The files that leave: rows under pseudonyms in an order of their own, or a table; as CSV and as Parquet."""

from pathlib import Path
from typing import Any

import duckdb

from exchange.sharing.catalogue import Mart, Marts
from exchange.sharing.request import Item, Request
from exchange.sharing.selection import count
from ibr.spreadsheets import FORMULA_START
from warehouse.audiences.sensitivity import Sensitivity
from warehouse.connection import literal, quoted
from warehouse.tokens import token

ROW_MARK = "row_mark"


def write_records(
    con: duckdb.DuckDBPyConnection, marts: Marts, request: Request, number: int, pads: dict[str, Any], folder: Path
) -> dict[str, int]:
    """Write the rows of each mart under pseudonyms, with a mark of its own in each; returns how many there are.

    The rows are those of `asked_0`, `asked_1`, ... (`assessment.assessed`). `number`: of the extract, so that a mark
    tells also which of several it left with. Sums of the marks and pseudonyms are left in `sharing_marks`.
    """
    con.execute("CREATE OR REPLACE TEMP TABLE sharing_marks (mart VARCHAR, column_name VARCHAR, mark UBIGINT)")
    rows = {}
    for place, item in enumerate(request.data):
        mart = marts[item.mart]
        _pseudonymise(con, f"asked_{place}", mart, item, number, pads)
        _note_marks(con, mart, item)
        # Marks are random, so the order tells nothing of where a row stood in the registry.
        _write(con, folder, item.mart, "leaving", ROW_MARK, [*item.fields, ROW_MARK])
        rows[item.mart] = count(con, "leaving")
    return rows


def write_tables(con: duckdb.DuckDBPyConnection, request: Request, folder: Path) -> dict[str, int]:
    """Write the tables `counted_0`, `counted_1`, ... (`assessment.assessed`); returns how many cells they have."""
    rows = {}
    for place, item in enumerate(request.data):
        table = f"counted_{place}"
        _write(con, folder, item.mart, table, "cell", [*item.by, "rows", *item.sums, "is_suppressed"])
        rows[item.mart] = count(con, table)
    return rows


def _pseudonymise(
    con: duckdb.DuckDBPyConnection, staged: str, mart: Mart, item: Item, number: int, pads: dict[str, Any]
) -> None:
    """Make the temporary table `leaving` of staged rows."""
    fields = ", ".join(f"{_leaving(mart, item, name)} AS {quoted(name)}" for name in item.fields)
    mark = token(f"{literal(f'row:{number}:{mart.name}:')} || row_number")
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE leaving AS SELECT {fields}, {mark} AS {ROW_MARK} FROM {quoted(staged)}", pads
    )


def _note_marks(con: duckdb.DuckDBPyConnection, mart: Mart, item: Item) -> None:
    """Add the marks and pseudonyms in `leaving` to `sharing_marks`, by sums that do not tell them."""
    hidden = [name for name in item.fields if _is_hidden(mart, item, name)]
    for name in (ROW_MARK, *hidden):
        con.execute(
            f"INSERT INTO sharing_marks SELECT DISTINCT {literal(item.mart)}, {literal(name)}, "
            f"md5_number_lower({quoted(name)}) FROM leaving WHERE {quoted(name)} IS NOT NULL"
        )


def _write(con: duckdb.DuckDBPyConnection, folder: Path, stem: str, table: str, order: str, columns: list[str]) -> None:
    """`<stem>.csv` and `<stem>.parquet` of a table, in order of a column."""
    types = dict(con.execute(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ? AND database_name = 'temp'", [table]
    ).fetchall())
    plain = ", ".join(quoted(name) for name in columns)
    safe = ", ".join(_safe(name) if types[name] == "VARCHAR" else quoted(name) for name in columns)
    for selected, suffix, options in ((safe, "csv", "FORMAT csv, HEADER"), (plain, "parquet", "FORMAT parquet")):
        con.execute(
            f"COPY (SELECT {selected} FROM {quoted(table)} ORDER BY {quoted(order)}) "
            f"TO {literal(str(folder / f'{stem}.{suffix}'))} ({options})"
        )


def _leaving(mart: Mart, item: Item, name: str) -> str:
    if not _is_hidden(mart, item, name):
        return quoted(name)
    return token(f"{literal(f'{mart.columns[name].pseudonym}:')} || CAST({quoted(name)} AS VARCHAR)")


def _is_hidden(mart: Mart, item: Item, name: str) -> bool:
    return mart.columns[name].sensitivity is Sensitivity.IDENTIFIER and name not in item.in_clear


def _safe(name: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    column = quoted(name)
    return f"CASE WHEN regexp_matches({column}, '^{FORMULA_START}') THEN '''' || {column} ELSE {column} END AS {column}"
