"""The files that leave: rows under pseudonyms in an order of their own, or a table; as CSV and as Parquet."""

from pathlib import Path
from typing import Any

import duckdb

from exchange.sharing.catalogue import Mart, Sensitivity, catalogue
from exchange.sharing.pseudonyms import token
from exchange.sharing.request import Item
from ibr.spreadsheets import FORMULA_START
from warehouse.connection import literal, quoted

ROW_MARK = "row_mark"


def pseudonymise(con: duckdb.DuckDBPyConnection, staged: str, item: Item, number: int, pads: dict[str, Any]) -> None:
    """Make the temporary table `leaving` of staged rows, identifiers as pseudonyms, with a mark of its own in each row.

    `number`: of the extract, so that a mark tells also which of several it left with.
    """
    mart = catalogue().marts[item.mart]
    fields = ", ".join(f"{_leaving(mart, item, name)} AS {quoted(name)}" for name in item.fields)
    mark = token(f"{literal(f'row:{number}:{mart.name}:')} || row_number")
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE leaving AS SELECT {fields}, {mark} AS {ROW_MARK} FROM {quoted(staged)}", pads
    )


def tokens(con: duckdb.DuckDBPyConnection, item: Item) -> None:
    """Add the tokens in `leaving` to the temporary table `sharing_marks`, by a sum that does not tell them."""
    mart = catalogue().marts[item.mart]
    hidden = [name for name in item.fields if _is_hidden(mart, item, name)]
    for name in (ROW_MARK, *hidden):
        con.execute(
            f"INSERT INTO sharing_marks SELECT DISTINCT {literal(item.mart)}, {literal(name)}, "
            f"md5_number_lower({quoted(name)}) FROM leaving WHERE {quoted(name)} IS NOT NULL"
        )


def write(con: duckdb.DuckDBPyConnection, folder: Path, stem: str, table: str, order: str, columns: list[str]) -> None:
    """Write a table as `<stem>.csv` and `<stem>.parquet`, in order of a column."""
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
