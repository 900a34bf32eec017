"""A workbook that goes out and comes back: a first sheet in plain words, then sheets locked but for what to fill in."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from exchange.sheets import Column, Kind, Sheet

# Excel holds 1,048,576 rows; the rest of a longer list is in the CSV file, and the first sheet says so.
MOST_ROWS = 1_000_000
# Three lines of text in every row: no program fits heights to wrapped text by itself when it opens a file.
_HEADER_HEIGHT, _ROW_HEIGHT = 48, 46
_KEPT_IN_SIGHT = 2
_NUMBER_FORMATS = {Kind.DATE: "yyyy-mm-dd", Kind.MONEY: "#,##0.00", Kind.SHARE: "0.00%", Kind.NUMBER: "0"}
# Locked cells may still be looked at, filtered and widened.
_ALLOWED = {"autofilter": True, "sort": True, "format_columns": True, "format_rows": True}


@dataclass(frozen=True)
class Labels:
    """What the workbook itself says, beside its rows; `&P` and `&N` in `page` are the page and how many there are."""

    first_sheet: str = "Read me"
    page: str = "Page &P of &N"
    choose: str = "Choose from the list"
    one_of: str = "One of: {choices}"
    a_date: str = "A date, please"
    for_example: str = "For example 2026-07-15"


class LockedWorkbook:
    """Writes one workbook from rows that come in order; holds one row at a time in memory.

    `target`: a file, or a buffer, for which all rows are held in memory and nothing is written elsewhere; `dated` is
    in the file instead of the clock, so that the same rows give the same file; `footer` is printed on every page;
    `first_sheet`: the words of the first sheet as (style, line), style one of title, heading, text.
    """

    def __init__(
        self,
        target: Path | BytesIO,
        *,
        title: str,
        dated: dt.date,
        footer: str,
        first_sheet: Iterable[tuple[str, str]],
        labels: Labels | None = None,
    ) -> None:
        self._footer = footer
        self._labels = labels or Labels()
        is_file = isinstance(target, Path)
        self._book = xlsxwriter.Workbook(
            str(target) if is_file else target,
            # Names such as =HYPERLINK(...) or @SUM stay text: they come from a form anyone can fill in.
            {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
             "constant_memory": is_file, "in_memory": not is_file, "default_date_format": "yyyy-mm-dd"},
        )
        self._book.set_properties({"title": title, "created": dt.datetime.combine(dated, dt.time())})
        self._header = self._book.add_format(
            {"bold": True, "bg_color": "#1F3864", "font_color": "white", "text_wrap": True, "valign": "vcenter",
             "border": 1}
        )
        self._header_to_fill = self._book.add_format(
            {"bold": True, "bg_color": "#BF8F00", "font_color": "white", "text_wrap": True, "valign": "vcenter",
             "border": 1}
        )
        self._mark = self._book.add_format({"bg_color": "#F8CBAD"})
        self._formats = {
            (kind, to_fill): self._cell_format(kind, to_fill) for kind in Kind for to_fill in (False, True)
        }
        self._write_first_sheet(first_sheet)

    def add_sheet(self, sheet: Sheet, rows: Iterable[Sequence[Any]]) -> int:
        """Add a sheet with its rows (one value a column that is not to be filled in); returns how many."""
        worksheet = self._book.add_worksheet(sheet.name)
        self._set_up(worksheet, sheet)
        formats = [self._formats[column.kind, column.is_to_fill_in] for column in sheet.columns]
        writers = [_writer(worksheet, column) for column in sheet.columns]
        given = [place for place, column in enumerate(sheet.columns) if not column.is_to_fill_in]
        empty = [place for place, column in enumerate(sheet.columns) if column.is_to_fill_in]
        last = 0
        # The one loop over rows in Python: a cell can be written in no other way.
        for last, row in enumerate(rows, start=1):
            for place, value in zip(given, row, strict=True):
                if value is None:
                    worksheet.write_blank(last, place, None, formats[place])
                else:
                    writers[place](last, place, value, formats[place])
            for place in empty:
                worksheet.write_blank(last, place, None, formats[place])
        worksheet.autofilter(0, 0, max(last, 1), len(sheet.columns) - 1)
        self._add_choices(worksheet, sheet, max(last, 1))
        self._mark_differences(worksheet, sheet, max(last, 1))
        return last

    def close(self) -> None:
        """Finish the file."""
        self._book.close()

    def _cell_format(self, kind: Kind, to_fill: bool) -> Format:
        look: dict[str, Any] = {"valign": "top", "text_wrap": kind is Kind.TEXT, "border": 1, "border_color": "#D9D9D9"}
        if kind in _NUMBER_FORMATS:
            look["num_format"] = _NUMBER_FORMATS[kind]
        elif kind is Kind.TEXT:
            look["num_format"] = "@"
        if to_fill:
            look |= {"locked": False, "bg_color": "#FFF2CC"}
        return self._book.add_format(look)

    def _write_first_sheet(self, lines: Iterable[tuple[str, str]]) -> None:
        worksheet = self._book.add_worksheet(self._labels.first_sheet)
        worksheet.set_column(0, 0, 72)  # an A4 page as it is, also in a wide font: not every program shrinks to fit
        worksheet.hide_gridlines(2)
        worksheet.set_portrait()
        worksheet.set_paper(9)
        worksheet.fit_to_pages(1, 0)
        styles = {
            "title": self._book.add_format({"bold": True, "font_size": 14, "font_color": "#1F3864", "text_wrap": True}),
            "heading": self._book.add_format({"bold": True, "font_size": 12, "font_color": "#1F3864", "top": 1}),
            "text": self._book.add_format({"text_wrap": True, "valign": "top"}),
        }
        for place, (style, text) in enumerate(lines):
            # Wrapped lines get no height of their own in every program that opens the file.
            worksheet.set_row(place, {"title": 40, "heading": 24}.get(style, 15 * (1 + len(text) // 78)))
            worksheet.write_string(place, 0, text, styles[style])
        worksheet.protect("", _ALLOWED)

    def _set_up(self, worksheet: Worksheet, sheet: Sheet) -> None:
        for place, column in enumerate(sheet.columns):
            worksheet.set_column(place, place, column.width)
        worksheet.set_default_row(_ROW_HEIGHT)
        worksheet.set_row(0, _HEADER_HEIGHT)
        for place, column in enumerate(sheet.columns):
            style = self._header_to_fill if column.is_to_fill_in else self._header
            worksheet.write_string(0, place, column.heading, style)
        worksheet.freeze_panes(1, _KEPT_IN_SIGHT)
        worksheet.protect("", _ALLOWED)
        worksheet.set_landscape()
        worksheet.set_paper(8)
        # Three A3 pages side by side: on one page nobody could read it.
        worksheet.fit_to_pages(3, 0)
        worksheet.print_across()
        worksheet.repeat_rows(0)
        worksheet.repeat_columns(0, _KEPT_IN_SIGHT - 1)
        worksheet.set_footer(f"&L{self._footer}&C&A&R{self._labels.page}")

    def _add_choices(self, worksheet: Worksheet, sheet: Sheet, last: int) -> None:
        for place, column in enumerate(sheet.columns):
            if column.choices:
                worksheet.data_validation(1, place, last, place, {
                    "validate": "list", "source": list(column.choices),
                    "error_title": self._labels.choose,
                    "error_message": self._labels.one_of.replace("{choices}", ", ".join(column.choices)),
                })
            elif column.is_to_fill_in and column.kind is Kind.DATE:
                worksheet.data_validation(1, place, last, place, {
                    "validate": "date", "criteria": ">=", "value": dt.date(2000, 1, 1),
                    "error_title": self._labels.a_date, "error_message": self._labels.for_example,
                })

    def _mark_differences(self, worksheet: Worksheet, sheet: Sheet, last: int) -> None:
        """Where both sides' cells are filled and differ, both are coloured; no cell holds a formula for it."""
        places = {column.field: place for place, column in enumerate(sheet.columns)}
        for pair in sheet.compared:
            one, other = (f"${xl_col_to_name(places[field])}2" for field in pair)
            for field in pair:
                worksheet.conditional_format(1, places[field], last, places[field], {
                    "type": "formula", "criteria": f'=AND({one}<>"",{other}<>"",{one}<>{other})', "format": self._mark,
                })


def _writer(worksheet: Worksheet, column: Column) -> Any:
    if column.kind is Kind.TEXT:
        return worksheet.write_string
    return worksheet.write_datetime if column.kind is Kind.DATE else worksheet.write_number
