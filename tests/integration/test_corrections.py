"""Corrections: from the person's word to the program's file, until the record that the program sends has changed."""

import csv
import datetime as dt

import openpyxl
import pytest

from exchange.corrections import Wanted, close, request, requests
from ibr.errors import UsageProblem
from tests.integration.managers import warehouse
from tests.integration.test_exceptions_export import export
from warehouse.audit import who_saw

DAY = dt.date(2026, 7, 3)


@pytest.fixture
def con():
    with warehouse() as con:
        con.execute("INSERT INTO linkage.persons_crosswalk VALUES ('sx:2/1', 'P2'), ('sy:1/1', 'P3')")
        yield con


def ask(con, field="phone", says="+254799", person="P2", record="sx:2/1"):
    return request(con, person, Wanted(record, field, says, "letter of the chief, file 12"), DAY, "Clerk")


def states(con) -> list[str]:
    return [one.state for one in requests(con)]


def corrections_in(folder) -> list[dict]:
    path = folder / "corrections.csv"
    return list(csv.DictReader(path.open(newline=""))) if path.exists() else []


def test_a_request_goes_to_the_records_program_alone_and_leaves_the_record_as_it_is(con, tmp_path):
    before = con.execute("FROM registry.persons ORDER BY record_id").fetchall()
    asked = ask(con)
    assert (asked.program, asked.state, asked.value_held) == ("X", "open", None)
    files = export(con, tmp_path)
    assert con.execute("FROM registry.persons ORDER BY record_id").fetchall() == before
    (row,) = corrections_in(files["X"].folder)
    assert (row["our record"], row["detail"], row["the person says"]) == ("sx:2/1", "phone", "'+254799")
    book = openpyxl.load_workbook(files["X"].workbook)
    assert book.sheetnames == ["Read me", "Duplicates", "Verification", "Payroll", "Corrections"]
    assert book["Corrections"].protection.sheet
    assert openpyxl.load_workbook(files["Y"].workbook).sheetnames == book.sheetnames[:-1]
    assert corrections_in(files["Y"].folder) == []
    assert [one.details["program"] for one in who_saw(tmp_path, ["P2"])] == ["X"]


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ("UPDATE registry.persons SET phone = '+254799' WHERE record_id = 'sx:2/1'", "corrected"),
        ("UPDATE registry.persons SET phone = '+254700' WHERE record_id = 'sx:2/1'", "changed_otherwise"),
        ("UPDATE registry.persons SET sex = 'F' WHERE record_id = 'sx:2/1'", "open"),
        ("DELETE FROM registry.persons WHERE record_id = 'sx:2/1'", "record_gone"),
    ],
)
def test_it_is_open_until_the_record_says_otherwise(con, tmp_path, change, state):
    ask(con)
    con.execute(change)
    assert states(con) == [state]
    files = export(con, tmp_path)
    assert len(corrections_in(files["X"].folder)) == (state == "open")


def test_people_close_it_with_a_reason_and_it_stays_on_record(con):
    asked = ask(con)
    closed = close(con, asked.correction_id, "refused", "the ID card says otherwise", DAY, "Secretariat")
    assert (closed.state, closed.closed_reason, closed.closed_by) == (
        "refused", "the ID card says otherwise", "Secretariat"
    )
    with pytest.raises(UsageProblem, match="is refused"):
        close(con, asked.correction_id, "withdrawn", "again", DAY, "Secretariat")
    again = ask(con)
    assert [again.correction_id, *states(con)] == ["C000002", "refused", "open"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"record": "sy:1/1"}, "theirs are sx:2/1"),
        ({"field": "record_id"}, "expected one of"),
        ({"field": "full_name", "says": "second  OWN"}, "says so already"),
        ({"says": " "}, "--says"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(con, wrong, said):
    with pytest.raises(UsageProblem, match=said):
        ask(con, **wrong)
    assert states(con) == []


def test_the_same_request_is_open_once(con):
    ask(con)
    with pytest.raises(UsageProblem, match="open already"):
        ask(con, says="+254788")
