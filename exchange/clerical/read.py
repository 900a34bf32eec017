"""A clerical sample that came back: read, and refused as a whole where it is not what went out, or not filled in."""

import csv
import re
from collections.abc import Sequence
from pathlib import Path

import duckdb

from exchange.clerical.sheet import DECISION, PAIRS, SHOWN
from ibr.errors import UsageProblem
from ibr.spreadsheets import FORMULA_START
from linkage.clerical.samples import ANSWERS, cell_sum, kept_sums

_MOST_TOLD = 5  # faults named; the rest is counted
Row = tuple[int, dict[str, str]]


def read_answers(con: duckdb.DuckDBPyConnection, path: Path) -> tuple[str, dict[str, str]]:
    """(sample_id, answer by pair_id) of a filled-in workbook or CSV file.

    Raises UsageProblem, with every fault's row and column in one line, where the file cannot be read, holds a pair that
    was not drawn, lacks one, or holds it twice, where a cell was changed, or where a decision is missing or none of
    ANSWERS. No cell is repeated in a message: it may hold anything.
    """
    rows = _rows(path)
    pair_column = PAIRS.columns[0].heading
    sample_id, sums = kept_sums(con, [row[pair_column] for _, row in rows])
    if sample_id is None:
        raise UsageProblem(
            f"{path.name}: none of its {len(rows)} pairs was drawn in this workspace; a file that `ibr review sample "
            "--output` wrote was expected"
        )
    faults: list[str] = []
    answers: dict[str, str] = {}
    for number, row in rows:
        pair = row[pair_column]
        if pair not in sums:
            faults.append(f"row {number}, column {pair_column}: not a pair of sample {sample_id}")
        elif pair in answers:
            faults.append(f"row {number}, column {pair_column}: the pair stands in an earlier row already")
        else:
            faults += _faults(number, pair, row, sums[pair])
            answers[pair] = row[DECISION].lower()
    empty = [number for number, row in rows if not row[DECISION]]
    if empty:
        faults.append(f"column {DECISION}: is empty in {len(empty)} rows, first row {empty[0]}; write {_expected()}")
    if missing := sorted(set(sums) - set(answers)):
        faults.append(f"{len(missing)} of {len(sums)} pairs are missing, the first {missing[0]}")
    if faults:
        more = f"; and {len(faults) - _MOST_TOLD} more" if len(faults) > _MOST_TOLD else ""
        raise UsageProblem(f"{path.name}: {'; '.join(faults[:_MOST_TOLD])}{more}. Nothing was stored")
    return sample_id, answers


def _faults(number: int, pair: str, row: dict[str, str], sums: Sequence[str]) -> list[str]:
    faults = [
        f"row {number}, column {column.heading}: was changed; it must stay as it was written"
        for column, kept in zip(SHOWN, sums, strict=True)
        if kept not in (cell_sum(pair, column.heading, given) for given in _readings(row[column.heading]))
    ]
    if row[DECISION] and row[DECISION].lower() not in ANSWERS:
        faults.append(f"row {number}, column {DECISION}: is none of {_expected()}")
    return faults


def _readings(cell: str) -> tuple[str, ...]:
    """A cell as it stands, and without the apostrophe that keeps a CSV file's text from being taken for a formula."""
    return (cell, cell[1:]) if re.match(f"'{FORMULA_START}", cell) else (cell,)


def _expected() -> str:
    return f"{', '.join(ANSWERS[:-1])} or {ANSWERS[-1]}"


def _rows(path: Path) -> list[Row]:
    """(row number as a spreadsheet shows it, cell by heading), empty rows left out."""
    if not path.is_file():
        raise UsageProblem(f"{path}: no such file")
    suffix = path.suffix.lower()
    if suffix not in (".xlsx", ".csv"):
        raise UsageProblem(f"{path}: an .xlsx or .csv file was expected")
    headings, *lines = (_csv if suffix == ".csv" else _workbook)(path) or [[]]
    headings = [heading.strip() for heading in headings]
    if missing := [column.heading for column in PAIRS.columns if column.heading not in headings]:
        raise UsageProblem(
            f"{path.name}: has no column {', '.join(missing)}; a file that `ibr review sample --output` wrote was "
            "expected"
        )
    return [
        (number, dict(zip(headings, (*(cell.strip() for cell in line), *[""] * len(headings)), strict=False)))
        for number, line in enumerate(lines, start=2)
        if any(cell.strip() for cell in line)
    ]


def _csv(path: Path) -> list[list[str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            headings = file.readline()
            file.seek(0)
            # Spreadsheet programs write what their country's settings say.
            return list(csv.reader(file, delimiter=max(",;\t", key=headings.count)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageProblem(f"{path.name}: cannot be read as CSV ({type(error).__name__})") from None


def _workbook(path: Path) -> list[list[str]]:
    import fastexcel

    try:
        sheet = fastexcel.read_excel(str(path)).load_sheet(PAIRS.name, header_row=None, dtypes="string")
        columns = [column.to_pylist() for column in sheet.to_arrow().columns]
    except (fastexcel.FastExcelError, OSError) as error:
        raise UsageProblem(
            f"{path.name}: cannot be read as a workbook with a sheet {PAIRS.name} ({type(error).__name__})"
        ) from None
    return [["" if cell is None else str(cell) for cell in row] for row in zip(*columns, strict=True)]
