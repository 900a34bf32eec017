"""A table as a file: CSV, and an Excel workbook in which no text is a formula."""

import datetime as dt
from io import BytesIO

import xlsxwriter

from exchange.portal.tables import Table, as_csv

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SHEET = 31  # characters that Excel allows in a sheet's name


def csv_of(table: Table) -> bytes:
    """As UTF-8, with the mark by which Excel knows it."""
    return as_csv(table).encode("utf-8-sig")


def workbook_of(table: Table, sheet: str, note: str, dated: dt.date) -> bytes:
    """As a workbook of one sheet; `note`: what stands under the title; `dated` is in the file instead of the clock."""
    buffer = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": table.caption, "created": dt.datetime.combine(dated, dt.time())})
        page = book.add_worksheet("".join(sign for sign in sheet if sign not in "[]:*?/\\'")[:_SHEET] or "1")
        title = book.add_format({"bold": True, "font_size": 13})
        head = book.add_format({"bold": True, "text_wrap": True, "bottom": 1, "valign": "top"})
        number, share = book.add_format({"num_format": "#,##0"}), book.add_format({"num_format": "0.0%"})
        page.write_string(0, 0, table.caption, title)
        page.write_string(1, 0, note)
        for place, heading in enumerate((table.row_heading, *table.columns)):
            page.write_string(3, place, heading, head)
        for place, row in enumerate(table.rows, start=4):
            page.write_string(place, 0, row.label)
            for column, cell in enumerate(row.cells, start=1):
                if cell.value is not None:
                    is_share = "%" in cell.text
                    page.write_number(place, column, cell.value, share if is_share else number)
        page.set_column(0, 0, 28)
        page.set_column(1, max(1, len(table.columns)), 14)
        page.freeze_panes(4, 1)
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.repeat_rows(3)
    return buffer.getvalue()
