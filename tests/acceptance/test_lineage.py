"""From any row of the published marts back to the row of its source and the run that brought it."""

import json
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]

DATA_MODEL = Path(__file__).parents[2] / "docs" / "data-model.md"
FACTS = {"fct_payments": "payment_id", "fct_enrolments": "enrolment_id", "fct_grievances": "grievance_id"}


def test_every_fact_names_its_table_and_the_run_that_brought_it(second_demo):
    with second_demo.warehouse() as con:
        runs = {run for (run,) in con.execute("SELECT DISTINCT run_id FROM ops.reconciliation").fetchall()}
    with second_demo.published() as con:
        for fact in FACTS:
            named = con.execute(f"SELECT DISTINCT source, source_table, loaded_run_id FROM marts.{fact}").fetchall()
            assert {run for *_, run in named} <= runs
            assert all(table for _, table, _ in named)
            assert con.execute(f"SELECT count(*) FROM marts.{fact} WHERE loaded_at IS NULL").fetchone() == (0,)
        payments = con.execute("SELECT count(DISTINCT loaded_run_id) FROM marts.fct_payments").fetchone()
    assert payments == (2,)  # those of the cycle that has passed came with the second run


@pytest.mark.parametrize(("fact", "column"), FACTS.items())
def test_a_fact_leads_back_to_its_row(second_demo, fact, column):
    """The mirror has it under the key that is told, brought by the run that the fact names."""
    with second_demo.published() as con:
        identifier, table, run_id = con.execute(
            f"SELECT {column}, source_table, loaded_run_id FROM marts.{fact} WHERE source = 'hsnp' "
            f"ORDER BY md5({column})"
        ).fetchone()
    told = json.loads(second_demo.ibr("lineage", identifier, "--json").stdout)
    (origin,) = [one for one in told if one["table"] == table]
    assert origin["run_id"] == run_id
    condition = " AND ".join(f'"{name}"::VARCHAR = ?' for name in origin["key"])
    with second_demo.warehouse() as con:
        found = con.execute(
            f"SELECT _ibr_run_id FROM {origin['mirror']} WHERE {condition}", list(origin["key"].values())
        ).fetchall()
    assert found == [(run_id,)]


def test_a_person_leads_back_to_all_her_records_and_what_changed_since(second_demo):
    with second_demo.warehouse() as con:
        (uid, records), = con.execute(
            "SELECT person_uid, list(record_id ORDER BY record_id) FROM linkage.persons_crosswalk "
            "GROUP BY person_uid HAVING count(*) > 1 ORDER BY person_uid LIMIT 1"
        ).fetchall()
        changed, = con.execute(
            "SELECT 'nsnp:' || MemberId FROM mirror_nsnp.Member m SEMI JOIN history_nsnp.Member h USING (MemberId) "
            "WHERE m._ibr_deleted_at IS NULL ORDER BY MemberId LIMIT 1"
        ).fetchone()
    told = json.loads(second_demo.ibr("lineage", uid, "--json").stdout)
    assert [one["identifier"] for one in told if "person record" in one["kinds"]] == records
    words = second_demo.ibr("lineage", changed).stdout
    assert "person record of source nsnp" in words
    assert 'before   history_nsnp."Member"' in words
    nobody = second_demo.ibr("lineage", "nsnp:nobody", expect=2)
    assert "no mirror has, or had, a row for nsnp:nobody" in nobody.stderr


def test_the_queries_in_the_docs_answer(second_demo):
    section = DATA_MODEL.read_text(encoding="utf-8").partition("## Lineage")[2].partition("## `ops`")[0]
    published = section.partition("```sql\n")[2].partition("```")[0]
    queries = [query for query in published.split(";") if query.strip()]
    assert len(queries) == 3
    with second_demo.published() as con:
        for query in queries:
            assert con.execute(query).fetchone() is not None, query


def test_nothing_else_of_anybody_is_told(second_demo):
    with second_demo.warehouse() as con:
        record, *personal = con.execute(
            "SELECT record_id, family_name, given_name, national_id FROM registry.persons "
            "WHERE source = 'nsnp' AND national_id IS NOT NULL ORDER BY record_id LIMIT 1"
        ).fetchone()
    words = second_demo.ibr("lineage", record).stdout + second_demo.ibr("lineage", record, "--json").stdout
    assert not [value for value in personal if value in words]
