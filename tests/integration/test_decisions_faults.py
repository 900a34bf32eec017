"""What is refused of a file that came back: every fault is named, and nothing is recorded."""

import csv
import datetime as dt
import shutil

import pytest

from tests.integration.managers import ANSWER, DEAD, TODAY, bring_back, fill, opened, refused, warehouse
from tests.integration.test_exceptions_export import export, read


@pytest.fixture(scope="module")
def unspoilt(first_export, tmp_path_factory):
    """For files that are refused: nothing changes."""
    home = tmp_path_factory.mktemp("unspoilt") / "home"
    shutil.copytree(first_export, home)
    with opened(home) as it:
        yield it


@pytest.fixture
def con(exported):
    return exported.con


@pytest.fixture
def files(exported):
    return exported.files


def told(refusal) -> set[tuple]:
    return {(fault.sheet, fault.row, fault.column) for fault in refusal.faults}


def untouched(con) -> bool:
    return con.execute(
        "SELECT (SELECT count(*) FROM ops.decisions) + (SELECT count(*) FROM ops.decision_files) "
        "+ (SELECT count(*) FROM linkage.decisions) + (SELECT count(*) FROM ops.exceptions WHERE status <> 'new')"
    ).fetchone() == (0,)


def answer(**changes):
    return ANSWER | {heading if heading == "exception_id" else heading.replace("_", " "): value
                     for heading, value in changes.items()}


@pytest.mark.parametrize(
    ("cells", "column", "words"),
    [
        (answer(decision="sane person"), "decision", "none of same person, different people, need more time"),
        (answer(action_taken="exit everywhere"), "action taken", "none of exit here, exit there, keep both, none"),
        (answer(decided_by=None), "decided by", "is empty"),
        (answer(decided_by="  "), "decided by", "is empty"),
        (answer(decided_on=None), "decided on", "is empty"),
        (answer(decided_on="last week"), "decided on", "no date that can be read"),
        (answer(decided_on=dt.date(2026, 7, 6)), "decided on", "after 2026-07-05"),
        (answer(decided_on="29 June 2026"), "decided on", "before 2026-06-30"),
        (answer(decision=None), "decision", "other yellow cells of the row are filled"),
        ({"decided by": "Amina", "decided on": "1.7.2026"}, "decision", "other yellow cells of the row are filled"),
        (answer(decision="different people"), "action taken", "does not fit"),
        (answer(decision="need more time", action_taken="keep both"), "action taken", "does not fit"),
        (answer(exception_id=None), "exception_id", "is empty"),
        (answer(exception_id="E0000000000000000"), "exception_id", "is no number of this registry"),
        (answer(run="r0"), "run", "names no run"),
        (answer(run=None), "run", "is empty"),
        (answer(name="Somebody Else"), "name", "was changed"),
        (answer(certainty=0.71), "certainty", "was changed"),
        ({"amount at stake": 90000}, "amount at stake", "was changed"),
        ({"birth date": dt.date(1951, 1, 1)}, "birth date", "was changed"),
        ({"other birth date (own program only)": "unknown"}, "other birth date (own program only)", "was changed"),
        ({"evidence, as first found": None}, "evidence, as first found", "was changed"),
    ],
)
def test_one_mistake_is_told_by_sheet_row_and_column(unspoilt, tmp_path, cells, column, words):
    path = fill(unspoilt.files["X"], tmp_path / "back.xlsx", {"Duplicates": {2: cells}, "Verification": {2: DEAD}})
    refusal = refused(unspoilt.con, path)
    (fault,) = refusal.faults
    assert (fault.file, fault.sheet, fault.row, fault.column) == ("back.xlsx", "Duplicates", 2, column)
    assert words in fault.fault
    assert refusal.exit_code == 4
    assert untouched(unspoilt.con)


def test_a_date_whose_day_may_be_its_month_is_not_guessed(tmp_path):
    with warehouse() as con:
        file = export(con, tmp_path, run_date=dt.date(2026, 3, 31))["X"]
        path = fill(file, tmp_path / "back.xlsx", {"Duplicates": {2: answer(decided_on="04/05/2026")}})
        (fault,) = refused(con, path).faults
        assert "may be one of two days" in fault.fault


def test_all_faults_are_told_at_once_without_a_value_and_the_list_lies_beside_the_file(unspoilt, tmp_path):
    path = fill(unspoilt.files["X"], tmp_path / "back.xlsx", {
        "Duplicates": {2: answer(decision="SECRET WORD", decided_on=None), 3: answer(name="SECRET NAME")},
        "Verification": {2: {"decision": "register wrong"}},
        "Payroll": {3: {"check": "nothing"}},
    })
    refusal = refused(unspoilt.con, path)
    assert told(refusal) == {
        ("Duplicates", 2, "decision"), ("Duplicates", 2, "decided on"), ("Duplicates", 3, "name"),
        ("Verification", 2, "decided by"), ("Verification", 2, "decided on"), ("Payroll", 3, "check"),
    }
    assert str(refusal).startswith("6 faults in back.xlsx: nothing was recorded")
    beside = tmp_path / "back.xlsx.faults.csv"
    assert str(beside) in str(refusal)
    with beside.open(newline="") as handle:
        listed = list(csv.DictReader(handle))
    assert {(row["sheet"], int(row["row"]), row["column"]) for row in listed} == told(refusal)
    assert "SECRET" not in beside.read_text() + str(refusal.faults)
    assert untouched(unspoilt.con)


def test_one_exception_decided_in_two_ways_is_told_at_both_rows(con, files, tmp_path):
    one = fill(files["X"], tmp_path / "one.xlsx", {"Duplicates": {2: ANSWER}})
    other = fill(files["X"], tmp_path / "other.xlsx", {"Duplicates": {2: answer(decided_by="Baraka")}})
    refusal = refused(con, one, other)
    assert {(fault.file, fault.row, fault.column) for fault in refusal.faults} == {
        ("one.xlsx", 2, "decision"), ("other.xlsx", 2, "decision")
    }
    assert "contradicts" in refusal.faults[0].fault
    assert untouched(con)
    copy = fill(files["X"], tmp_path / "copy.xlsx", {"Duplicates": {2: ANSWER}})
    assert bring_back(con, one, copy).recorded == 1


def test_a_row_of_another_program_or_another_registry_is_a_fault(con, files, tmp_path):
    foreign = read(files["Y"], "Duplicates")[0]
    mixed = fill(files["X"], tmp_path / "mixed.xlsx", {"Duplicates": {4: foreign}})
    (fault,) = refused(con, mixed).faults
    assert (fault.row, fault.column) == (4, "exception_id")
    assert "of program Y, and the file is of X" in fault.fault
    whole = fill(files["Y"], tmp_path / "whole.xlsx", {"Duplicates": {2: ANSWER}})
    assert {fault.column for fault in refused(con, whole, program="X").faults} == {"exception_id"}
    assert bring_back(con, whole, program="Y").recorded == 1
    with warehouse() as elsewhere:
        assert all("of this registry" in fault.fault for fault in refused(elsewhere, mixed).faults)


def test_a_row_on_the_wrong_sheet_is_a_fault(unspoilt, tmp_path):
    moved = {"exception_id": read(unspoilt.files["X"], "Duplicates")[0]["exception_id"], "run": "r1", **DEAD}
    path = fill(unspoilt.files["X"], tmp_path / "back.xlsx", {"Verification": {4: moved}})
    (fault,) = refused(unspoilt.con, path).faults
    assert (fault.row, fault.fault) == (4, "belongs on the sheet Duplicates")


def test_a_record_on_both_enrolments_cannot_be_two_people(con, tmp_path):
    con.execute(
        "UPDATE marts.rpt_multiple_receipt SET record_id_b = record_id_a, match_key = 'same_record' "
        "WHERE match_id = 'm2'"
    )
    file = export(con, tmp_path)["X"]
    back = answer(decision="different people", action_taken=None)
    path = fill(file, tmp_path / "back.xlsx", {"Duplicates": {2: back}})
    (fault,) = refused(con, path).faults
    assert "one record stands on both enrolments" in fault.fault
    fill(file, path, {"Duplicates": {2: ANSWER}})
    assert bring_back(con, path).recorded == 1
    assert con.execute("SELECT count(*) FROM linkage.decisions").fetchone() == (0,)


def test_formulas_are_told_by_their_cell(unspoilt, tmp_path):
    cells = {"decision": '="same person"', "comment": "=1+1"}
    path = fill(unspoilt.files["X"], tmp_path / "back.xlsx", {"Duplicates": {2: ANSWER | cells}})
    faults = [fault for fault in refused(unspoilt.con, path).faults if "formula" in fault.fault]
    assert len(faults) == 2
    assert {fault.row for fault in faults} == {2}
    assert all(fault.column.startswith("column A") for fault in faults)


def test_sheets_and_columns_have_to_be_those_that_went_out(unspoilt, tmp_path):
    def rename_sheet(book):
        book["Payroll"].title = "Payroll (2)"

    def drop_column(book):
        book["Duplicates"].delete_cols(1)

    def repeat_column(book):
        book["Payroll"].cell(1, 60).value = "decision"

    def strip(book):
        for name in book.sheetnames[1:]:
            del book[name]

    renamed, dropped, repeated, stripped = (
        refused(unspoilt.con, fill(unspoilt.files["X"], tmp_path / f"{change.__name__}.xlsx", {}, change)).faults
        for change in (rename_sheet, drop_column, repeat_column, strip)
    )
    assert [(fault.sheet, fault.fault[:11]) for fault in renamed] == [("Payroll (2)", "is none of ")]
    assert [(fault.sheet, fault.fault[:30]) for fault in dropped] == [("Duplicates", "column exception_id is missing")]
    assert [(fault.sheet, fault.fault[:16]) for fault in repeated] == [("Payroll", "column decision ")]
    assert [fault.fault for fault in stripped] == ["has none of the sheets Duplicates, Verification, Payroll"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("locked.xlsx", b"\xd0\xcf\x11\xe0 no workbook", "cannot be read as a workbook"),
        ("broken.xlsx", b"PK\x03\x04 cut off", "cannot be read as a workbook"),
        ("empty.csv", b"", "is missing"),
        ("ragged.csv", b"exception_id,decision\n1,2,3,4\n", "cannot be read as CSV"),
        ("other.csv", b"id,name\n1,2\n", "is missing"),
    ],
)
def test_what_is_no_exception_file_is_refused_in_a_line(unspoilt, tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    (fault,) = refused(unspoilt.con, tmp_path / name).faults
    assert words in fault.fault
    assert "\n" not in fault.fault


def test_an_old_file_after_a_newer_one_is_refused_where_the_row_stood_in_both(con, files, tmp_path):
    old = fill(files["X"], tmp_path / "old.xlsx", {"Duplicates": {2: ANSWER}})
    newer = export(con, tmp_path, "r2", TODAY)["X"]
    payroll = {"decision": "justified", "decided by": "Amina", "decided on": TODAY}
    bring_back(con, fill(newer, tmp_path / "other.xlsx", {"Payroll": {2: payroll}}))
    assert bring_back(con, old).recorded == 1, "nothing of that sheet came back in a newer file"
    bring_back(con, fill(newer, tmp_path / "new.xlsx", {"Duplicates": {3: answer(decided_on=TODAY)}}))
    late = fill(files["X"], tmp_path / "late.xlsx", {"Duplicates": {3: answer(decided_by="Baraka", decided_on=TODAY)}})
    (fault,) = refused(con, late).faults
    assert (fault.row, fault.column) == (3, "run")
    assert "of the file of 2026-06-30, and the newer one of 2026-07-05 has been imported" in fault.fault
    assert bring_back(con, old).repeated == 1, "the same file again changes nothing, however old"


def test_a_correction_is_not_older_than_what_it_corrects(con, files, tmp_path):
    bring_back(con, fill(files["X"], tmp_path / "one.xlsx", {"Duplicates": {2: answer(decided_on=TODAY)}}))
    back = answer(decision="different people", action_taken=None)
    (fault,) = refused(con, fill(files["X"], tmp_path / "two.xlsx", {"Duplicates": {2: back}})).faults
    assert "before 2026-07-05, the day of the decision on record" in fault.fault
