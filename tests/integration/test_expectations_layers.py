import duckdb
import pytest

from expectations import Severity, run_marts_contract, run_registry_contract
from expectations.layers import read_contract
from warehouse.connection import connect
from warehouse.schemas import prepare

GOOD = """
INSERT INTO ops.parameters VALUES ('reporting_date', '2026-06-30');
INSERT INTO ops.programs VALUES ('X', 'Program X', 'person', 's'), ('Y', 'Program Y', 'household', 's');
CREATE TABLE reference.areas AS SELECT 'A1' AS area_code;
CREATE TABLE registry.households AS SELECT 's:' || h AS household_id, 's' AS source,
  CASE WHEN h < 10 THEN 'X' ELSE 'Y' END AS program, 'active' AS status, 'A1' AS area_code, '01' AS county_code,
  'Here' AS area_given, 2 AS member_count, 0.5 AS latitude, 36.5 AS longitude FROM range(20) AS t(h);
CREATE TABLE registry.persons AS SELECT household_id || '/' || m AS record_id, source, program, household_id,
  CASE WHEN m = 1 THEN 'beneficiary' ELSE 'member' END AS role, m = 1 AS is_beneficiary, false AS is_caregiver,
  m = 1 AS is_head, NULL::VARCHAR AS national_id, 'Some Body' AS full_name, DATE '1950-01-01' AS birth_date,
  'day' AS birth_date_precision, 'F' AS sex, area_code, county_code, 'none' AS orphanhood,
  'head' AS relationship_to_head FROM registry.households, (VALUES (1), (2)) AS members(m);
CREATE TABLE registry.enrolments AS SELECT household_id AS enrolment_id, source, program, household_id,
  CASE program WHEN 'X' THEN 'person' ELSE 'household' END AS benefit_unit,
  CASE program WHEN 'X' THEN household_id || '/1' END AS beneficiary_record_id, NULL::VARCHAR AS caregiver_record_id,
  household_id || '/1' AS recipient_record_id, 'active' AS status, DATE '2020-01-01' AS enrolled_date,
  NULL::DATE AS exit_date, '123' AS account_no FROM registry.households;
CREATE TABLE registry.payments AS SELECT enrolment_id || '/2026/' || c AS payment_id, source, program, enrolment_id,
  household_id, recipient_record_id, program || ':2026-01-01' AS cycle_id, DATE '2026-01-01' AS period_start,
  DATE '2026-02-28' AS period_end, 4000::DECIMAL(18,2) AS amount_due, 4000::DECIMAL(18,2) AS amount_paid,
  'paid' AS status, DATE '2026-03-01' AS paid_date FROM registry.enrolments, (VALUES (1)) AS cycles(c);
CREATE TABLE registry.grievances AS SELECT 's:1' AS grievance_id, 's' AS source, 'X' AS program,
  's:1' AS household_id, DATE '2026-01-01' AS received_date, 'received' AS stage;
CREATE TABLE registry.population AS SELECT 'r1' AS register_id, '1' AS national_id, 'Some Body' AS full_name,
  DATE '1950-01-01' AS birth_date, 'F' AS sex, false AS is_deceased, NULL::DATE AS death_date;
CREATE TABLE registry.row_accounting AS SELECT 's' AS source, 'persons' AS table_name, 50 AS received,
  40 AS accepted, 8 AS out_of_scope, 2 AS rejected;
CREATE TABLE marts.dim_person AS SELECT record_id AS person_uid, 1 AS record_count FROM registry.persons;
CREATE TABLE marts.dim_program AS SELECT program FROM ops.programs;
CREATE TABLE marts.fct_enrolments AS SELECT *, false AS is_source_stale FROM registry.enrolments;
CREATE TABLE marts.fct_payments AS SELECT *, recipient_record_id AS person_uid, false AS is_source_stale
  FROM registry.payments;
CREATE TABLE marts.rpt_who_gets_what AS SELECT person_uid, program, cycle_id, amount_due, amount_paid,
  true AS is_recipient, false AS is_covered FROM marts.fct_payments;
CREATE TABLE marts.rpt_savings AS SELECT 'M1' AS match_id, DATE '2026-05-01' AS confirmed_date, 2000 AS money_saved,
  false AS both_still_paid, false AS is_escalation_due, false AS is_source_stale;
CREATE TABLE marts.rpt_linkage_quality AS SELECT * FROM (VALUES
  ('all', 'all', 0.99, 0.95, 1.0, NULL::DOUBLE, NULL::DOUBLE, NULL::DOUBLE),
  ('sex', 'F', NULL, NULL, NULL, NULL, NULL, NULL)
) AS t(group_by, group_value, estimated_precision, estimated_precision_low, estimated_precision_high, estimated_recall,
  estimated_recall_low, estimated_recall_high);
"""


@pytest.fixture
def con():
    con = connect(":memory:")
    prepare(con)
    con.execute(GOOD)
    yield con
    con.close()


def failed(result) -> set[str]:
    return {f"{check.table} | {check.name}" for check in result.failures()}


def test_a_sound_registry_and_sound_marts_pass(con):
    for run, layer in ((run_registry_contract, "registry"), (run_marts_contract, "marts")):
        result = run(con)
        assert not result.failures(), result.summary_line()
        assert len(result.checks) == sum(len(table.checks) for table in read_contract(layer))


@pytest.mark.parametrize(
    ("break_sql", "check"),
    [
        ("INSERT INTO registry.persons FROM registry.persons LIMIT 1", "registry.persons | key is unique"),
        ("UPDATE registry.persons SET role = 'uncle'", "registry.persons | role is a known code"),
        ("UPDATE registry.persons SET household_id = 's:99' WHERE record_id = 's:3/1'",
         "registry.persons | a household in registry.households"),
        ("UPDATE registry.persons SET birth_date = '2027-01-01'",
         "registry.persons | a birth date after 1880 and not after the reporting date"),
        ("UPDATE registry.persons SET birth_date = NULL WHERE record_id = 's:3/1'",
         "registry.persons | a birth date exactly where its precision is known"),
        ("UPDATE registry.enrolments SET household_id = 's:99' WHERE enrolment_id = 's:3'",
         "registry.enrolments | a household in registry.households"),
        ("UPDATE registry.payments SET enrolment_id = 's:99' WHERE enrolment_id = 's:3'",
         "registry.payments | an enrolment in registry.enrolments"),
        ("UPDATE registry.payments SET amount_paid = -1 WHERE enrolment_id = 's:3'",
         "registry.payments | amount_paid is plausible"),
        ("UPDATE registry.row_accounting SET rejected = 1",
         "registry.row_accounting | received = accepted + out of scope + rejected"),
        ("INSERT INTO ops.programs VALUES ('Z', 'Program Z', 'person', 's')",
         "ops.programs | persons of every program"),
        ("ALTER TABLE registry.population DROP COLUMN death_date", "registry.population | columns exist"),
        ("DROP TABLE registry.grievances", "registry.grievances | readable"),
    ],
)
def test_each_break_of_the_registry_is_found_and_named(con, break_sql, check):
    con.execute(break_sql)
    result = run_registry_contract(con)
    assert not result.passed
    assert failed(result) == {check}
    assert "Some Body" not in result.summary_line()


def test_a_finding_about_the_data_is_a_warning_and_holds_nothing_back(con):
    con.execute("UPDATE registry.enrolments SET exit_date = '2019-01-01' WHERE enrolment_id = 's:3'")
    result = run_registry_contract(con)
    assert result.passed
    assert [(check.name, check.severity, check.broken_rows) for check in result.warnings()] == [
        ("an exit not before the enrolment", Severity.WARNING, 1)
    ]


@pytest.mark.parametrize(
    ("break_sql", "check"),
    [
        ("UPDATE marts.rpt_who_gets_what SET amount_paid = 3999 WHERE person_uid = 's:3/1'",
         "money by program and cycle | the same amount paid in rpt_who_gets_what as in fct_payments"),
        ("UPDATE marts.rpt_who_gets_what SET is_recipient = false WHERE person_uid = 's:3/1'",
         "marts.rpt_who_gets_what | money on the recipient's row only"),
        ("UPDATE marts.dim_person SET person_uid = NULL WHERE person_uid = 's:3/1'",
         "marts.dim_person | key person_uid is filled"),
        ("UPDATE marts.rpt_linkage_quality SET estimated_precision_low = 0.995 WHERE group_by = 'all'",
         "marts.rpt_linkage_quality | an estimate within its interval, and only on the row of all"),
        ("UPDATE marts.rpt_linkage_quality SET estimated_recall = 0.9 WHERE group_by = 'sex'",
         "marts.rpt_linkage_quality | an estimate within its interval, and only on the row of all"),
    ],
)
def test_each_break_of_the_marts_is_found_and_named(con, break_sql, check):
    con.execute(break_sql)
    assert failed(run_marts_contract(con)) == {check}


def test_lost_payments_are_found_twice(con):
    con.execute("DELETE FROM marts.fct_payments WHERE enrolment_id = 's:3'")
    names = {check.name for check in run_marts_contract(con).failures()}
    assert names == {
        "as many payment lines in the mart as in the registry",
        "the same amount due in rpt_who_gets_what as in fct_payments",
        "the same amount paid in rpt_who_gets_what as in fct_payments",
    }


def test_broken_rows_go_to_a_file(con, tmp_path):
    con.execute("UPDATE registry.payments SET amount_paid = -1 WHERE enrolment_id = 's:3'")
    run_registry_contract(con, quarantine=tmp_path)
    file = tmp_path / "registry" / "registry.payments.csv"
    rows = duckdb.sql(f"SELECT ibr_broken_rules, payment_id FROM read_csv('{file}')").fetchall()
    assert rows == [("amount_paid is plausible", "s:3/2026/1")]


def test_a_warehouse_may_be_named_by_its_file(con, tmp_path):
    con.execute(f"ATTACH '{tmp_path / 'w.duckdb'}' AS copy")
    con.execute("COPY FROM DATABASE memory TO copy")
    con.execute("DETACH copy")
    assert run_registry_contract(tmp_path / "w.duckdb").passed
