"""Reading what came back: a workbook as Excel or LibreOffice saved it, or CSV files, as text cell by cell."""

import codecs
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path

import polars as pl

from exchange.damage import is_damage
from exchange.decisions.faults import Wrong
from exchange.decisions.formulas import formulas
from exchange.decisions.names import Names
from exchange.decisions.opening import Locked, Reading, kind_of, opened
from exchange.exceptions.sheets import SHEETS
from exchange.exceptions.words import ENGLISH
from exchange.sheets import Sheet

_SEPARATORS = ",;\t"
_MOST_FORMULAS = 100  # told one by one; one is enough to refuse a file
ROW = "row number"


@dataclass(frozen=True)
class Given:
    """A sheet that came back: its cells as text under our headings, and the row that each stands in."""

    file: str
    sha256: str
    sheet: Sheet
    rows: pl.DataFrame


@dataclass(frozen=True)
class Back:
    """A file that came back: its sheets, what is wrong with it as a file, and the language it is in."""

    sheets: list[Given]
    wrong: list[Wrong]
    language: str = ENGLISH


def read(path: Path, label: str, reading: Reading) -> Back:
    """Read a file; `label` is what it is called in what we tell. Raises UsageProblem as `kind_of` does."""
    kind, content, names = kind_of(path), path.read_bytes(), Names.of(reading.languages.values())
    try:
        plain = opened(path, content, reading)
    except Locked as locked:
        # Told in English alone: it is for the secretariat, which keeps the keys.
        return Back([], [Wrong(label, "as_written", {"text": str(locked)})])
    sheets, wrong = (_csv if kind == ".csv" else _workbook)(plain, label, names)
    digest = hashlib.sha256(content).hexdigest()
    given = []
    for sheet, cells in sheets:
        headings = names.columns(sheet, _headings(cells))
        misplaced = _wrong_headings(label, sheet, headings)
        wrong += misplaced
        if not misplaced:
            given.append(Given(label, digest, sheet, _under_headings(sheet, headings, cells)))
    return Back(given, wrong, names.language(heading for _, cells in sheets for heading in _headings(cells)))


def _workbook(content: bytes, label: str, names: Names) -> tuple[list[tuple[Sheet, pl.DataFrame]], list[Wrong]]:
    import fastexcel

    sheets: list[tuple[Sheet, pl.DataFrame]] = []
    wrong: list[Wrong] = []
    try:
        book = fastexcel.read_excel(content)
        for name in book.sheet_names:
            if sheet := names.sheet(name):
                cells = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string").to_polars()
                sheets.append((sheet, cells))
                wrong += _formulas(content, label, name)
            elif names.are_ours(_headings(
                book.load_sheet(name, header_row=None, skip_rows=0, n_rows=1, dtypes="string").to_polars()
            )):
                wrong.append(Wrong(label, "fault_unknown_sheet", {"sheet": _names()}, name))
    except BaseException as error:
        if not is_damage(error):
            raise
        return [], [Wrong(label, "fault_no_workbook", {"error": type(error).__name__})]
    if not sheets and not wrong:
        wrong.append(Wrong(label, "fault_no_sheets", {"sheet": _names()}))
    return sheets, wrong


def _formulas(content: bytes, label: str, sheet: str) -> Iterator[Wrong]:
    for letters, row in islice(formulas(BytesIO(content), sheet), _MOST_FORMULAS):
        yield Wrong(label, "fault_formula", {}, sheet, row, f"column {letters}")


def _csv(content: bytes, label: str, names: Names) -> tuple[list[tuple[Sheet, pl.DataFrame]], list[Wrong]]:
    text = _decoded(content)
    first = text.split("\n", 1)[0]
    separator = max(_SEPARATORS, key=first.count)
    try:
        cells = pl.read_csv(
            text.encode(), separator=separator, has_header=False, infer_schema=False, raise_if_empty=False
        )
    except BaseException as error:
        if not is_damage(error):
            raise
        return [], [Wrong(label, "fault_no_csv", {"error": type(error).__name__})]
    headings = _headings(cells)
    # The sheet is told by its headings: files get other names on their way.
    likely = max(SHEETS, key=lambda sheet: len(set(filter(None, names.columns(sheet, headings)))))
    return [(likely, cells)], []


def _decoded(content: bytes) -> str:
    """As UTF-8, as UTF-16 where the file says so, else as spreadsheet programs on Windows write it."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _headings(cells: pl.DataFrame) -> list[str]:
    if not cells.height:
        return []
    return [" ".join(str(heading or "").split()) for heading in cells.row(0)]


def _wrong_headings(file: str, sheet: Sheet, headings: list[str | None]) -> list[Wrong]:
    expected = [column.heading for column in sheet.columns]
    missing = [heading for heading in expected if heading not in headings]
    repeated = [heading for heading in expected if headings.count(heading) > 1]
    return [
        Wrong(file, phrase, {"heading": ", ".join(wrong)}, sheet.name, 1)
        for phrase, wrong in (("fault_columns_missing", missing), ("fault_columns_repeated", repeated)) if wrong
    ]


def _under_headings(sheet: Sheet, headings: list[str | None], cells: pl.DataFrame) -> pl.DataFrame:
    """Our columns, without rows that hold nothing; rows are counted as a spreadsheet shows them."""
    wanted = {cells.columns[headings.index(column.heading)]: column.heading for column in sheet.columns}
    rows = cells.with_row_index(ROW, offset=1).slice(1).select(ROW, *wanted).rename(wanted)
    return rows.filter(pl.any_horizontal(pl.col(list(wanted.values())).str.strip_chars().str.len_chars() > 0))


def _names() -> str:
    return ", ".join(sheet.name for sheet in SHEETS)
