"""What Spark found, into the tables that a run on one machine leaves (results and state), so that whatever reads those
reads it too: explanations, clerical samples, the service, and the next run, which looks only at what changed."""

from typing import Any

import duckdb

from linkage.basis import Basis, plan_of
from linkage.clerical.frame import keep_candidates
from linkage.co_members import TITLE
from linkage.results import KeyYield, LinkageResult
from linkage.scoring import scored_sql
from linkage.spark.engine import Linked
from linkage.spark.frames import unsigned
from linkage.specification import Specification
from linkage.sql import literal, render, single
from linkage.standardise import find_households
from linkage.state import decisions_sql, see_records
from linkage.term_frequency import frequency_table, share_sql


def write_linked(
    con: duckdb.DuckDBPyConnection,
    linked: Linked,
    specification: Specification,
    records: str,
    output_schema: str,
    state: str,
    settings: dict[str, Any],
    decisions: str | None,
) -> LinkageResult:
    """{output_schema}.pairs, clusters and the pairs for clerks, and the state in the schema `state`, which is replaced.

    `records`: the relation that was linked; `settings`: as `settings_of` tells them of it.
    """
    trained, data, learned = linked.trained, linked.records.data, linked.trained.basis
    find_households(con, specification, records)
    see_records(con, specification, records)
    prior = trained.model.prior
    model = {**learned.model, "prior": {"same_person": prior.person, "same_household": prior.household}}
    basis = Basis.of(data, settings, model, plan_of(linked.keys))
    basis.notes.extend(learned.notes)
    frequencies = [
        (frequency_table(field.column, state), literal(field.column),
         share_sql(field, linked.records.totals[field.column], "holders"))
        for field in data.frequent
    ]  # fmt: skip
    con.execute(
        render("spark_results.sql", stored=linked.stored, output=output_schema, state=state, number=unsigned,
               frequencies=frequencies, learned=literal(basis.as_json()),
               decisions=decisions_sql(decisions))
    )  # fmt: skip
    for name, table in (("date_orders", trained.date_orders), ("date_fillers", trained.date_fillers)):
        con.register("lk_unpacked", table)
        con.execute(f"create or replace table {state}.{name} as from lk_unpacked")
        con.unregister("lk_unpacked")
    keys = [*linked.keys, KeyYield(TITLE, is_used=True)]
    scored = f"({scored_sql(trained.model, f'{state}.pairs')})"
    people = (
        f"(select n.r, n.record_id, coalesce(a.entity, n.r) as entity from {state}.records n "
        f"left join {state}.areas a using (r))"
    )
    keep_candidates(con, keys, linked.thresholds, output_schema, scored, people)
    counts = {"records": data.records, "candidate_pairs": linked.candidate_pairs, "match": 0, "review": 0}
    counts |= dict(con.execute(f"select verdict, count(*) from {output_schema}.pairs group by verdict").fetchall())
    counts["entities"] = single(con, f"select count(distinct entity_id) from {output_schema}.clusters")
    return LinkageResult(model, keys, counts, linked.thresholds, {}, notes=basis.notes)
