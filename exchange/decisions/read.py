"""Reading what came back: a workbook as Excel or LibreOffice saved it, or CSV files, as text cell by cell."""

import codecs
import hashlib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path
from xml.etree import ElementTree

import polars as pl

from exchange.decisions.faults import Fault
from exchange.decisions.formulas import formulas
from exchange.decisions.names import Names
from exchange.decisions.opening import Locked, Reading, kind_of, opened
from exchange.exceptions.sheets import SHEETS
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


def read(path: Path, label: str, reading: Reading) -> tuple[list[Given], list[Fault]]:
    """The sheets of a file, and what is wrong with it as a file; `label` is what the file is called in what we tell.

    Raises UsageProblem as `kind_of` does.
    """
    kind, content, names = kind_of(path), path.read_bytes(), Names.of(reading.languages.values())
    try:
        plain = opened(path, content, reading)
    except Locked as locked:
        return [], [Fault(label, None, None, None, str(locked))]
    sheets, faults = (_csv if kind == ".csv" else _workbook)(plain, label, names)
    digest = hashlib.sha256(content).hexdigest()
    given = []
    for sheet, cells in sheets:
        headings = names.columns(sheet, _headings(cells))
        wrong = _wrong_headings(label, sheet, headings)
        faults += wrong
        if not wrong:
            given.append(Given(label, digest, sheet, _under_headings(sheet, headings, cells)))
    return given, faults


def _workbook(content: bytes, label: str, names: Names) -> tuple[list[tuple[Sheet, pl.DataFrame]], list[Fault]]:
    import fastexcel

    sheets: list[tuple[Sheet, pl.DataFrame]] = []
    faults: list[Fault] = []
    try:
        book = fastexcel.read_excel(content)
        for name in book.sheet_names:
            if sheet := names.sheet(name):
                cells = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string").to_polars()
                sheets.append((sheet, cells))
                faults += _formula_faults(content, label, name)
            elif names.are_ours(_headings(
                book.load_sheet(name, header_row=None, skip_rows=0, n_rows=1, dtypes="string").to_polars()
            )):
                faults.append(Fault(label, name, None, None, f"is none of the sheets {_names()}; decisions on it "
                                    "would be lost: move them to their sheet, or rename it"))
    except (fastexcel.FastExcelError, OSError, KeyError, zipfile.BadZipFile, ElementTree.ParseError) as error:
        return [], [Fault(label, None, None, None, f"cannot be read as a workbook ({type(error).__name__}); open it "
                          "in a spreadsheet program, and save it as .xlsx")]
    if not sheets and not faults:
        faults.append(Fault(label, None, None, None, f"has none of the sheets {_names()}"))
    return sheets, faults


def _formula_faults(content: bytes, label: str, sheet: str) -> Iterator[Fault]:
    for letters, row in islice(formulas(BytesIO(content), sheet), _MOST_FORMULAS):
        yield Fault(label, sheet, row, f"column {letters}", "holds a formula; write the value itself")


def _csv(content: bytes, label: str, names: Names) -> tuple[list[tuple[Sheet, pl.DataFrame]], list[Fault]]:
    text = _decoded(content)
    first = text.split("\n", 1)[0]
    separator = max(_SEPARATORS, key=first.count)
    try:
        cells = pl.read_csv(
            text.encode(), separator=separator, has_header=False, infer_schema=False, raise_if_empty=False
        )
    except pl.exceptions.PolarsError as error:
        return [], [Fault(label, None, None, None, f"cannot be read as CSV ({type(error).__name__}); every line "
                          "needs as many cells as the first")]
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


def _wrong_headings(file: str, sheet: Sheet, headings: list[str | None]) -> list[Fault]:
    expected = [column.heading for column in sheet.columns]
    missing = [heading for heading in expected if heading not in headings]
    repeated = [heading for heading in expected if headings.count(heading) > 1]
    faults = []
    if missing:
        faults.append(Fault(file, sheet.name, 1, None, f"column {', '.join(missing)} is missing; a file that "
                            "`ibr exceptions export` wrote was expected"))
    if repeated:
        faults.append(Fault(file, sheet.name, 1, None, f"column {', '.join(repeated)} stands there more than once"))
    return faults


def _under_headings(sheet: Sheet, headings: list[str | None], cells: pl.DataFrame) -> pl.DataFrame:
    """Our columns, without rows that hold nothing; rows are counted as a spreadsheet shows them."""
    wanted = {cells.columns[headings.index(column.heading)]: column.heading for column in sheet.columns}
    rows = cells.with_row_index(ROW, offset=1).slice(1).select(ROW, *wanted).rename(wanted)
    return rows.filter(pl.any_horizontal(pl.col(list(wanted.values())).str.strip_chars().str.len_chars() > 0))


def _names() -> str:
    return ", ".join(sheet.name for sheet in SHEETS)
