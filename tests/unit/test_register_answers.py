"""A register that is asked by ID: only its own word makes somebody not found."""

import datetime as dt
from collections.abc import Iterator

import duckdb
import pytest

from linkage.registry import run, state
from linkage.registry.run import link_registry, register_state
from tests.unit.test_identity_link_registry import Engine

TODAY = dt.date(2026, 6, 30)
PERSONS = {  # ID, given name
    "verified": ("11111111", "Mary"),
    "dead": ("22222222", "Peter"),
    "another's ID": ("33333333", "Zuri"),
    "answered not found": ("44444444", "Noor"),
    "silent": ("55555555", "Hamisi"),
    "unusable": ("66666666", "Halima"),
    "never asked": ("77777777", "Grace"),
    "refused in staging": ("88888888", "Joseph"),
    "too old, found": ("99999991", "Otieno"),
    "too old, not found": ("99999992", "Achieng"),
    "no ID": (None, "Juma"),
    "no ID, but the same person": (None, "Mary"),
}
ANSWERS = """
    ('11111111', 'found', NULL, false), ('22222222', 'found', NULL, false), ('33333333', 'found', NULL, false),
    ('44444444', 'not_found', NULL, false), ('55555555', 'unanswered', 'register_did_not_answer', false),
    ('66666666', 'unanswered', 'answer_unusable', false), ('88888888', 'found', NULL, false),
    ('99999991', 'found', NULL, true), ('99999992', 'not_found', NULL, true)
"""
# ID, given name, day of death
POPULATION = """
    ('11111111', 'Mary', NULL), ('22222222', 'Peter', DATE '2026-01-02'), ('33333333', 'Somebody', NULL),
    ('99999991', 'Otieno', DATE '2026-02-03')
"""
COULD_NOT = {
    "silent": "register_did_not_answer",
    "unusable": "answer_unusable",
    "never asked": "not_asked_yet",
    "refused in staging": "answer_unusable",
    "no ID": "no_id_to_ask_with",
}


@pytest.fixture
def con(monkeypatch: pytest.MonkeyPatch) -> Iterator[duckdb.DuckDBPyConnection]:
    engine = Engine()
    monkeypatch.setattr(state, "deduplicate", engine.deduplicate)
    monkeypatch.setattr(run, "match_register", engine.match_register)
    with duckdb.connect() as con:
        con.execute("CREATE SCHEMA registry; CREATE SCHEMA ops")
        con.execute("CREATE TABLE persons AS SELECT unnest(?::VARCHAR[][]) AS given", [
            [[record, *values] for record, values in PERSONS.items()]
        ])
        con.execute(f"""
            CREATE TABLE registry.persons AS
            SELECT given[1] AS record_id, 's' AS source, given[1] AS household_id, given[3] AS given_name,
                NULL::VARCHAR AS middle_name, 'Kamau' AS family_name, given[3] || ' Kamau' AS full_name,
                DATE '1980-01-05' AS birth_date, 'day' AS birth_date_precision, 'F' AS sex, given[2] AS national_id,
                true AS is_head, false AS is_beneficiary, false AS is_caregiver
            FROM persons;
            CREATE TABLE ops.sources AS
            SELECT 'service' AS source, 'register' AS kind, true AS is_stale, true AS is_asked_by_id;
            CREATE TABLE registry.register_answers AS
            SELECT 'service' AS source, * FROM (VALUES {ANSWERS}) AS t(national_id, outcome, reason, is_out_of_date);
            CREATE TABLE registry.population AS
            SELECT national_id AS register_id, 'service' AS source, national_id, given_name,
                NULL::VARCHAR AS middle_name, 'Kamau' AS family_name, NULL::VARCHAR AS full_name,
                if(given_name = 'Somebody', DATE '1950-01-07', DATE '1980-01-05') AS birth_date, 'F' AS sex,
                death_date IS NOT NULL AS is_deceased, death_date, NULL::DATE AS emigrated_date
            FROM (VALUES {POPULATION}) AS t(national_id, given_name, death_date)""")
        yield con


def link(con: duckdb.DuckDBPyConnection, **settings: str) -> tuple[dict[str, str], dict[str, str]]:
    """The status of each record, and why those that could not be checked could not."""
    link_registry(con, settings, "run-1", TODAY)
    rows = con.execute("SELECT record_id, status, could_not_check_reason FROM linkage.verification").fetchall()
    could_not = {record: reason for record, status, reason in rows if status == "could_not_check"}
    assert all((reason is None) == (status != "could_not_check") for _, status, reason in rows)
    return {record: status for record, status, _ in rows if record not in could_not}, could_not


def test_each_answer_and_its_absence(con: duckdb.DuckDBPyConnection) -> None:
    assert register_state(con) == "available", "that it is stale says nothing of answers that are still good"
    told, could_not = link(con)
    assert told == {
        "verified": "verified",
        "dead": "deceased",
        "another's ID": "id_shared",
        "answered not found": "not_found",
        "no ID, but the same person": "found_by_match_key",
    }
    assert could_not == {
        **COULD_NOT, "too old, found": "answer_out_of_date", "too old, not found": "answer_out_of_date"
    }  # fmt: skip


def test_an_old_answer_counts_where_configured(con: duckdb.DuckDBPyConnection) -> None:
    told, could_not = link(con, stale_register="use_last_good")
    assert told["too old, found"] == "deceased"
    assert told["too old, not found"] == "not_found"
    assert could_not == COULD_NOT


def test_a_death_stays_known_when_its_answer_grows_too_old(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("UPDATE registry.register_answers SET is_out_of_date = false")
    link(con)
    con.execute("UPDATE registry.register_answers SET is_out_of_date = true")
    _, could_not = link(con)
    assert could_not["dead"] == "answer_out_of_date"
    known = con.execute(
        "SELECT register_id, register_death_date FROM linkage.verification WHERE record_id = 'dead'"
    ).fetchone()
    assert known == ("22222222", dt.date(2026, 1, 2))


def test_an_id_of_several_persons_is_not_judged_before_an_answer(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("UPDATE registry.persons SET national_id = '55555555' WHERE record_id = 'no ID'")
    _, could_not = link(con)
    assert could_not["no ID"] == could_not["silent"] == "register_did_not_answer"


@pytest.mark.parametrize(("is_stale", "status"), [(False, "not_found"), (True, "could_not_check")])
def test_beside_a_register_that_is_mirrored_whole(con: duckdb.DuckDBPyConnection, is_stale: bool, status: str) -> None:
    con.execute("INSERT INTO ops.sources VALUES ('whole', 'register', ?, false)", [is_stale])
    con.execute(
        "INSERT INTO registry.population SELECT * REPLACE ('w1' AS register_id, 'whole' AS source, "
        "'55555555' AS national_id, 'Hamisi' AS given_name) FROM registry.population WHERE register_id = '11111111'"
    )
    told, could_not = link(con)
    assert told["verified"] == "verified"
    assert told.get("silent") == (None if is_stale else "verified")
    assert told.get("answered not found", "could_not_check") == status
    assert could_not["no ID"] == "no_id_to_ask_with"
