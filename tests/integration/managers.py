"""Exception files of two programs, as their managers fill them in."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import openpyxl

from exchange.decisions import Outcome, Refused, import_files
from exchange.exceptions import ExceptionFile
from tests.integration.test_exceptions_export import MARTS, NASTY
from warehouse.connection import connect
from warehouse.schemas import prepare

FILE_DAY, TODAY = dt.date(2026, 6, 30), dt.date(2026, 7, 5)
ANSWER = {
    "decision": "same person", "action taken": "exit here", "decided by": "Amina", "decided on": dt.date(2026, 7, 1)
}
DEAD = {"decision": "deceased confirmed", "decided by": "Amina", "decided on": dt.date(2026, 7, 2)}


@dataclass
class Exported:
    """A warehouse that has exported its files, in a folder that a test may spoil."""

    con: duckdb.DuckDBPyConnection
    files: dict[str, ExceptionFile]


@contextmanager
def opened(home: Path) -> Iterator[Exported]:
    with connect(home / "warehouse.duckdb") as con:
        folders = {path.parent.name: path for path in home.glob("exceptions/*/2026-06-30")}
        yield Exported(con, {program: ExceptionFile(program, folder, {}) for program, folder in folders.items()})


def warehouse(path: Path | str = ":memory:"):
    """A warehouse with what the export tests find: a suspected pair (m2) of X alone, a sure one (m1) of X and Y."""
    con = connect(path)
    prepare(con)
    con.execute(MARTS.replace("$nasty$", f"'{NASTY}'"))
    return con


def fill(file: ExceptionFile | Path, target: Path, answers: dict, change=None) -> Path:
    """Save a workbook anew with cells filled in: {sheet: {row: {heading: value}}}; `change` spoils the book first."""
    book = openpyxl.load_workbook(file if isinstance(file, Path) else file.workbook)
    for name, rows in answers.items():
        headings = {cell.value: cell.column for cell in book[name][1]}
        for row, cells in rows.items():
            for heading, value in cells.items():
                book[name].cell(row, headings[heading]).value = value
    if change:
        change(book)
    book.save(target)
    return target


def bring_back(con, *paths: Path, **options) -> Outcome:
    return import_files(
        con, paths, **{"today": TODAY, "imported_at": dt.datetime(2026, 7, 5, 9, tzinfo=dt.UTC)} | options
    )


def refused(con, *paths: Path, **options) -> Refused:
    try:
        bring_back(con, *paths, **options)
    except Refused as refusal:
        return refusal
    raise AssertionError("the files were not refused")


def states(con, program: str) -> dict[str, str]:
    """Each finding's state by what it is about."""
    return dict(con.execute(
        "SELECT coalesce(match_id, evidence ->> 'reason'), status FROM ops.exceptions WHERE program = ?", [program]
    ).fetchall())
