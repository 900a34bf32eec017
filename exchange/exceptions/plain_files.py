"""The same rows as CSV, and the manifest that says what was sent."""

import hashlib
import json
from pathlib import Path
from typing import Any

import duckdb

from exchange.exceptions.sheets import Column, Kind, Sheet
from ibr.spreadsheets import FORMULA_START
from warehouse.connection import literal, quoted


def write_csv(con: duckdb.DuckDBPyConnection, sheet: Sheet, table: str, path: Path) -> None:
    """Write the rows of `table` (the sheet's fields and `place`) in order under the sheet's headings.

    The manager's columns are there too, empty.
    """
    values = ", ".join(f"{_safe(column)} AS {quoted(column.heading)}" for column in sheet.columns)
    con.execute(
        f"COPY (SELECT {values} FROM {table} ORDER BY place) TO {literal(str(path))} (FORMAT csv, HEADER)"
    )


def write_manifest(folder: Path, content: dict[str, Any]) -> None:
    """Write `manifest.json` with `content` and the SHA-256 of every file in the folder."""
    sums = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())
    }
    text = json.dumps({**content, "sha256": sums}, indent=1, default=str)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")


def _safe(column: Column) -> str:
    """The value as text that no spreadsheet takes for a formula."""
    if column.field is None:
        return "NULL::VARCHAR"
    name = quoted(column.field)
    if column.kind is not Kind.TEXT:
        return name
    return f"CASE WHEN regexp_matches({name}, '^{FORMULA_START}') THEN '''' || {name} ELSE {name} END"
