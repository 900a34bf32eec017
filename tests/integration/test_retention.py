"""Retention: who is past their time, what is marked and removed, and that the dry run changes nothing."""

import datetime as dt

import pytest

from ibr.config import Retention
from warehouse.connection import connect
from warehouse.retention import apply, report
from warehouse.schemas import prepare

AS_AT = dt.date(2026, 6, 30)
RULES = Retention(left_years=5, history_years=5)
# One household each: long gone (one of them in another program too), gone lately, gone and paid since, gone without a
# date, still enrolled, gone with an open finding, gone with an open correction, gone while a relative is enrolled.
CONTENT = """
CREATE TABLE registry.persons AS
SELECT *, split_part(record_id, '/', 1) AS household_id, upper(record_id[1]) AS program
FROM (VALUES ('a:gone/1'), ('a:gone/2'), ('b:gone/1'), ('a:lately/1'), ('a:paid/1'), ('a:undated/1'), ('a:active/1'),
    ('a:finding/1'), ('a:correction/1'), ('a:half/1'), ('a:half/2'), ('b:half/2')) AS rows (record_id);
INSERT INTO linkage.persons_crosswalk
SELECT record_id, 'P-' || regexp_replace(record_id, '^..', '') FROM registry.persons;
CREATE TABLE registry.enrolments AS
SELECT *, household_id AS enrolment_id, upper(household_id[1]) AS program, NULL::VARCHAR AS beneficiary_record_id,
    NULL::VARCHAR AS caregiver_record_id, household_id || if(household_id = 'b:half', '/2', '/1') AS recipient_record_id
FROM (VALUES
    ('a:gone', 'exited', DATE '2015-01-01'), ('b:gone', 'exited', DATE '2021-06-29'),
    ('a:lately', 'exited', DATE '2021-06-30'),
    ('a:paid', 'exited', DATE '2015-01-01'), ('a:undated', 'exited', NULL), ('a:active', 'active', NULL),
    ('a:finding', 'exited', DATE '2015-01-01'), ('a:correction', 'exited', DATE '2015-01-01'),
    ('a:half', 'exited', DATE '2015-01-01'), ('b:half', 'active', NULL)
) AS rows (household_id, status, exit_date);
CREATE TABLE registry.payments AS SELECT 'a:paid' AS enrolment_id, DATE '2024-02-01' AS paid_date,
    DATE '2014-12-31' AS period_end, 4000 AS amount_paid;
INSERT INTO ops.exceptions (exception_id, program, kind, first_found_run, first_found_at, last_found_run, last_found_at,
    status, enrolment_id) VALUES ('E1', 'A', 'payroll', 'r', '2026-01-01', 'r', '2026-01-01', 'open', 'a:finding');
INSERT INTO ops.corrections BY NAME SELECT 'C1' AS correction_id, 'P-correction/1' AS person_uid, 'A' AS program,
    'a:correction/1' AS record_id, 'phone' AS field, '1' AS value_said, 'x' AS evidence,
    DATE '2026-01-01' AS requested_on, 'y' AS requested_by;
CREATE SCHEMA mirror_a;
CREATE SCHEMA history_a;
CREATE TABLE mirror_a."Odd name" AS SELECT * FROM (VALUES
    (1, NULL), (2, TIMESTAMPTZ '2021-06-29 10:00:00+00'), (3, TIMESTAMPTZ '2022-01-01 10:00:00+00')
) AS rows (id, _ibr_deleted_at);
CREATE TABLE history_a."Odd name" AS SELECT * FROM (VALUES
    (1, TIMESTAMPTZ '2020-01-01 10:00:00+00'), (1, TIMESTAMPTZ '2025-01-01 10:00:00+00')
) AS rows (id, _ibr_replaced_at);
"""


@pytest.fixture
def con():
    with connect(":memory:") as con:
        prepare(con)
        con.execute(CONTENT)
        yield con


def marked(con, kind: str) -> list[str]:
    rows = con.execute("SELECT id FROM ops.past_retention WHERE kind = ? ORDER BY id", [kind]).fetchall()
    return [one for (one,) in rows]


def test_only_who_left_everything_so_long_ago_is_past_their_time(con):
    apply(con, RULES, AS_AT)
    # Of the half household the one who is enrolled elsewhere stays; so does the household.
    assert marked(con, "record") == ["a:gone/1", "a:gone/2", "a:half/1", "b:gone/1"]
    assert marked(con, "household") == ["a:gone", "b:gone"]
    assert marked(con, "enrolment") == ["a:gone", "b:gone"]


def test_records_of_one_person_stay_one_person_by_a_decision(con):
    apply(con, RULES, AS_AT)
    apply(con, RULES, AS_AT)
    kept = con.execute("SELECT kind, record_id_l, record_id_r, decision FROM linkage.decisions").fetchall()
    assert kept == [("retention", "a:gone/1", "b:gone/1", "same")]


def kept_decisions(con) -> list[tuple]:
    return con.execute(
        "SELECT record_id_l, record_id_r, decided_on FROM linkage.decisions WHERE kind = 'retention' ORDER BY ALL"
    ).fetchall()


def test_what_is_kept_as_one_person_is_as_old_as_the_mark(con):
    apply(con, RULES, AS_AT)
    apply(con, RULES, AS_AT + dt.timedelta(90))
    assert kept_decisions(con) == [("a:gone/1", "b:gone/1", AS_AT)]


def take_apart(con, one: str, other: str) -> None:
    con.execute(
        "INSERT INTO linkage.decisions VALUES ('V1', 'review', $1, $2, 'different', 'x', $3)",
        [one, other, AS_AT + dt.timedelta(60)],
    )


@pytest.mark.parametrize("pair", [("a:gone/1", "b:gone/1"), ("b:gone/1", "a:gone/1")])
def test_records_that_people_took_apart_are_not_put_together_again(con, pair):
    apply(con, RULES, AS_AT)
    take_apart(con, *pair)
    apply(con, RULES, AS_AT + dt.timedelta(90))
    assert kept_decisions(con) == []
    con.execute("DELETE FROM linkage.decisions WHERE decision_id = 'V1'")  # taken back
    apply(con, RULES, AS_AT + dt.timedelta(120))
    assert kept_decisions(con) == [("a:gone/1", "b:gone/1", AS_AT)]


def test_nor_are_they_by_way_of_a_third(con):
    con.execute("UPDATE linkage.persons_crosswalk SET person_uid = 'P-gone/1' WHERE record_id = 'a:gone/2'")
    take_apart(con, "a:gone/1", "b:gone/1")
    apply(con, RULES, AS_AT)
    assert kept_decisions(con) == [("a:gone/1", "a:gone/2", AS_AT)]


def test_who_comes_back_and_a_rule_that_is_taken_away_lose_the_mark(con):
    apply(con, RULES, AS_AT)
    con.execute("UPDATE registry.enrolments SET status = 'active', exit_date = NULL WHERE enrolment_id = 'b:gone'")
    apply(con, RULES, AS_AT)
    assert marked(con, "record") == ["a:gone/2", "a:half/1"]
    apply(con, Retention(), AS_AT)
    assert marked(con, "record") == []
    assert con.execute("SELECT count(*) FROM linkage.decisions").fetchone() == (0,)


def test_old_versions_and_rows_gone_from_their_source_are_removed_and_what_is_live_stays(con):
    done = apply(con, RULES, AS_AT)
    assert done.removed == {"history_a.Odd name": 1, "mirror_a.Odd name": 1}
    assert con.execute('SELECT id FROM mirror_a."Odd name" ORDER BY id').fetchall() == [(1,), (3,)]
    assert con.execute('SELECT year(_ibr_replaced_at) FROM history_a."Odd name"').fetchall() == [(2025,)]


def test_the_report_counts_what_apply_would_do_and_changes_nothing(con, tmp_path):
    (tmp_path / "exceptions" / "A" / "2020-01-31").mkdir(parents=True)
    told = report(con, tmp_path, RULES, AS_AT)
    assert (told.left_before, told.changed_before) == (dt.date(2021, 6, 30), dt.date(2021, 6, 30))
    assert [(row["program"], row["records"], row["households"]) for row in told.people] == [("A", 3, 1), ("B", 1, 1)]
    assert {row["table"]: row["rows"] for row in told.versions} == {"history_a.Odd name": 1, "mirror_a.Odd name": 1}
    assert told.kept_elsewhere == [{"what": "exception files", "count": 1, "oldest": "exceptions/A/2020-01-31"}]
    assert marked(con, "record") == []
    assert con.execute('SELECT count(*) FROM history_a."Odd name"').fetchone() == (2,)


def test_without_a_rule_nothing_is_ever_past_its_time(con, tmp_path):
    told = report(con, tmp_path, Retention(), AS_AT)
    assert (told.people, told.versions) == ([], [])


def test_a_leap_day_has_a_day_so_many_years_before(con, tmp_path):
    assert report(con, tmp_path, RULES, dt.date(2028, 2, 29)).left_before == dt.date(2023, 2, 28)
