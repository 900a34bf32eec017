"""A small run against a small truth, counted by hand."""

from pathlib import Path

import duckdb
import pytest

from ibr.errors import UsageProblem
from sample_country.evaluation import NOT_ASSESSED, evaluate_run


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    """Household A: T1 (two records) and T2 (two records); household B: T3 (one record, and an applicant's)."""
    tables = {
        "persons": """SELECT * FROM (VALUES ('T1', 'HA', 'F', DATE '1950-01-01', 1), ('T2', 'HA', 'M', DATE
        '2015-01-01', 1),
            ('T3', 'HB', 'F', DATE '1980-01-01', 2)) AS t (person_id, household_id, sex, birth_date,
            county_code)""",
        "records": """SELECT * FROM (VALUES ('a', 'T1', true), ('b', 'T1', true), ('c', 'T2', true), ('d',
        'T2', true),
            ('e', 'T3', true), ('f', 'T3', false)) AS t (record_id, person_id, is_beneficiary_record)""",
        "enrolments": """SELECT * FROM (VALUES ('e1', 'HA'), ('e2', 'HA'), ('e3', 'HB'))
            AS t (enrolment_id, true_household_id)""",
        "payments": "SELECT 'p1' AS payment_id, 'e1' AS enrolment_id",
        "verification": """SELECT * FROM (VALUES ('a', '1', 'verified'), ('b', '1', 'found_by_match_key'),
        ('c', NULL, 'not_found'),
            ('d', NULL, 'not_found'), ('e', '3', 'verified')) AS t (record_id, register_id,
            expected_status)""",
        "faults": """SELECT * FROM (VALUES ('paid_above_value', 'p1'), ('shared_account', 'e3'),
        ('same_program_twice', 'e1'))
            AS t (fault, key)""",
    }
    for name, query in tables.items():
        duckdb.sql(query).write_parquet(str(tmp_path / f"{name}.parquet"))
    (tmp_path / "state.json").write_text('{"as_at": "2026-06-30"}', encoding="utf-8")
    return tmp_path


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """Found: a with c (wrong), d alone and b with d for review; e and the applicant's record, which does not count."""
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute("""
            CREATE SCHEMA registry; CREATE SCHEMA linkage; CREATE SCHEMA marts;
            CREATE TABLE registry.persons AS SELECT * FROM (VALUES ('a', '1', '1'), ('b', NULL, NULL), ('c',
            NULL, 'N/A'),
                ('d', NULL, NULL), ('e', '3', '3')) AS t (record_id, national_id, national_id_given);
            CREATE TABLE registry.enrolments AS SELECT * FROM (VALUES ('e1', 'h1'), ('e2', 'h2'), ('e3',
            'h3'))
                AS t (enrolment_id, household_id);
            CREATE TABLE linkage.persons_crosswalk AS SELECT * FROM (VALUES ('a', 'P1'), ('b', 'P1'), ('c',
            'P1'), ('d', 'P2'),
                ('e', 'P3'), ('f', 'P3')) AS t (record_id, person_uid);
            CREATE TABLE linkage.pairs AS SELECT 'd' AS record_id_l, 'c' AS record_id_r, 'review' AS verdict;
            CREATE TABLE linkage.households_crosswalk AS SELECT * FROM (VALUES ('h1', 'H1'), ('h2', 'H1'),
            ('h3', 'H2'))
                AS t (household_id, household_uid);
            CREATE TABLE linkage.verification AS SELECT * FROM (VALUES ('a', 'verified', '1'), ('b',
            'found_by_match_key', '9'),
                ('c', 'not_found', NULL), ('d', 'not_found', NULL), ('e', 'mismatch', '3')) AS t (record_id,
                status, register_id);
            CREATE TABLE marts.rpt_payroll_pre AS SELECT * FROM (VALUES ('e1', 'paid_above_value'), ('e2',
            'shared_account'))
                AS t (enrolment_id, reason_code)""")
    return path


def test_figures(warehouse: Path, truth: Path) -> None:
    found = evaluate_run(warehouse, truth)
    # Claimed ab, ac, bc; true ab, cd.
    assert (found.pairs["precision"], found.pairs["recall"]) == (pytest.approx(1 / 3), pytest.approx(1 / 2))
    assert (found.pairs_with_review["precision"], found.pairs_with_review["recall"]) == (
        pytest.approx(2 / 4),
        1,
    )
    assert found.families["pairs_of_different_people_in_one_household"] == 4
    assert found.families["taken_as_one_person"] == 2
    assert found.households["pairs"]["f1"] == 1
    assert found.verification["status_as_expected"] == pytest.approx(4 / 5)
    assert found.verification["register_person_precision"] == pytest.approx(2 / 3)
    assert {"expected": "verified", "found": "mismatch", "records": 1} in found.confusion


def test_faults(warehouse: Path, truth: Path) -> None:
    faults = {row["fault"]: row for row in evaluate_run(warehouse, truth).faults}
    assert [faults["paid_above_value"][k] for k in ("planted", "found", "missed", "invented")] == [1, 1, 0, 0]
    assert [faults["shared_account"][k] for k in ("planted", "found", "missed", "invented")] == [1, 0, 1, 1]
    assert faults["same_program_twice"]["found"] == NOT_ASSESSED
    assert faults["caregiver_several_households"]["found"] == NOT_ASSESSED
    assert faults["invalid_national_id"]["invented"] == 1


def test_groups(warehouse: Path, truth: Path) -> None:
    groups = {(row["group"], row["value"]): row for row in evaluate_run(warehouse, truth).by_group}
    assert groups["sex", "F"]["recall"] == 1
    assert groups["sex", "M"]["recall"] == 0
    assert groups["age_group", "70+"]["records"] == 2
    assert groups["has_an_id", "on some records"]["records"] == 2
    assert groups["county", "2"]["verified_or_found"] == 0


def test_shown_and_written(warehouse: Path, truth: Path) -> None:
    with duckdb.connect(str(warehouse), read_only=True) as con:
        found = evaluate_run(con, truth)
    assert set(found.as_dict()) >= {
        "pairs",
        "pairs_with_review",
        "households",
        "verification",
        "faults",
        "by_group",
    }
    for table in found.tables():
        assert all(len(row) == len(table.columns) for row in table.rows), table.title


def test_without_truth_or_linkage(warehouse: Path, truth: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="sample country"):
        evaluate_run(warehouse, tmp_path / "none")
    with duckdb.connect() as con, pytest.raises(UsageProblem, match="no linkage"):
        evaluate_run(con, truth)
