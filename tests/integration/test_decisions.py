"""What becomes of decisions: on record, binding, silent, corrected, contested, confirmed, closed, escalated."""

import datetime as dt
import signal
import subprocess
import sys
import time

import pytest

from exchange.exceptions import Delivery
from exchange.exceptions.findings import find
from exchange.exceptions.sheets import VERIFICATION
from exchange.exceptions.words import languages
from exchange.plain_csv import write_csv
from tests.integration.managers import ANSWER, DEAD, TODAY, bring_back, fill, states, warehouse
from tests.integration.test_exceptions_export import export, read
from warehouse.connection import connect, literal
from warehouse.schemas import prepare

NEXT_DAY = dt.date(2026, 7, 6)


@pytest.fixture
def con(exported):
    return exported.con


@pytest.fixture
def files(exported):
    return exported.files


def duplicates(file) -> dict[str, dict]:
    return {row["match_id"]: row for row in read(file, "Duplicates")}


def answered(con, file, target, match_id: str, **changes):
    """Answer one duplicate and bring the file back."""
    rows = list(duplicates(file))
    cells = ANSWER | {heading.replace("_", " "): value for heading, value in changes.items()}
    return fill(file, target, {"Duplicates": {rows.index(match_id) + 2: cells}})


def bound(con) -> set[tuple]:
    return set(con.execute("SELECT record_id_l, record_id_r, decision FROM linkage.decisions").fetchall())


def test_decisions_are_recorded_bind_linkage_and_silence_their_exceptions(con, files, tmp_path):
    path = fill(files["X"], tmp_path / "back.xlsx", {"Duplicates": {2: ANSWER, 3: ANSWER}, "Verification": {2: DEAD}})
    outcome = bring_back(con, path, by="Otieno")
    assert (outcome.recorded, outcome.rows) == (3, 6)
    assert bound(con) == {("sx:1/1", "sx:2/1", "same"), ("sx:1/1", "sy:1/1", "same")}
    kept = con.execute(
        "SELECT decided_by, decided_on, file_name, row_number, length(sha256), imported_by FROM ops.decisions "
        "JOIN ops.decision_files USING (import_number, file_name, sheet) WHERE kind = 'verification'"
    ).fetchall()
    assert kept == [("Amina", dt.date(2026, 7, 2), "back.xlsx", 2, 64, "Otieno")]
    # m2 is no longer paid on both sides: nothing is left to do.
    assert states(con, "X") == {
        "m1": "decided", "m2": "closed", "deceased": "decided", "could not check": "new", "deceased still paid": "new",
        "paid not enrolled": "new",
    }
    again = export(con, tmp_path, "r2", NEXT_DAY)
    assert again["X"].rows == {"Duplicates": 0, "Verification": 1, "Payroll": 2}
    # The other side has not answered yet, and is told what this one said.
    assert duplicates(again["Y"])["m1"]["other program's answer"] == "same person, exit there"


def test_the_same_file_again_is_no_news(con, files, tmp_path):
    path = answered(con, files["X"], tmp_path / "back.xlsx", "m1")
    bring_back(con, path)
    before = con.execute("FROM ops.decisions").fetchall()
    for repeated in (path, fill(path, tmp_path / "saved again.xlsx", {"Payroll": {2: {"comment": "a call"}}})):
        outcome = bring_back(con, repeated)
        assert (outcome.recorded, outcome.repeated) == (0, 1)
    assert outcome.comments == 1
    assert con.execute("FROM ops.decisions").fetchall() == before
    assert con.execute("SELECT count(*) FROM ops.decision_files").fetchone() == (1,)


@pytest.mark.parametrize("decided_on", ["01/07/2026", 46204, dt.datetime(2026, 7, 1, 15, 30)])
def test_dates_are_read_as_people_and_spreadsheets_write_them(con, files, tmp_path, decided_on):
    bring_back(con, answered(con, files["X"], tmp_path / "back.xlsx", "m1", decided_on=decided_on))
    assert con.execute("SELECT decided_on FROM ops.decisions").fetchall() == [(dt.date(2026, 7, 1),)]


def test_rows_may_be_sorted_gone_and_blank_and_words_in_any_case(con, files, tmp_path):
    def shuffle(book):
        page = book["Duplicates"]
        rows = [[cell.value for cell in row] for row in page.iter_rows(min_row=2)]
        page.delete_rows(2, page.max_row)
        page.append([None] * 3)
        page.append(["  "])
        page.append([f"{value} " if isinstance(value, str) else value for value in rows[1]])
        page.cell(4, 2).data_type = "s"  # a name that begins as a formula does
        del book["Payroll"]

    path = fill(files["X"], tmp_path / "sorted.xlsx", {}, shuffle)
    answer = ANSWER | {"decision": " Same  PERSON", "action taken": "Exit Here "}
    fill(path, path, {"Duplicates": {4: answer}})
    assert bring_back(con, path).recorded == 1
    assert con.execute("SELECT decision, action, row_number FROM ops.decisions").fetchall() == [
        ("same person", "exit here", 4)
    ]


def test_csv_files_come_back_however_a_spreadsheet_saves_them(con, files, tmp_path):
    con.execute("UPDATE registry.households SET village = 'Côte, \"Ost\"'")
    folder = export(con, tmp_path, "r2")["X"].folder
    target = tmp_path / "answers of july.csv"
    con.execute(
        f"COPY (SELECT * REPLACE ('Same person' AS decision, 'Amina' AS \"decided by\", '1/7/2026' AS \"decided on\", "
        f"strftime(\"first found\"::DATE, '%d/%m/%Y') AS \"first found\", "
        f"'4.000,00' AS \"amount at stake\", '99,9%' AS certainty, trim(\"ID number\", '0') AS \"ID number\") "
        f"FROM read_csv({literal(str(folder / 'duplicates.csv'))}, all_varchar = true) WHERE match_id = 'm1') "
        f"TO {literal(str(target))} (FORMAT csv, HEADER, DELIM ';')"
    )
    text = target.read_text("utf-8")
    for number, encoding in enumerate(("utf-16", "cp1252", "utf-8-sig")):
        target.write_bytes(text.encode(encoding))
        outcome = bring_back(con, target)
        assert (outcome.recorded, outcome.repeated) == ((1, 0) if number == 0 else (0, 1)), encoding
    assert bound(con) == {("sx:1/1", "sy:1/1", "same")}


def test_a_correction_replaces_what_binds_and_both_stay(con, files, tmp_path):
    bring_back(con, answered(con, files["X"], tmp_path / "one.xlsx", "m1"))
    corrected = {"decision": "different people", "action_taken": None, "decided_on": TODAY}
    outcome = bring_back(con, answered(con, files["X"], tmp_path / "two.xlsx", "m1", **corrected))
    assert (outcome.recorded, outcome.corrected) == (1, 1)
    assert bound(con) == {("sx:1/1", "sy:1/1", "different")}
    said = con.execute("SELECT decision, file_name FROM ops.decisions ORDER BY decision_id").fetchall()
    assert said == [("same person", "one.xlsx"), ("different people", "two.xlsx")]
    # Silent in newer files, so it is corrected where it stood last.
    newer = export(con, tmp_path, "r2", NEXT_DAY)["X"]
    assert "m1" not in duplicates(newer)
    bring_back(con, fill(newer, tmp_path / "new.xlsx", {"Payroll": {2: {"decision": "justified", "decided by": "B",
                                                                        "decided on": NEXT_DAY}}}), today=NEXT_DAY)
    back = answered(con, files["X"], tmp_path / "three.xlsx", "m1", decided_on=NEXT_DAY)
    assert bring_back(con, back, today=NEXT_DAY).corrected == 1
    assert bound(con) == {("sx:1/1", "sy:1/1", "same")}


def test_need_more_time_keeps_it_open_and_says_so(con, files, tmp_path):
    bring_back(con, answered(con, files["X"], tmp_path / "b.xlsx", "m1", decision="need more time", action_taken=None))
    row = duplicates(export(con, tmp_path, "r2", NEXT_DAY)["X"])["m1"]
    assert row["state"] == "need more time"
    assert row["our answer so far"] == "need more time, by Amina on 2026-07-01"
    assert bound(con) == set()


def test_two_programs_that_decide_differently_are_told_and_neither_binds(con, files, tmp_path):
    bring_back(con, answered(con, files["X"], tmp_path / "x.xlsx", "m1"))
    different = {"decision": "different people", "action_taken": None}
    outcome = bring_back(con, answered(con, files["Y"], tmp_path / "y.xlsx", "m1", **different))
    assert (outcome.recorded, outcome.contested, outcome.contested_matches) == (1, 1, ["m1"])
    assert bound(con) == set()
    assert states(con, "X")["m1"] == states(con, "Y")["m1"] == "contested"
    again = export(con, tmp_path, "r2", NEXT_DAY)
    row = duplicates(again["X"])["m1"]
    assert (row["state"], row["other program's answer"]) == ("contested", "different people")
    assert "the other program decided otherwise" in row["our answer so far"]
    back = answered(con, again["X"], tmp_path / "x2.xlsx", "m1", **different, decided_on=NEXT_DAY)
    assert bring_back(con, back, today=NEXT_DAY).contested == 0
    assert bound(con) == {("sx:1/1", "sy:1/1", "different")}
    assert states(con, "X")["m1"] == states(con, "Y")["m1"] == "decided"


def test_where_two_people_are_needed_the_first_alone_changes_nothing(con, files, tmp_path):
    rule = {"two_people": ["same person"]}
    first = answered(con, files["X"], tmp_path / "first.xlsx", "m1")
    assert bring_back(con, first, by="Otieno", **rule).waiting == 1
    assert (bound(con), states(con, "X")["m1"]) == (set(), "to_confirm")
    for nobody_else in ("amina", " OTIENO ", "A. Mina", "O'tieno", None):
        assert bring_back(con, first, by=nobody_else, **rule).confirmed == 0
    again = answered(con, files["X"], tmp_path / "again.xlsx", "m1", decided_by="A. MINA", decided_on=TODAY)
    assert bring_back(con, again, **rule).waiting == 1
    row = duplicates(export(con, tmp_path, "r2", NEXT_DAY)["X"])["m1"]
    assert row["state"] == "to be confirmed"
    assert "a second person has to confirm it" in row["our answer so far"]
    outcome = bring_back(con, first, by="Wanjiru", **rule)
    assert (outcome.confirmed, outcome.recorded, outcome.waiting) == (1, 0, 0)
    assert bound(con) == {("sx:1/1", "sy:1/1", "same")}
    assert bring_back(con, first, by="Kamau", **rule).confirmed == 0, "it is in force already"


def test_a_second_manager_confirms_in_the_file_and_another_answer_starts_anew(con, files, tmp_path):
    rule = {"two_people": ["same person", "different people"]}
    bring_back(con, answered(con, files["X"], tmp_path / "a.xlsx", "m1"), **rule)
    other = {"decision": "different people", "action_taken": None}
    bring_back(con, answered(con, files["X"], tmp_path / "b.xlsx", "m1", **other, decided_by="Baraka"), **rule)
    assert (bound(con), states(con, "X")["m1"]) == (set(), "to_confirm")
    bring_back(con, answered(con, files["X"], tmp_path / "c.xlsx", "m1", **other, decided_by="Chebet"), **rule)
    assert bound(con) == {("sx:1/1", "sy:1/1", "different")}


def test_new_evidence_brings_a_decided_case_back_and_says_what_is_new(con, files, tmp_path):
    different = {"decision": "different people", "action_taken": None}
    bring_back(con, answered(con, files["X"], tmp_path / "back.xlsx", "m1", **different))
    assert "m1" not in duplicates(export(con, tmp_path, "r2", NEXT_DAY)["X"])
    # Somebody else receives on the other side now.
    con.execute("""
        INSERT INTO registry.persons BY NAME SELECT * REPLACE ('sy:1/2' AS record_id) FROM registry.persons
        WHERE record_id = 'sy:1/1';
        UPDATE marts.rpt_multiple_receipt SET record_id_b = 'sy:1/2', match_key = 'phone' WHERE match_id = 'm1'""")
    row = duplicates(export(con, tmp_path, "r3", NEXT_DAY)["X"])["m1"]
    assert row["state"] == "open"
    assert "there is new evidence since" in row["our answer so far"]
    assert "agree on national id" in row["evidence, as first found"]
    assert "agree on phone" in row["what has changed since"]
    assert bound(con) == {("sx:1/1", "sy:1/1", "different")}, "what was decided of the first two still binds"


def test_members_that_two_households_share_are_what_an_answer_binds(con, tmp_path):
    con.execute("""
        DELETE FROM marts.rpt_multiple_receipt;
        INSERT INTO registry.persons BY NAME SELECT * REPLACE ('sx:1/2' AS record_id, 'Child One' AS full_name)
            FROM registry.persons WHERE record_id = 'sx:1/1';
        INSERT INTO registry.persons BY NAME SELECT * REPLACE ('sy:1/9' AS record_id, 'SECRET CHILD' AS full_name)
            FROM registry.persons WHERE record_id = 'sy:1/1';
        INSERT INTO linkage.persons_crosswalk VALUES
            ('sx:1/2', 'P7'), ('sy:1/9', 'P7'), ('sx:1/1', 'P1'), ('sy:1/1', 'P2')""")
    file = export(con, tmp_path, "r2")["X"]
    row = duplicates(file)["m1"]
    assert (row["about"], row["our members in both"]) == ("one household", "Child One")
    assert "SECRET" not in str(row.values())
    bring_back(con, answered(con, file, tmp_path / "back.xlsx", "m1"))
    assert bound(con) == {("sx:1/2", "sy:1/9", "same")}, "not the two who receive: they may be husband and wife"
    # One more member in both bears the answer out; against "different people" it would be new evidence.
    con.execute("UPDATE linkage.persons_crosswalk SET person_uid = 'P1' WHERE record_id = 'sy:1/1'")
    assert "m1" not in duplicates(export(con, tmp_path, "r3", NEXT_DAY)["X"])
    back = answered(con, file, tmp_path / "b.xlsx", "m1", decision="different people", action_taken=None)
    bring_back(con, back)
    assert duplicates(export(con, tmp_path, "r4", NEXT_DAY)["X"])["m1"]["state"] == "open"


def test_a_confirmed_duplicate_still_paid_comes_back_on_both_sides_until_decided_again(con, files, tmp_path):
    bring_back(con, answered(con, files["X"], tmp_path / "back.xlsx", "m1"))
    con.execute("INSERT INTO marts.rpt_savings VALUES ('sx:e1', 'sy:e1', true)")
    again = export(con, tmp_path, "r2", NEXT_DAY)
    ours, theirs = duplicates(again["X"])["m1"], duplicates(again["Y"])["m1"]
    assert ours["state"] == theirs["state"] == "escalated"
    assert "both sides are still paid two cycles later" in ours["our answer so far"]
    bring_back(con, answered(con, again["X"], tmp_path / "b.xlsx", "m1", decided_on=NEXT_DAY), today=NEXT_DAY)
    assert states(con, "X")["m1"] == "decided"


def test_once_a_side_is_no_longer_paid_the_case_is_closed_for_both(con, files, tmp_path):
    bring_back(con, answered(con, files["X"], tmp_path / "back.xlsx", "m1"))
    con.execute("UPDATE marts.rpt_multiple_receipt SET both_still_paid = false")
    again = export(con, tmp_path, "r2", NEXT_DAY)
    assert states(con, "X")["m1"] == states(con, "Y")["m1"] == "closed"
    assert "m1" not in duplicates(again["Y"])
    con.execute("DELETE FROM marts.rpt_verification")
    export(con, tmp_path, "r3", NEXT_DAY)
    assert states(con, "X")["deceased"] == "gone", "nobody decided it"


def test_a_register_that_cannot_be_asked_leaves_decisions_as_they_are(con, files, tmp_path):
    bring_back(con, fill(files["X"], tmp_path / "back.xlsx", {"Verification": {2: DEAD}}))
    con.execute(
        "UPDATE marts.rpt_verification "
        "SET status = 'could_not_check', could_not_check_reason = 'register_not_available'"
    )
    file = export(con, tmp_path, "r2", NEXT_DAY)["X"]
    assert states(con, "X")["deceased"] == "decided"
    assert file.rows["Verification"] == 0


def test_decisions_that_people_entered_by_hand_stay(con, files, tmp_path):
    con.execute(
        "INSERT INTO linkage.decisions VALUES ('D1', 'person', 'sx:1/1', 'sx:2/1', 'different', 'me', '2026-01-01')"
    )
    bring_back(con, answered(con, files["X"], tmp_path / "back.xlsx", "m1"))
    assert bound(con) == {("sx:1/1", "sx:2/1", "different"), ("sx:1/1", "sy:1/1", "same")}


def test_what_was_decided_then_is_what_an_earlier_moment_knows(exported, tmp_path):
    from pipelines.as_of import _take_decisions

    con, files = exported.con, exported.files
    con.execute("INSERT INTO linkage.decisions VALUES ('D1', 'person', 'sx:1/1', 'sx:9/9', 'same', 'me', '2026-07-04')")
    bring_back(con, answered(con, files["X"], tmp_path / "one.xlsx", "m1"))
    later = {"decision": "different people", "action_taken": None, "decided_on": NEXT_DAY}
    bring_back(
        con, answered(con, files["X"], tmp_path / "two.xlsx", "m1", **later), today=NEXT_DAY,
        imported_at=dt.datetime(2026, 7, 7, tzinfo=dt.UTC),
    )
    con.close()
    by_hand = ("sx:1/1", "sx:9/9", "same")
    for day, expected in [
        (4, set()), (5, {by_hand}), (6, {by_hand, ("sx:1/1", "sy:1/1", "same")}),
        (8, {by_hand, ("sx:1/1", "sy:1/1", "different")}),
    ]:
        with connect(":memory:") as then:
            prepare(then)
            then.execute(f"ATTACH {literal(str(tmp_path / 'home' / 'warehouse.duckdb'))} AS now (READ_ONLY)")
            _take_decisions(then, dt.datetime(2026, 7, day, tzinfo=dt.UTC))
            assert bound(then) == expected, day


def test_a_warehouse_of_the_release_before_keeps_its_exceptions(tmp_path):
    with connect(":memory:") as con:
        con.execute("""
            CREATE SCHEMA ops;
            CREATE TABLE ops.exceptions (
                exception_id VARCHAR PRIMARY KEY, program VARCHAR NOT NULL, kind VARCHAR NOT NULL, match_id VARCHAR,
                first_found_run VARCHAR NOT NULL, first_found_at DATE NOT NULL, last_found_run VARCHAR NOT NULL,
                last_found_at DATE NOT NULL, status VARCHAR NOT NULL CHECK (status IN ('new', 'open', 'gone')),
                evidence JSON);
            INSERT INTO ops.exceptions VALUES
                ('E1', 'X', 'payroll', NULL, 'r0', '2026-01-01', 'r0', '2026-01-01', 'open', '{"text": "was so"}')""")
        for _ in range(2):
            prepare(con)
        con.execute("UPDATE ops.exceptions SET status = 'decided'")
        assert con.execute("SELECT exception_id, status, evidence ->> 'text' FROM ops.exceptions").fetchall() == [
            ("E1", "decided", "was so")
        ]


def test_a_failure_in_the_middle_leaves_nothing(con, files, tmp_path, monkeypatch):
    def fail(con):
        raise OSError("disk full")

    monkeypatch.setattr("exchange.decisions.importing.update_states", fail)
    with pytest.raises(OSError, match="disk full"):
        bring_back(con, answered(con, files["X"], tmp_path / "back.xlsx", "m1"))
    for table in ("ops.decisions", "ops.decision_files", "linkage.decisions"):
        assert con.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


KILLED = """
import datetime, os, signal, sys
import exchange.decisions.importing as importing
from warehouse.connection import connect
importing.update_states = lambda con: os.kill(os.getpid(), signal.SIGKILL)
with connect(sys.argv[1]) as con:
    importing.import_files(con, [importing.Path(sys.argv[2])], today=datetime.date(2026, 7, 5),
                           imported_at=datetime.datetime(2026, 7, 5))
"""


def test_a_process_killed_in_the_middle_leaves_nothing(exported, tmp_path):
    path = answered(exported.con, exported.files["X"], tmp_path / "back.xlsx", "m1")
    exported.con.close()
    warehouse_file = tmp_path / "home" / "warehouse.duckdb"
    done = subprocess.run([sys.executable, "-c", KILLED, warehouse_file, path], check=False)
    assert done.returncode == -signal.SIGKILL
    with connect(warehouse_file) as con:
        for table in ("ops.decisions", "ops.decision_files", "linkage.decisions"):
            assert con.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
        assert bring_back(con, path).recorded == 1


def test_a_hundred_thousand_decisions_take_seconds(tmp_path):
    with warehouse() as con:
        con.execute("""
            INSERT INTO registry.persons BY NAME
                SELECT * EXCLUDE (i) REPLACE ('sx:n' || i AS record_id, 'Person ' || i AS full_name)
                FROM registry.persons, range(100000) AS t(i) WHERE record_id = 'sx:2/1';
            INSERT INTO marts.fct_enrolments BY NAME
                SELECT 'sx:f' || i AS enrolment_id, 'X' AS program, 'sx:2' AS household_id,
                'sx:n' || i AS beneficiary_record_id, 'sx:n' || i AS recipient_record_id, 'active' AS status
                FROM range(100000) AS t(i);
            INSERT INTO marts.rpt_verification BY NAME
                SELECT 'sx:n' || i AS record_id, 'X' AS program, 'sx:2' AS household_id,
                'not_found' AS status, 1 AS id_carriers, '' AS mismatched_fields FROM range(100000) AS t(i)""")
        con.begin()
        findings = find(con, "r1", dt.date(2026, 6, 30), ["X"])
        rows = findings.stage(VERIFICATION, "X")
        findings.keep(VERIFICATION, rows, "X")
        con.commit()
        out, back = tmp_path / "verification.csv", tmp_path / "back.csv"
        write_csv(con, VERIFICATION, rows, out)
        con.execute(
            "COPY (SELECT * REPLACE ('record corrected' AS decision, 'Amina' AS \"decided by\", "
            "'2026-07-01' AS \"decided on\") "
            f"FROM read_csv({literal(str(out))}, all_varchar = true)) TO {literal(str(back))} (FORMAT csv, HEADER)"
        )
        begun = time.process_time()
        assert bring_back(con, back).recorded == 100_002
        # Measured 5 s of a core; the machine may be busy, so the clock on the wall says nothing.
        assert time.process_time() - begun < 30


@pytest.mark.needs_libreoffice
def test_workbooks_and_csv_files_saved_by_libreoffice_are_read(con, files, tmp_path):
    path = fill(files["X"], tmp_path / "back.xlsx", {"Duplicates": {2: ANSWER}, "Verification": {2: DEAD}})
    file = export(con, tmp_path, "r2", Y=Delivery(languages()["fr"]))["Y"]
    french = {"décision": "registre erroné", "décidé par": "Amina", "décidé le": dt.date(2026, 7, 2)}
    other = fill(file, tmp_path / "retour.xlsx", {"Vérification": {2: french}})
    all_sheets = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
    for target in ("xlsx", all_sheets):
        command = ["soffice", "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to", target]
        command += ["--outdir", str(tmp_path / "saved"), str(path), str(other)]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
    assert bring_back(con, tmp_path / "saved" / "back.xlsx", tmp_path / "saved" / "retour.xlsx").recorded == 3
    sheets = [tmp_path / "saved" / f"back-{name}.csv" for name in ("Duplicates", "Verification", "Payroll")]
    outcome = bring_back(con, *sheets, tmp_path / "saved" / "retour-Vérification.csv")
    assert (outcome.repeated, outcome.recorded, outcome.rows) == (3, 0, 7)
