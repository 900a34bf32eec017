"""Files as people make them: what is written into one, and what is read from it. One trouble a file."""

import base64
import datetime as dt
import tempfile
import zipfile
import zlib
from pathlib import Path

import duckdb
import pytest
import xlsxwriter

from ibr.config import TOTALS, Table
from pipelines.replication.adapters.reading import Unreadable, read_file

PAYMENTS = {"key": ["no"], "columns": {"paid_on": "date", "amount": "number"}}


def read(path: Path, reasons: bool = False, **table) -> list[tuple]:
    """The rows of a file, in order; with `reasons` only those refused, and why."""
    with duckdb.connect() as con, tempfile.TemporaryDirectory() as scratch:
        read_file(con, path, Table.model_validate(table), "found", Path(scratch), TOTALS)
        if reasons:
            return con.execute("SELECT _ibr_reject_reason FROM found WHERE _ibr_reject_reason IS NOT NULL").fetchall()
        stored = "SELECT * EXCLUDE (_ibr_reject_reason, _ibr_original) FROM found WHERE _ibr_reject_reason IS NULL"
        return con.execute(f"{stored} ORDER BY 1").fetchall()


def text(folder: Path, content: str | bytes, name: str = "payments.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def workbook(folder: Path, rows: list[list], name: str = "payments.xlsx", more=None, **sheets: list[list]) -> Path:
    """A workbook of sheet Data and others; a date is written as a cell of dates. `more` adds to the first sheet."""
    path = folder / name
    with xlsxwriter.Workbook(path, {"default_date_format": "dd/mm/yyyy"}) as book:
        for title, content in {"Data": rows, **sheets}.items():
            sheet = book.add_worksheet(title)
            for place, row in enumerate(content):
                for column, cell in enumerate(row):
                    if isinstance(cell, str):
                        sheet.write_string(place, column, cell)
                    else:
                        sheet.write(place, column, cell)
        if more:
            more(book, book.get_worksheet_by_name("Data"))
    return path


# --- text: separators, encodings, titles, blanks


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_separators_and_encodings(tmp_path, separator, encoding):
    lines = [["no", "name"], ["00123", "José"], ["2", '"two\nlines"']]
    content = "".join(separator.join(line) + "\r\n" for line in lines).encode(encoding)
    named = "latin-1" if encoding == "latin-1" else None
    assert read(text(tmp_path, content), key=["no"], encoding=named) == [("00123", "José"), ("2", "two\nlines")]


ABOVE = {
    "a title": "Payments in June, county 23\n",
    "a title and blank lines": "Payments in June\n\nMade by the county office;;\n\n",
    "the hint that Excel writes": "sep=;\n",
    "a blank line": "\n",
    "a title that names a column": "no;list of June\n",
}


@pytest.mark.parametrize("above", ABOVE.values(), ids=ABOVE)
def test_what_stands_above_the_header_is_passed_over(tmp_path, above):
    path = text(tmp_path, above + "no;paid_on;amount\n1;2026-06-30;4000\n")
    assert read(path, **PAYMENTS) == [("1", "2026-06-30", "4000")]


@pytest.mark.parametrize("above", ["sep=;\n", "\n"])
def test_without_named_columns_the_first_filled_line_is_the_header(tmp_path, above):
    assert read(text(tmp_path, above + "no;amount\n1;4000\n")) == [("1", "4000")]


def test_blank_rows_and_columns_are_no_rows_and_columns(tmp_path):
    path = text(tmp_path, "no;amount;;\n1;4000;;\n;;;\n\n2;5400;;\n;;;\n")
    assert read(path, key=["no"]) == [("1", "4000"), ("2", "5400")]


def test_a_name_broken_over_two_lines_is_one_name(tmp_path):
    assert read(text(tmp_path, 'no,"paid\n on"\n1,2026-06-30\n'), columns={"paid on": "date"}) == [("1", "2026-06-30")]


# --- sums below the table

SUMS = {
    "a word in the key": "TOTAL,,9400",
    "a word with a colon": "Grand Total:,,9400",
    "another language": "Jumla,,9400",
    "a word beside a blank key": ",Total paid in June,9400",
    "a sum and no word": ",,9400",
}


@pytest.mark.parametrize("line", SUMS.values(), ids=SUMS)
def test_a_totals_row_is_named_and_is_no_person(tmp_path, line):
    path = text(tmp_path, f"no,name,amount\n1,Jumla Total,4000\n2,Jane,5400\n{line}\n")
    assert read(path, key=["no"]) == [("1", "Jumla Total", "4000"), ("2", "Jane", "5400")]
    assert read(path, reasons=True, key=["no"]) == [("TOTALS_ROW",)]


def test_a_row_that_only_lacks_its_key_is_no_totals_row(tmp_path):
    path = text(tmp_path, "no,name,amount\n1,Jane,4000\n,,5400\n")
    assert read(path, reasons=True, key=["no"]) == []


def test_a_totals_row_of_a_table_without_a_key(tmp_path):
    path = text(tmp_path, 'name,days,amount\nTotal Otieno,3,300\nJane,4,400\nTOTAL,7,"700.00"\n')
    assert read(path) == [("Jane", "4", "400"), ("Total Otieno", "3", "300")]
    assert read(path, reasons=True) == [("TOTALS_ROW",)]


# --- dates, numbers and identifiers that a spreadsheet has touched


@pytest.mark.parametrize(
    ("kind", "given", "read_as"),
    [
        ("date", "45123", "2023-07-16"),
        ("date", "45123.75", "2023-07-16"),
        ("date", "9999", "1927-05-17"),  # born in the twenties, and in a pension
        ("date", "1950", "1950"),  # a year: the contract names it, nobody guesses
        ("date", "2026-06-30", "2026-06-30"),
        ("date %d/%m/%Y", "45123", "16/07/2023"),
        ("date %d/%m/%Y", "30/06/2026", "30/06/2026"),
        ("date %Y|%d/%m/%Y", "1950", "1950"),
        ("timestamp", "45123.75", "2023-07-16 18:00:00"),
        ("text", "45123", "45123"),
        ("number 1,234.56", "1,234.50", "1234.50"),
        ("number 1.234,56", "1.234.567,5", "1234567.5"),
        ("number 1 234,56", "1\u00a0234,50", "1234.50"),
        ("number 1234,56", "-1234,5", "-1234.5"),
        ("integer 1,234", "12,345", "12345"),
        ("number 1,234.56", "1,23,4", "1,23,4"),  # written otherwise: the contract names it
        ("number", "1,234", "1,234"),  # a thousand or a little more than one: not for us to guess
    ],
)
def test_values_as_registry_yml_declares_them(tmp_path, kind, given, read_as):
    assert read(text(tmp_path, f"no;value\n1;{given}\n"), columns={"value": kind}) == [("1", read_as)]


@pytest.mark.parametrize("given", ["1.23457E+11", "1,23457E+11", "#N/A", "#REF!"])
def test_a_key_whose_digits_are_gone_is_refused(tmp_path, given):
    path = text(tmp_path, f"no;name\n{given};Jane\n00123;John\n5E20;Jo\n")
    assert read(path, reasons=True, key=["no"]) == [("KEY_DAMAGED",)]
    assert read(path, key=["no"]) == [("00123", "John"), ("5E20", "Jo")]


def test_cells_of_a_workbook_are_the_text_they_stand_for(tmp_path):
    def more(book, sheet):
        sheet.write_formula(1, 6, "=1/0", None, "#DIV/0!")

    rows = [
        ["no", "born", "paid_at", "amount", "phone", "flag", "share"],
        ["00123", dt.date(1950, 1, 2), dt.datetime(2026, 6, 30, 9, 30), 1234.5, 254712345678, True],
        [123456789012, 18264, None, "1,234.50", "0712 345678", False, 0.1],
    ]
    assert read(workbook(tmp_path, rows, more=more), columns={"born": "date"}) == [
        ("00123", "1950-01-02", "2026-06-30 09:30:00", "1234.5", "254712345678", "true", "#DIV/0!"),
        ("123456789012", "1950-01-01", None, "1,234.50", "0712 345678", "false", "0.1"),
    ]


def test_a_cell_of_dates_takes_the_form_that_is_declared(tmp_path):
    path = workbook(tmp_path, [["no", "born"], ["1", dt.date(1950, 1, 2)], ["2", "03/01/1950"]])
    assert read(path, columns={"born": "date %d/%m/%Y"}) == [("1", "02/01/1950"), ("2", "03/01/1950")]


def test_a_workbook_with_titles_blank_rows_and_columns_and_sums(tmp_path):
    rows = [
        ["Payments in June"],
        [],
        [None, "no", None, "paid\non", "amount"],
        [None, "1", None, dt.date(2026, 6, 30), 4000],
        [],
        [None, "2", None, dt.date(2026, 6, 30), 5400],
        [None, "TOTAL", None, None, 9400],
    ]
    path = workbook(tmp_path, rows, more=lambda book, sheet: sheet.merge_range(0, 0, 1, 4, "Payments in June"))
    table = {"key": ["no"], "columns": {"paid on": "date"}}
    assert read(path, **table) == [("1", "2026-06-30", "4000"), ("2", "2026-06-30", "5400")]
    assert read(path, reasons=True, **table) == [("TOTALS_ROW",)]


def hide_first(book, sheet):
    book.get_worksheet_by_name("June").activate()
    sheet.hide()


def test_the_sheet_is_the_one_that_has_the_columns_or_that_is_named(tmp_path):
    data = [["no", "amount"], ["1", 4000]]
    path = workbook(tmp_path, [["Read me first"]], June=data, Empty=[])
    assert read(path, key=["no"]) == [("1", "4000")]
    path = workbook(tmp_path, [["no", "amount"], ["old", 1]], June=data, more=hide_first)
    assert read(path, key=["no"]) == [("1", "4000")]
    path = workbook(tmp_path, [["no", "amount"], ["1", 1]], June=data)
    assert read(path, key=["no"], sheet="June") == [("1", "4000")]
    with pytest.raises(Unreadable, match=r"several sheets that may be meant \(Data, June\).*sheet: NAME"):
        read(path, key=["no"])
    with pytest.raises(Unreadable, match="no sheet July; it has Data, June"):
        read(path, key=["no"], sheet="July")


# --- what is refused as a whole, in words


def refused(path: Path, **table) -> str:
    with pytest.raises(Unreadable) as problem:
        read(path, **(table or PAYMENTS))
    assert str(problem.value).startswith(path.name)
    assert "\n" not in str(problem.value)
    return str(problem.value)


def test_empty_files(tmp_path):
    assert "is empty (0 bytes)" in refused(text(tmp_path, ""))
    assert "is empty (0 bytes)" in refused(text(tmp_path, "", "payments.xlsx"))
    assert "no readable header" in refused(text(tmp_path, " \n\n"))
    assert "holds no row at all" in refused(workbook(tmp_path, []))
    assert read(text(tmp_path, "no,paid_on,amount\n"), **PAYMENTS) == []


def test_repeated_and_missing_names_of_columns(tmp_path):
    assert "column(s) No, no more than once" in refused(text(tmp_path, "No,no\n1,2\n"), key=[])
    assert "column(s) no more than once" in refused(workbook(tmp_path, [["no", "no"], [1, 2]]), key=["no"])
    assert "column 2 holds values and has no name" in refused(text(tmp_path, "no,,amount\n1,x,2\n"), key=["no"])
    assert "column 2 holds values and has no name" in refused(workbook(tmp_path, [["no"], [1, 2]]), key=["no"])


def test_cells_merged_over_rows(tmp_path):
    def more(book, sheet):
        sheet.merge_range(1, 0, 2, 0, "H1")

    path = workbook(tmp_path, [["household", "name"], [None, "Jane"], [None, "John"]], more=more)
    assert "cells A2:A3 are merged over several rows" in refused(path, key=["household"])


def test_numbers_of_more_digits_than_excel_keeps(tmp_path):
    assert "more than 15 digits" in refused(workbook(tmp_path, [["no"], [1234567890123456789]]), key=["no"])
    assert read(workbook(tmp_path, [["no"], ["1234567890123456789"]]), key=["no"]) == [("1234567890123456789",)]


# A workbook of the older format as Excel 97 writes it: no, born, amount; "00123", 2 January 1950, 4000.
_XLS = zlib.decompress(base64.b85decode(
    "c-rk)O=wd=5dQWhX?|$)XDYN}358azg|_zMrFm7VJ*8AV_=BKH8$qfs66!%O*47*a!IR>pP!C?JUi?7?y?GESdJqI5(W56p!9$zZnaO*SR)q"
    "$&P}%RXv$L~1yYqHu=KZ{0h?QpVx0bOADR@w^gJ`IcDJns?5e4<zHnVOWpkixmC<Fs^kPSXOX?o@7GvxCw!@xc73!=bBD#vjSBY7*ATu1B`8"
    "#0P*7$B-}izH#Rh*fc+V?s9xy(=T13LO;5RiOhkwxo_>!5rz@?RfDKqh0#K;CUa4&U=ycp&2jPi!WVM)v-S8DV)xn*<c-Q-bT!U4s<wY<qF)"
    "6;5I_Q&`?i0-E)*sLV^x^4&Uq~@YRj#=SeMJU%3Lwzps@0e<KgjA+DBRH@v_U?2{5CMM}^?Z`BtLEusU=b0P1x^2B8G1&d-lb2fk8n)Cs^y?"
    "wj-L!8(p5kyxcf+h)&Mxx`02p^L$iIOFYcfPzyXGhHwBAJrpUwuS$utl(OnKei`EIo!$50x(AcM6@BS+@w^Dl|bpOm*jIv%~D4kug`Kx0BZC"
    "7rZsM)$rSiFMdAosIB<P+(G>OaQR|l{+&6CcG{6~(&uXi-KtyNyuo;Ey0voB$p@h=Kc$v{5p`_0o#$W#OB_sun9ypAcSrqb8O~m@w)%y(5^d"
    "g(XS6<B7ssisJjZm3wNpkM4`kB@YaYQNXlQ6?XlQ6?XlVQal=EutalR9L&a1!Q`LDA?rJ{e6{I@uWJYAFYQMnHm)dgIr%YQb*r`);J8g<<Ng"
    "^a_rdI1y2iX9Vm`!9XEsoMKlvtsn`g;2fgSL(6zAFsa*LQ&30"
))  # fmt: skip


def test_older_and_open_formats(tmp_path):
    assert read(text(tmp_path, _XLS, "old.xls")) == [("00123", "1950-01-02", "4000")]
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    cells = cell.format("a") + cell.format("b")
    rows = f"<table:table-row>{cells}</table:table-row>" * 2
    with zipfile.ZipFile(tmp_path / "open.ods", "w") as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        book.writestr("META-INF/manifest.xml", "<manifest/>")
        book.writestr("content.xml", (
            '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
            'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
            'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
            f'<table:table table:name="S">{rows}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>"
        ))  # fmt: skip
    assert read(tmp_path / "open.ods") == [("a", "b")]


def test_a_workbook_with_a_password(tmp_path):
    # A protected .xlsx is a container of the older kind, in which the workbook lies under another name.
    named, protected = ("Workbook".encode("utf-16-le"), "EncryptedPackage".encode("utf-16-le"))
    entry = _XLS.index(named)
    container = _XLS[:entry] + protected.ljust(64, b"\0") + bytes([len(protected) + 2, 0]) + _XLS[entry + 66 :]
    assert "is protected by a password" in refused(text(tmp_path, container, "secret.xlsx"))


def test_what_is_no_file_of_a_table(tmp_path):
    assert "unknown ending" in refused(text(tmp_path, "x", "payments.docx"))
    assert "cannot be read as a workbook" in refused(text(tmp_path, "x", "payments.xlsx"))
    assert "cannot be read (" in refused(text(tmp_path, "x", "payments.parquet"))
