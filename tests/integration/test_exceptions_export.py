import csv
import datetime as dt
import hashlib
import json
import stat
from pathlib import Path

import openpyxl
import pytest

import exchange.exceptions.export as export_module
from exchange.exceptions import Delivery, export_exceptions
from exchange.exceptions.findings import find
from exchange.exceptions.sheets import SHEETS
from exchange.exceptions.words import languages
from warehouse.connection import connect
from warehouse.schemas import prepare

RUN_DATE = dt.date(2026, 6, 30)
PROGRAMS = ["X", "Y", "Z"]
NASTY = '=HYPERLINK("http://example.org","x")'

MARTS = """
INSERT INTO ops.parameters VALUES ('reporting_date', '2026-06-30'), ('currency', 'KES');
INSERT INTO ops.programs VALUES ('X', 'Program X', 'person', 'sx'), ('Y', 'Program Y', 'household', 'sy'),
    ('Z', 'Program Z', 'person', 'sz');
INSERT INTO ops.sources (source, name, kind, is_stale) VALUES ('sy', 'System Y', 'mis', true);
CREATE TABLE reference.areas AS SELECT '01' AS area_code, 'Turkana' AS name;
CREATE TABLE reference.overlap_rules AS SELECT 'P1' AS rule_code, 'One of the two a household' AS legal_basis;
CREATE TABLE registry.households AS SELECT * FROM (VALUES
    ('sx:1', '01', 'Here', 'V', NULL), ('sx:2', '01', 'Here', '@SUM(A1)', NULL), ('sy:1', '01', 'There', 'W', '+254700')
) AS t(household_id, county_code, area_given, village, phone);
CREATE TABLE registry.persons AS SELECT * FROM (VALUES
    ('sx:1/1', 'X', 'sx:1', $nasty$, 'F', DATE '1950-01-01', 'day', '12345678', '+254711'),
    ('sx:2/1', 'X', 'sx:2', 'Second Own', 'M', DATE '1890-01-01', 'day', '0042', NULL),
    ('sy:1/1', 'Y', 'sy:1', 'SECRET OTHER', 'F', DATE '1950-07-01', 'year', '7654321', NULL)
) AS t(record_id, program, household_id, full_name, sex, birth_date, birth_date_precision, national_id_given, phone);
ALTER TABLE registry.persons ADD COLUMN national_id VARCHAR;
ALTER TABLE registry.persons ADD COLUMN county_code VARCHAR DEFAULT '01';
CREATE TABLE marts.rpt_savings (enrolment_id_a VARCHAR, enrolment_id_b VARCHAR, is_escalation_due BOOLEAN);
CREATE TABLE marts.rpt_multiple_receipt AS SELECT * FROM (VALUES
    ('m1', 'X', 'Y', 'sx:e1', 'sy:e1', 'sx:1/1', 'sy:1/1', 'sx:1', 'sy:1', 'active', 'suspended', 'P1', 'prohibited',
     'automatic', DATE '2026-01-01', DATE '2026-04-30', 4000::DECIMAL(18,2), true, 'national_id', 0.999),
    ('m2', 'X', 'X', 'sx:e1', 'sx:e2', 'sx:1/1', 'sx:2/1', 'sx:1', 'sx:2', 'active', 'active', NULL, 'for_review',
     'review', DATE '2026-01-01', DATE '2026-04-30', 9000, false, 'names_birth_date', 0.7),
    ('m3', 'X', 'Y', 'sx:e2', 'sy:e1', 'sx:2/1', 'sy:1/1', 'sx:2', 'sy:1', 'active', 'active', 'A1', 'allowed',
     'automatic', DATE '2026-01-01', DATE '2026-04-30', 0, true, 'national_id', 0.999)
) AS t(match_id, program_a, program_b, enrolment_id_a, enrolment_id_b, record_id_a, record_id_b, household_id_a,
    household_id_b, status_a, status_b, rule_code, verdict, match_verdict, overlap_from, overlap_to, money_at_stake,
    both_still_paid, match_key, match_probability);
CREATE TABLE marts.rpt_household_multiple_receipt AS
    SELECT * EXCLUDE (match_key, match_probability), 2 AS shared_persons, false AS is_both_paid
    FROM marts.rpt_multiple_receipt
    WHERE match_id = 'm1';
CREATE TABLE marts.fct_enrolments AS SELECT * FROM (VALUES
    ('sx:e1', 'X', 'sx:1', 'sx:1/1', 'sx:1/1', NULL::VARCHAR, 'active'),
    ('sx:e2', 'X', 'sx:2', 'sx:2/1', 'sx:2/1', NULL, 'active'),
    ('sy:e1', 'Y', 'sy:1', NULL, 'sy:1/1', NULL, 'suspended')
) AS t(enrolment_id, program, household_id, beneficiary_record_id, recipient_record_id, caregiver_record_id, status);
CREATE TABLE marts.dim_payment_cycle AS SELECT 'X:2026-05-01' AS cycle_id, 1 AS cycles_back;
CREATE TABLE marts.fct_payments AS SELECT 'sx:e1' AS enrolment_id, 'X:2026-05-01' AS cycle_id,
    'sx:1/1' AS recipient_record_id, DATE '2026-05-01' AS period_start, 4000::DECIMAL(18,2) AS amount_due,
    4000::DECIMAL(18,2) AS amount_paid;
CREATE TABLE marts.rpt_verification AS SELECT * FROM (VALUES
    ('sx:1/1', 'X', 'sx:1', 'deceased', NULL, 1, '', 'national_id', 0.99, DATE '2026-03-01'),
    ('sx:2/1', 'X', 'sx:2', 'could_not_check', 'not_enough_details', 0, '', NULL::VARCHAR, NULL, NULL),
    ('sy:1/1', 'Y', 'sy:1', 'not_found', NULL, 1, '', NULL, NULL, NULL)
) AS t(record_id, program, household_id, status, could_not_check_reason, id_carriers, mismatched_fields, match_key,
    match_probability, register_death_date);
CREATE TABLE marts.rpt_payroll_pre AS SELECT * FROM (VALUES
    ('X', 'sx:e1', 'sx:1/1', 'sx:1', 'active', 'deceased_still_paid', 'high', 4000::DECIMAL(18,2), DATE '2026-05-01',
     DATE '2026-06-30', 'died 2026-03-01 in the register; 1 payments for later periods', 'payroll'),
    ('X', 'sx:e9', NULL, 'sx:9', NULL, 'paid_not_enrolled', 'high', 100, NULL, NULL, '1 payments', 'payroll'),
    ('X', 'sx:e1', 'sx:1/1', 'sx:1', 'active', 'not_verified', 'medium', 4000, NULL, NULL, 'not found', 'verification')
) AS t(program, enrolment_id, record_id, household_id, enrolment_status, reason_code, severity, amount_at_stake,
    first_date, last_date, evidence, decided_under);
ALTER TABLE marts.rpt_payroll_pre ADD COLUMN evidence_said JSON;
UPDATE marts.rpt_payroll_pre SET evidence_said =
    '[{"say": "deceased_still_paid", "with": {"date": "2026-03-01", "payments": 1}}]'
WHERE reason_code = 'deceased_still_paid';
"""


@pytest.fixture
def con():
    con = connect(":memory:")
    prepare(con)
    con.execute(MARTS.replace("$nasty$", f"'{NASTY}'"))
    yield con
    con.close()


def export(con, home: Path, run_id: str = "r1", run_date: dt.date = RUN_DATE, **deliveries: Delivery):
    """Export for all programs, in English and plain where nothing else is said of one."""
    to = dict.fromkeys(PROGRAMS, Delivery(languages()["en"])) | deliveries
    return {file.program: file for file in export_exceptions(con, home, run_id, run_date, to)}


def read(file, sheet: str) -> list[dict]:
    rows = list(openpyxl.load_workbook(file.workbook)[sheet].iter_rows(values_only=True))
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:] if row[0] is not None]


def test_every_program_gets_a_folder_also_when_nothing_was_found(con, tmp_path):
    files = export(con, tmp_path)
    assert {program: file.rows for program, file in files.items()} == {
        "X": {"Duplicates": 2, "Verification": 2, "Payroll": 2},
        "Y": {"Duplicates": 1, "Verification": 1, "Payroll": 0},
        "Z": {"Duplicates": 0, "Verification": 0, "Payroll": 0},
    }
    for program, file in files.items():
        assert file.folder == tmp_path / "exceptions" / program / "2026-06-30"
        assert sorted(path.name for path in file.folder.iterdir()) == [
            "duplicates.csv", "duplicates.xlsx", "manifest.json", "payroll.csv", "verification.csv"
        ]
        assert openpyxl.load_workbook(file.workbook).sheetnames == ["Read me", "Duplicates", "Verification", "Payroll"]
    text = " ".join(row[0] for row in openpyxl.load_workbook(files["Z"].workbook)["Read me"].values)
    assert "nothing to decide" in text
    assert "System Y" in text
    assert "Nobody is removed automatically" in text


def test_the_manifest_gives_run_counts_and_sums(con, tmp_path):
    folder = export(con, tmp_path)["X"].folder
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["run_id"] == "r1"
    assert manifest["rows"] == {"Duplicates": 2, "Verification": 2, "Payroll": 2}
    assert set(manifest["sha256"]) == {"duplicates.xlsx", "duplicates.csv", "verification.csv", "payroll.csv"}
    for name, expected in manifest["sha256"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == expected
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600


def test_of_another_program_only_its_code_and_status_are_seen(con, tmp_path):
    files = export(con, tmp_path)
    across = next(row for row in read(files["X"], "Duplicates") if row["other program"] == "Y")
    assert (across["other side's status"], across["other enrolment (own program only)"]) == ("suspended", None)
    assert (across["other record (own program only)"], across["other name (own program only)"]) == (None, None)
    for path in files["X"].folder.glob("*.csv"):
        content = path.read_text()
        assert "SECRET OTHER" not in content
        assert "sy:" not in content
    (back,) = read(files["Y"], "Duplicates")
    assert (back["other program"], back["match_id"], back["our record"]) == ("X", "m1", "sy:1/1")
    assert NASTY not in str(back.values())


@pytest.mark.parametrize(
    ("field", "one", "other", "expected"),
    [
        ("name", "derick w simiyu", "derik wekesa simiyu", "nearly"),
        ("name", "simiyu derick", "derick wekesa simiyu", "nearly"),
        ("name", "derick simiyu", "mary simiyu", "different"),
        ("name", "anne", "anne wanjiku", "different"),
        ("name", "a b", "anne wanjiku", "different"),
        ("birth_date", "1953", "1953-04-02", "same"),
        ("birth_date", "1953-02-01", "1953-11-30", "nearly"),
        ("birth_date", "1953-02-01", "1958-02-01", "nearly"),
        ("birth_date", "1953-02-01", "1954-03-01", "different"),
        ("id_number", "23456781", "23456871", "nearly"),
        ("id_number", "23456781", "23457871", "different"),
        ("phone", "254711000111", "254711000112", "nearly"),
        ("sex", "F", "M", "different"),
    ],
)
def test_what_is_nearly_the_same_is_not_told_as_different(con, field, one, other, expected):
    find(con, "r1", RUN_DATE, PROGRAMS)
    assert con.execute("SELECT likeness(?, ?, ?)", [field, one, other]).fetchone() == (expected,)


def test_within_a_program_both_sides_are_shown_once(con, tmp_path):
    own = next(row for row in read(export(con, tmp_path)["X"], "Duplicates") if row["other program"] == "X")
    assert (own["our record"], own["other record (own program only)"]) == ("sx:1/1", "sx:2/1")
    assert own["other name (own program only)"] == "Second Own"
    assert own["evidence, as first found"].startswith("Perhaps one person")


def test_both_sides_are_compared_detail_by_detail_and_what_differs_is_marked(con, tmp_path):
    files = export(con, tmp_path)
    rows = {row["match_id"]: row for row in read(files["X"], "Duplicates")}
    # The other side gives the year of birth alone, and no phone.
    assert (rows["m1"]["same on both sides"], rows["m1"]["different"]) == ("sex, birth date, county", "name, ID number")
    assert rows["m2"]["same on both sides"] == "birth date (in part), county"
    assert rows["m2"]["different"] == "name, sex, ID number"
    shown = {heading: value for heading, value in rows["m1"].items() if heading.endswith("(own program only)")}
    assert set(shown.values()) == {None}
    assert len(shown) == 7
    page = openpyxl.load_workbook(files["X"].workbook)["Duplicates"]
    marked = {str(area.sqref) for area in page.conditional_formatting}
    headings = [cell.value for cell in page[1]]
    for heading in ("name", "sex", "birth date", "ID number", "phone"):
        for place in (heading, f"other {heading} (own program only)"):
            letter = page.cell(1, headings.index(place) + 1).column_letter
            assert f"{letter}2:{letter}3" in marked


def test_a_household_s_pair_has_no_certainty_and_not_a_full_one(con, tmp_path):
    con.execute("DELETE FROM marts.rpt_multiple_receipt")
    (row,) = read(export(con, tmp_path)["Y"], "Duplicates")
    assert (row["about"], row["certainty"]) == ("one household", None)


def test_every_row_names_the_run_that_wrote_it(con, tmp_path):
    files = export(con, tmp_path, "r7")
    assert {row["run"] for program in "XY" for row in read(files[program], "Verification")} == {"r7"}


def test_rows_come_by_money_and_allowed_overlaps_not_at_all(con, tmp_path):
    rows = read(export(con, tmp_path)["X"], "Duplicates")
    assert [row["amount at stake"] for row in rows] == [9000, 4000]
    assert {row["verdict"] for row in rows} == {"prohibited", "for review"}
    assert rows[1]["rule"] == "P1: One of the two a household"


def test_not_found_and_could_not_check_never_look_the_same(con, tmp_path):
    files = export(con, tmp_path)
    unchecked = next(row for row in read(files["X"], "Verification") if row["finding"] == "could not check")
    (not_found,) = read(files["Y"], "Verification")
    assert not_found["finding"] == "not found"
    assert "could not look" in unchecked["evidence, as first found"]
    assert "found nobody" in not_found["evidence, as first found"]


@pytest.mark.parametrize("program", ["X", "Z"])
def test_only_the_managers_columns_are_open_and_carry_the_choices(con, tmp_path, program):
    book = openpyxl.load_workbook(export(con, tmp_path)[program].workbook)
    assert book["Read me"].protection.sheet
    for sheet in SHEETS:
        page = book[sheet.name]
        assert page.protection.sheet
        assert page.freeze_panes == "C2"
        assert page.auto_filter.ref.startswith("A1:")
        headings = [cell.value for cell in page[1]]
        assert headings[-5:] == ["decision", "action taken", "decided by", "decided on", "comment"]
        choices = {
            str(rule.sqref).split(":")[0]: rule.formula1.strip('"').split(",")
            for rule in page.data_validations.dataValidation if rule.type == "list"
        }
        place = f"{page.cell(2, headings.index('decision') + 1).coordinate}"
        assert choices[place] == list(sheet.columns[-5].choices)
        if program == "X":
            assert [cell.protection.locked for cell in page[2]] == [not c.is_to_fill_in for c in sheet.columns]


def test_decisions_are_those_of_the_contract():
    assert {sheet.name: sheet.columns[-5].choices for sheet in SHEETS} == {
        "Duplicates": ("same person", "different people", "need more time"),
        "Verification": ("record corrected", "register wrong", "deceased confirmed", "need more time"),
        "Payroll": ("payment stopped", "justified", "corrected", "need more time"),
    }
    assert SHEETS[0].columns[-4].choices == ("exit here", "exit there", "keep both", "none")


def test_text_is_never_a_formula(con, tmp_path):
    file = export(con, tmp_path)["X"]
    page = openpyxl.load_workbook(file.workbook)["Verification"]
    cells = {cell.value: cell for row in page.iter_rows() for cell in row}
    # openpyxl tells a formula by its type, not by its first character, when it reads.
    assert cells[NASTY].data_type in ("s", "inlineStr")
    assert cells["@SUM(A1)"].data_type in ("s", "inlineStr")
    assert cells["0042"].data_type in ("s", "inlineStr")
    with (file.folder / "verification.csv").open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert {row["name"] for row in rows} == {f"'{NASTY}", "Second Own"}
    assert {row["village"] for row in rows} == {"V", "'@SUM(A1)"}
    assert {row["phone"] for row in rows} == {"'+254711", ""}


def test_csv_and_workbook_hold_the_same_rows_in_the_same_order(con, tmp_path):
    file = export(con, tmp_path)["X"]
    for sheet in SHEETS:
        with (file.folder / f"{sheet.file_stem}.csv").open(newline="") as handle:
            rows = list(csv.DictReader(handle))
        assert [row["exception_id"] for row in rows] == [row["exception_id"] for row in read(file, sheet.name)]
        assert list(rows[0]) == [column.heading for column in sheet.columns]


def test_a_finding_keeps_its_number_its_evidence_and_its_age(con, tmp_path):
    first = read(export(con, tmp_path)["X"], "Duplicates")
    assert {row["state"] for row in first} == {"new"}
    assert {row["state"] for row in read(export(con, tmp_path)["X"], "Duplicates")} == {"new"}
    con.execute("UPDATE marts.rpt_multiple_receipt SET match_key = 'phone', money_at_stake = 8000")
    con.execute("DELETE FROM marts.rpt_payroll_pre WHERE enrolment_id = 'sx:e9'")
    second = read(export(con, tmp_path, "r2", dt.date(2026, 7, 10))["X"], "Duplicates")
    assert {row["exception_id"] for row in second} == {row["exception_id"] for row in first}
    assert {(row["state"], row["days open"], row["amount at stake"]) for row in second} == {("open", 10, 8000)}
    assert {row["evidence, as first found"] for row in second} == {row["evidence, as first found"] for row in first}
    gone = con.sql("SELECT kind, last_found_run FROM ops.exceptions WHERE status = 'gone'").fetchall()
    assert gone == [("payroll", "r1")]
    assert (tmp_path / "exceptions" / "X" / "2026-06-30").exists()


def test_a_failed_export_leaves_files_and_state_as_they_were(con, tmp_path, monkeypatch):
    export(con, tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def fail(*args):
        raise OSError("disk full")

    monkeypatch.setattr(export_module, "write_manifest", fail)
    with pytest.raises(OSError, match="disk full"):
        export(con, tmp_path, "r2")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert con.sql("SELECT DISTINCT last_found_run FROM ops.exceptions").fetchall() == [("r1",)]


def test_where_a_later_program_fails_no_programs_files_have_gone_out(con, tmp_path, monkeypatch):
    first = {name: file.workbook.read_bytes() for name, file in export(con, tmp_path).items()}
    real, written = export_module.write_manifest, []

    def fail_at_the_last(folder, content):
        written.append(content["program"])
        if len(written) == len(PROGRAMS):
            raise OSError("disk full")
        return real(folder, content)

    with monkeypatch.context() as patch:
        patch.setattr(export_module, "write_manifest", fail_at_the_last)
        with pytest.raises(OSError, match="disk full"):
            export(con, tmp_path, "r2")
    assert con.execute("SELECT DISTINCT run_id FROM ops.exports").fetchall() == [("r1",)]
    folders = list(tmp_path.glob("exceptions/*/*"))
    assert {path.name for path in folders} == {str(RUN_DATE)}, "nothing half-built is left"
    assert {path.parent.name: (path / "duplicates.xlsx").read_bytes() for path in folders} == first
    actions = [json.loads(line)["details"]["run_id"] for line in (tmp_path / "audit/events.jsonl").open()]
    assert actions == ["r1"] * len(PROGRAMS), "the trail tells what went out"


def test_files_go_out_when_they_are_on_record_and_a_kill_before_harms_none(con, tmp_path, monkeypatch):
    export(con, tmp_path)
    known = []

    def killed(folder):
        known.extend(con.execute("SELECT DISTINCT run_id FROM ops.exports ORDER BY 1").fetchall())
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(export_module, "swap_in", killed)
        with pytest.raises(KeyboardInterrupt):
            export(con, tmp_path, "r2")
    assert known == [("r1",), ("r2",)]
    (folder,) = tmp_path.glob("exceptions/X/*")
    assert json.loads((folder / "manifest.json").read_text())["run_id"] == "r1"
    again = export(con, tmp_path, "r3")
    assert {row["run"] for row in read(again["X"], "Duplicates")} == {"r3"}
    assert len(read(again["X"], "Duplicates")) == 2


def test_what_a_kill_between_two_renames_left_is_put_right(con, tmp_path):
    folder = export(con, tmp_path)["X"].folder
    folder.rename(folder.with_name(".old-" + folder.name))
    folder.with_name(".building-" + folder.name).mkdir()
    export(con, tmp_path)
    assert [path.name for path in folder.parent.iterdir()] == ["2026-06-30"]


def by_finding(file) -> dict[str, dict]:
    return {row["finding"]: row for row in read(file, "Verification")}


def test_a_register_that_cannot_be_asked_closes_nothing_and_says_so_once(con, tmp_path):
    first = export(con, tmp_path)
    con.execute("""
        UPDATE marts.rpt_verification SET status = 'could_not_check', could_not_check_reason = 'register_not_available'
        WHERE could_not_check_reason IS NULL;
        UPDATE marts.fct_payments SET amount_paid = 5000""")
    second = export(con, tmp_path, "r2", dt.date(2026, 7, 10))
    dead, before = by_finding(second["X"])["deceased"], by_finding(first["X"])["deceased"]
    assert dead["exception_id"] == before["exception_id"]
    assert (dead["state"], dead["days open"], dead["amount at stake"]) == ("open", 10, 5000)
    assert dead["evidence, as first found"] == before["evidence, as first found"]
    assert set(by_finding(second["Y"])) == {"not found"}
    assert con.sql("SELECT count(*) FROM ops.exceptions WHERE status = 'gone'").fetchone() == (0,)
    # Only whose own details do not suffice are sent as unchecked.
    assert by_finding(second["X"])["could not check"]["our record"] == "sx:2/1"
    text = [row[0] for row in openpyxl.load_workbook(second["X"].workbook)["Read me"].values]
    assert sum("register could not be asked" in line for line in text) == 1
    # Asked again, and no longer so.
    con.execute("UPDATE marts.rpt_verification SET status = 'verified', could_not_check_reason = NULL")
    third = export(con, tmp_path, "r3", dt.date(2026, 7, 11))
    assert third["X"].rows["Verification"] == third["Y"].rows["Verification"] == 0
    left = con.sql("SELECT count(*) FROM ops.exceptions WHERE kind = 'verification' AND status <> 'gone'")
    assert left.fetchone() == (0,)


def test_a_finding_says_what_was_found(con, tmp_path):
    def evidence(**values) -> str:
        changes = ", ".join(f"{name} = '{value}'" for name, value in values.items())
        con.execute(f"UPDATE marts.rpt_verification SET {changes} WHERE record_id = 'sy:1/1'")
        con.execute("DELETE FROM ops.exceptions")
        (row,) = read(export(con, tmp_path)["Y"], "Verification")
        return row["evidence, as first found"]

    assert evidence(status="mismatch", mismatched_fields="national_id", match_key="names and birth date") == (
        "Found in the register by names and birth date; the register has another ID number."
    )
    assert evidence(mismatched_fields="birth_date").endswith("these details differ: birth date.")
    assert evidence(status="id_shared", mismatched_fields="given_name, birth_date") == (
        "In the register it belongs to somebody else: given name, birth date differ."
    )
    assert evidence(mismatched_fields="", id_carriers=3) == "3 persons in the programs carry this ID number."
    assert evidence(register_death_date="2026-01-02").endswith("match died on 2026-01-02.")


def test_a_household_s_pair_is_enrolled_and_perhaps_not_paid(con, tmp_path):
    con.execute("DELETE FROM marts.rpt_multiple_receipt")
    con.execute("UPDATE marts.rpt_household_multiple_receipt SET both_still_paid = false")
    (row,) = read(export(con, tmp_path)["Y"], "Duplicates")
    assert row["evidence, as first found"].endswith("Both enrolled from 2026-01-01 to 2026-04-30; not both paid yet.")


def test_the_number_of_a_pair_depends_on_no_level_and_no_order(con, tmp_path):
    before = {row["exception_id"] for row in read(export(con, tmp_path)["Y"], "Duplicates")}
    con.execute("""
        DELETE FROM marts.rpt_multiple_receipt;
        UPDATE marts.rpt_household_multiple_receipt SET program_a = 'Y', program_b = 'X',
            enrolment_id_a = 'sy:e1', enrolment_id_b = 'sx:e1', record_id_a = 'sy:1/1', record_id_b = 'sx:1/1'""")
    assert {row["exception_id"] for row in read(export(con, tmp_path)["Y"], "Duplicates")} == before


def test_a_second_run_of_the_day_keeps_new_findings_new(con, tmp_path):
    export(con, tmp_path)
    assert {row["state"] for row in read(export(con, tmp_path, "r2")["X"], "Payroll")} == {"new"}


def test_the_gravest_payroll_findings_come_first(con, tmp_path):
    con.execute("UPDATE marts.rpt_payroll_pre SET severity = 'medium' WHERE reason_code = 'deceased_still_paid'")
    rows = read(export(con, tmp_path)["X"], "Payroll")
    assert [(row["gravity"], row["amount at stake"]) for row in rows] == [("high", 100), ("medium", 4000)]
