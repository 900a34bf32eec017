"""Whatever a clerk typed, a spreadsheet shows it as text."""

import csv
import datetime as dt
import tempfile
from pathlib import Path

import duckdb
import openpyxl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.exceptions.readme import Facts
from exchange.exceptions.words import languages
from exchange.exceptions.workbook import ExceptionWorkbook
from exchange.plain_csv import write_csv
from exchange.sheets import Column, Sheet

SHEET = Sheet("Duplicates", "t", (Column("name", "name"), Column("decision", choices=("yes", "no"))))
FACTS = Facts("X", "Program X", "r", dt.date(2026, 6, 30), "KES", {}, {}, (), {})
TYPED = st.one_of(
    st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=40),
    st.text("=+-@\t\"',;()A1 ", min_size=1, max_size=20),
)
FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@FEW
@given(st.lists(TYPED, min_size=1, max_size=10))
def test_no_csv_cell_starts_a_formula_and_the_text_stays_whole(names):
    con = duckdb.connect()
    con.execute("CREATE TABLE t (place INTEGER, name VARCHAR)")
    con.executemany("INSERT INTO t VALUES (?, ?)", list(enumerate(names)))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "t.csv"
        write_csv(con, SHEET, "t", file)
        with file.open(newline="", encoding="utf-8") as handle:
            cells = [row["name"] for row in csv.DictReader(handle)]
    assert all(cell in (name, f"'{name}") for cell, name in zip(cells, names, strict=True))
    assert not [cell for cell in cells if cell[0] in "=+-@\t\r\n"]


@FEW
@given(st.lists(TYPED, min_size=1, max_size=10))
def test_no_workbook_cell_is_a_formula_a_link_or_a_number(names):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "t.xlsx"
        workbook = ExceptionWorkbook(file, FACTS, languages()["en"])
        workbook.add_sheet(SHEET, [(name,) for name in names])
        workbook.close()
        page = openpyxl.load_workbook(file)["Duplicates"]
        cells = [page.cell(row, 1) for row in range(2, len(names) + 2)]
        assert [cell.value for cell in cells] == names
        assert {cell.data_type for cell in cells} <= {"s", "inlineStr"}
        assert not [cell for cell in cells if cell.hyperlink]
