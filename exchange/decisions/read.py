"""Reading what came back: a workbook as Excel or LibreOffice saved it, or CSV files, as text cell by cell."""

import codecs
import hashlib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from xml.etree import ElementTree

import polars as pl

from exchange.decisions.faults import Fault
from exchange.decisions.formulas import formulas
from exchange.exceptions.sheets import SHEETS
from exchange.sheets import Sheet
from ibr.errors import UsageProblem

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


def require_readable(path: Path) -> None:
    """Raise UsageProblem where there is no such file, or it is neither .xlsx nor .csv."""
    if not path.is_file():
        raise UsageProblem(f"{path}: no such file")
    if path.suffix.lower() not in (".xlsx", ".csv"):
        raise UsageProblem(f"{path}: an .xlsx or .csv file was expected; save it as one of these")


def read(path: Path, label: str) -> tuple[list[Given], list[Fault]]:
    """The sheets of a file, and what is wrong with it as a file; `label` is what the file is called in what we tell.

    Raises UsageProblem as `require_readable` does.
    """
    require_readable(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    sheets, faults = (_csv if path.suffix.lower() == ".csv" else _workbook)(path, label)
    given = []
    for sheet, cells in sheets:
        headings = _headings(cells)
        wrong = _wrong_headings(label, sheet, headings)
        faults += wrong
        if not wrong:
            given.append(Given(label, digest, sheet, _under_headings(sheet, headings, cells)))
    return given, faults


def _workbook(path: Path, label: str) -> tuple[list[tuple[Sheet, pl.DataFrame]], list[Fault]]:
    import fastexcel

    ours = {sheet.name.lower(): sheet for sheet in SHEETS}
    sheets: list[tuple[Sheet, pl.DataFrame]] = []
    faults: list[Fault] = []
    try:
        book = fastexcel.read_excel(str(path))
        for name in book.sheet_names:
            if sheet := ours.get(name.strip().lower()):
                cells = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string").to_polars()
                sheets.append((sheet, cells))
                faults += _formula_faults(path, label, name)
            elif "exception_id" in _headings(
                book.load_sheet(name, header_row=None, skip_rows=0, n_rows=1, dtypes="string").to_polars()
            ):
                faults.append(Fault(label, name, None, None, f"is none of the sheets {_names()}; decisions on it "
                                    "would be lost: move them to their sheet, or rename it"))
    except (fastexcel.FastExcelError, OSError, KeyError, zipfile.BadZipFile, ElementTree.ParseError) as error:
        return [], [Fault(label, None, None, None, f"cannot be read as a workbook ({type(error).__name__}); open it "
                          "in a spreadsheet program, without a password, and save it as .xlsx")]
    if not sheets and not faults:
        faults.append(Fault(label, None, None, None, f"has none of the sheets {_names()}"))
    return sheets, faults


def _formula_faults(path: Path, label: str, sheet: str) -> Iterator[Fault]:
    for letters, row in islice(formulas(path, sheet), _MOST_FORMULAS):
        yield Fault(label, sheet, row, f"column {letters}", "holds a formula; write the value itself")


def _csv(path: Path, label: str) -> tuple[list[tuple[Sheet, pl.DataFrame]], list[Fault]]:
    text = _decoded(path.read_bytes())
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
    likely = max(SHEETS, key=lambda sheet: len({column.heading for column in sheet.columns} & set(headings)))
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


def _wrong_headings(file: str, sheet: Sheet, headings: list[str]) -> list[Fault]:
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


def _under_headings(sheet: Sheet, headings: list[str], cells: pl.DataFrame) -> pl.DataFrame:
    """Our columns, without rows that hold nothing; rows are counted as a spreadsheet shows them."""
    wanted = {cells.columns[headings.index(column.heading)]: column.heading for column in sheet.columns}
    rows = cells.with_row_index(ROW, offset=1).slice(1).select(ROW, *wanted).rename(wanted)
    return rows.filter(pl.any_horizontal(pl.col(list(wanted.values())).str.strip_chars().str.len_chars() > 0))


def _names() -> str:
    return ", ".join(sheet.name for sheet in SHEETS)
