"""Workbooks: the one sheet that holds the table, every cell as the text it stands for."""

from dataclasses import dataclass
from pathlib import Path

import fastexcel
import polars as pl
import pyarrow as pa

from ibr.delimited import HEADER_AMONG, RepeatedColumn, column_names, plain
from pipelines.replication.adapters.reading.merged_cells import merged_over_rows
from pipelines.replication.adapters.reading.problem import Unreadable

# What Excel shows in the cell: as a value it is then seen to be none.
_ERRORS = {
    "Div0": "#DIV/0!", "NA": "#N/A", "Name": "#NAME?", "Null": "#NULL!", "Num": "#NUM!", "Ref": "#REF!",
    "Value": "#VALUE!",
}  # fmt: skip
_MIDNIGHT = r"^(\d{4}-\d{2}-\d{2}) 00:00:00$"
_MOST_DIGITS = 15  # of a number in Excel; what a person types beyond becomes noughts


@dataclass(frozen=True)
class _Sheet:
    """A sheet, its first rows, and at which of them the header stands; None: not told by the columns it should have."""

    name: str
    top: list[tuple[str | None, ...]]
    header: int | None


def read_workbook(path: Path, sheet: str | None, named: set[str], key: list[str]) -> pa.Table:
    """The rows below the header, as text: dates in ISO 8601, numbers with all digits, an error as Excel shows it.

    `sheet` is the sheet to read, or None for the only one that is not empty, or that has the `named` columns. The
    header is the row that has them; else the first. Raises Unreadable.
    """
    try:
        return _read(path, _open(path), sheet, named, key)
    except fastexcel.FastExcelError:
        raise _no_workbook(path) from None


def _read(path: Path, reader: fastexcel.ExcelReader, sheet: str | None, named: set[str], key: list[str]) -> pa.Table:
    found = _choose(path, reader, sheet, named)
    header = found.header if found.header is not None else next(
        place for place, row in enumerate(found.top) if any(row)
    )
    try:
        names = column_names([cell or "" for cell in found.top[header]])
    except RepeatedColumn as repeated:
        raise Unreadable(f"{path.name} has the column(s) {repeated} more than once; give each its own name") from None
    if merged := merged_over_rows(path, found.name, below=header):
        raise Unreadable(
            f"{path.name}, sheet {found.name}: cells {', '.join(merged[:3])} are merged over several rows, so that all "
            "but the first would be blank; unmerge them and fill every cell"
        )
    frame = _grid(reader, found.name).slice(header + 1)
    frame.columns = names
    for column in set(key) & set(names):
        _refuse_rounded(path, reader, found.name, header, frame[column], names.index(column))
    return frame.with_columns(pl.all().str.replace(_MIDNIGHT, "$1")).to_arrow()


def _open(path: Path) -> fastexcel.ExcelReader:
    try:
        return fastexcel.read_excel(path)
    except Exception as error:
        # Its reader raises kinds of its own, whose words may hold cells.
        if "password" in str(error).lower():
            raise Unreadable(
                f"{path.name} is protected by a password; in Excel: File, Info, Protect Workbook, Encrypt with "
                "Password, delete the password, save, and send it over a protected way instead"
            ) from None
        raise _no_workbook(path) from None


def _no_workbook(path: Path) -> Unreadable:
    return Unreadable(f"{path.name} cannot be read as a workbook; open it, and save it again as .xlsx")


def _choose(path: Path, reader: fastexcel.ExcelReader, sheet: str | None, named: set[str]) -> _Sheet:
    if sheet is not None and sheet not in reader.sheet_names:
        raise Unreadable(
            f"{path.name} has no sheet {sheet}; it has {', '.join(reader.sheet_names)}. Rename it there, or mend sheet "
            "in registry.yml"
        )
    names = [sheet] if sheet is not None else reader.sheet_names
    filled = [seen for name in names if (seen := _look_at(reader, name, named, is_asked_for=sheet is not None))]
    if not filled:
        raise Unreadable(f"{path.name} holds no row at all; a header and rows were expected")
    fitting = [seen for seen in filled if seen.header is not None] or filled
    if len(fitting) > 1:
        raise Unreadable(
            f"{path.name} has several sheets that may be meant ({', '.join(seen.name for seen in fitting)}); name the "
            "one to read in registry.yml, as sheet: NAME"
        )
    return fitting[0]


def _look_at(reader: fastexcel.ExcelReader, name: str, named: set[str], *, is_asked_for: bool) -> _Sheet | None:
    """The top of a sheet; None for an empty or a hidden one that nobody asked for."""
    top = reader.load_sheet(name, header_row=None, dtypes="string", n_rows=HEADER_AMONG)
    if top.height == 0 or (top.visible != "visible" and not is_asked_for):
        return None
    rows: list[tuple[str | None, ...]] = top.to_polars().rows()
    header = next((n for n, row in enumerate(rows) if named and named <= {plain(cell) for cell in row}), None)
    return _Sheet(name, rows, header) if any(any(row) for row in rows) else None


def _grid(reader: fastexcel.ExcelReader, name: str) -> pl.DataFrame:
    """All cells as text, errors too: as blanks nobody would see them."""
    batch, errors = reader.load_sheet(name, header_row=None, dtypes="string").to_arrow_with_errors()
    frame = pl.DataFrame(pl.from_arrow(batch))
    by_column: dict[int, dict[int, str]] = {}
    for error in errors.errors if errors else []:
        row, column = error.offset_position
        kind = next((shown for kind, shown in _ERRORS.items() if f"Error({kind})" in error.detail), "#ERROR!")
        by_column.setdefault(column, {})[row] = kind
    for column, cells in by_column.items():
        shown = frame.to_series(column).scatter(list(cells), list(cells.values()))
        frame = frame.with_columns(shown.alias(frame.columns[column]))
    return frame


def _refuse_rounded(
    path: Path, reader: fastexcel.ExcelReader, sheet: str, header: int, texts: pl.Series, place: int
) -> None:
    """Raise Unreadable where a key is a number of more digits than Excel keeps: people would become one person."""
    if not texts.str.contains(rf"^[0-9]{{{_MOST_DIGITS + 1},}}$").any():
        return
    cells = reader.load_sheet(sheet, header_row=None, skip_rows=header + 1, use_columns=[place]).to_polars().to_series()
    if cells.dtype.is_numeric():
        raise Unreadable(
            f"{path.name}: the numbers in {texts.name} have more than {_MOST_DIGITS} digits, and Excel keeps no more; "
            "make the column text before anything is typed or pasted into it, or send CSV"
        )
