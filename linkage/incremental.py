"""A run that looks only at what changed since the last one, and ends where a run over all records would.

On one basis (basis.py) whether two records are paired depends on the two, on the size of the blocks that their match
keys put them in, and on what members their households have in common. So changed records are paired with all others, a
block that outgrew its limit, or came back below it, gives up or brings its pairs, and households that came to have a
member in common, or lost one, are looked at whole. Whom that can touch is known from the areas (state.py); for these
records alone clusters are made again, by the very functions that make them for all.
"""

from dataclasses import dataclass

import duckdb

from linkage import model as models
from linkage.basis import Basis, settings_of
from linkage.clerical.frame import keep_candidates
from linkage.co_members import CAN_BE, NOBODY, SURE, TITLE, is_tie
from linkage.comparison import Patterns, compare
from linkage.engine import (
    PAIR_THRESHOLDS,
    co_members_yield,
    drop_temporary,
    thresholds,
    write_results,
)
from linkage.match_keys import MatchKey, key_values_sql, possible_keys
from linkage.prior import TELLING, log_odds, odds_sql
from linkage.results import KeyYield, LinkageResult, Progress, Stopwatch
from linkage.scoring import Model, scored_sql, weigh
from linkage.settle import settle
from linkage.specification import Specification
from linkage.sql import quote, render, single, table_exists
from linkage.standardise import (
    MOST_COPIES,
    check_identifiers,
    columns_of,
    find_households,
    signature,
    standardise_more,
)
from linkage.state import decisions_sql, find_areas, near_odds, see_records
from linkage.term_frequency import make_compared

# Share of the records that may have changed since the basis was learned; more, and the model is learned anew.
MOST_CHANGED = 0.1


@dataclass
class _Run:
    """What every step needs."""

    con: duckdb.DuckDBPyConnection
    basis: Basis
    keys: list[MatchKey]
    patterns: Patterns
    model: Model

    @property
    def beside(self) -> int:
        """What `keys` of a pair are that nothing but household co-members brings."""
        return 1 << self.model.co_members_key

    @property
    def state(self) -> str:
        """The schema of the state."""
        return self.basis.schema


def deduplicate_changes(
    con: duckdb.DuckDBPyConnection,
    specification: Specification,
    records: str,
    output_schema: str,
    *,
    state: str,
    earlier: str,
    decisions: str | None = None,
    join_probability: float | None = 0.5,
    most_changed: float = MOST_CHANGED,
    progress: Progress | None = None,
) -> LinkageResult | None:
    """As `deduplicate` without comparing clusters, from the state of an earlier run and what changed since.

    `state`: the schema of that state, left as it is; `earlier`: the schema with the pairs and clusters of the last run
    on it. Writes {output_schema}.pairs and clusters of all records, the pairs for clerks, and {output_schema}.state_*
    for `state.apply_changes`. None, and nothing written, where a run over all records is called for: no state, another
    specification or other columns, another version of the engine, or more than the share `most_changed` of the records
    changed since its basis was learned. `counts` holds also `changed`, the records that came, went or changed, and
    `looked_at`, those whose clusters were made again.
    """
    watch = Stopwatch(progress)
    try:
        with watch.stage("changes"):
            run = _begin(con, specification, records, state, join_probability)
            if run is None or not _few_changed(run, specification, records, most_changed):
                return None
            if progress:
                changed = single(con, "select count(*) from lk_change")
                progress(f"{changed} records changed, the others stay as they are")
        with watch.stage("standardise"):
            _standardise(run, specification, records)
        with watch.stage("match keys"):
            yields = _find_pairs(run, watch)
        with watch.stage("compare"):
            data = run.basis.standardised(run.basis.records)
            con.execute(render("changes_candidates.sql", state=state))
            compare(con, data, run.patterns, "lk_candidates", "lk_pairs")
            weigh(con, run.patterns, run.model.learned)
        limits = thresholds(specification, PAIR_THRESHOLDS, data.tells_apart)
        with watch.stage("cluster"):
            joins_from = limits["match"] if join_probability is None else join_probability
            notes, looked_at = _settle(run, decisions, limits, joins_from)
            if run.basis.filled["hh"]:
                yields[run.model.co_members_key] = co_members_yield(con)
        with watch.stage("write"):
            write_results(con, yields, limits, f"{output_schema}.part_pairs", f"{output_schema}.part_clusters")
            told = decisions_sql(decisions)
            con.execute(render("changes_write.sql", target=output_schema, earlier=earlier, decisions=told,
                               state=run.state, can_be=CAN_BE, nobody=NOBODY, beside=run.beside,
                               odds=odds_sql(run.model.prior), telling=TELLING))  # fmt: skip
            _keep_candidates(run, yields, limits, output_schema)
        return LinkageResult(
            model=run.basis.model,
            keys=yields,
            counts=_counts(con, output_schema) | {"looked_at": looked_at},
            thresholds=limits,
            seconds=watch.stages,
            notes=run.basis.notes + notes,
        )
    finally:
        drop_temporary(con)


def _begin(
    con: duckdb.DuckDBPyConnection,
    specification: Specification,
    records: str,
    state: str,
    join_probability: float | None,
) -> _Run | None:
    """The run that the state allows; None where it was made for something else."""
    if not table_exists(con, state, "basis"):
        return None
    basis = Basis.load(con, state)
    if basis.settings != settings_of(con, specification, records, join_probability):
        return None
    keys, patterns = possible_keys(basis.standardised(basis.records)), Patterns.of(basis.fields)
    return _Run(con, basis, keys, patterns, models.from_mapping(basis.model, basis.fields, keys, specification))


def _few_changed(run: _Run, specification: Specification, records: str, most_changed: float) -> bool:
    """lk_change from the records and the state; whether it is few enough."""
    find_households(run.con, specification, records)
    see_records(run.con, specification, records)
    check_identifiers(run.con, records, specification)
    run.con.execute(render("changes_found.sql", state=run.state))
    changed = run.basis.changed + single(run.con, "select count(*) from lk_change")
    return changed <= most_changed * run.basis.records


def _standardise(run: _Run, specification: Specification, records: str) -> None:
    """lk_old and lk_new: the changed records as they were and as they are."""
    record_id = f"cast(p.{quote(specification.record_id)} as varchar)"
    run.con.execute(
        "create or replace temp table lk_changed as "
        f"select p.* from {records} p semi join lk_change c on c.record_id = {record_id}"
    )
    specification.check_columns(columns_of(run.con, "lk_changed"), "lk_changed")
    standardise_more(run.con, specification, "lk_changed", run.state)
    run.con.execute(make_compared(run.basis.standardised(0), "lk_rec", "lk_plain", run.state))
    run.con.execute(
        render("changes_records.sql", state=run.state, signature=signature(run.basis.filled), most=MOST_COPIES)
    )


def _find_pairs(run: _Run, watch: Stopwatch) -> list[KeyYield]:
    """lk_found and lk_lost, key by key of the plan."""
    yields = [KeyYield(name) for name in [*(key.name for key in run.keys), TITLE]]
    run.con.execute("create or replace temp table lk_found (l integer, r integer, key tinyint)")
    run.con.execute("create or replace temp table lk_lost (l integer, r integer, key tinyint)")
    for number, limit in run.basis.plan:
        key = run.keys[number]
        values = {
            "values_old": "(from lk_old where stands_for is null)",
            "values_new": "(from lk_new where stands_for is null)",
            "values_all": f"(from {run.state}.records where stands_for is null)",
        }
        with watch.measure() as seconds:
            script = render(
                "changes_key.sql", number=number, limit=limit, many=key.each is not None,
                **{name: key_values_sql(key, relation) for name, relation in values.items()},
            )  # fmt: skip
            run.con.execute(script)
        yields[number].is_used, yields[number].seconds = True, seconds.value
        yields[number].pairs = single(run.con, f"select count(*) from lk_found where key = {number}")
    return yields


def _settle(
    run: _Run, decisions: str | None, limits: dict[str, float], join_probability: float
) -> tuple[list[str], int]:
    """lk_scored, lk_cluster and lk_area of the records that the changes bear on; notes, and how many these are."""
    con = run.con
    near = near_odds(limits["review"]) - (run.model.co_members.most_without if run.model.co_members else 0.0)
    con.execute(
        render("changes_inside.sql", state=run.state, odds=odds_sql(run.model.prior), telling=TELLING,
               sure=log_odds(SURE), near=near, beside=run.beside, is_tie=is_tie(run.basis.standardised(0)),
               decisions=decisions_sql(decisions))
    )  # fmt: skip
    con.execute(render("changes_part.sql", state=run.state, beside=run.beside))
    size = single(con, "select count(*) from lk_plain")
    data = run.basis.standardised(size, single(con, "select count(*) from lk_shadow"))
    same, notes = settle(con, data, run.patterns, run.model, decisions, join_probability)
    find_areas(con, size, same, limits["review"])
    return notes, size


def _keep_candidates(run: _Run, yields: list[KeyYield], limits: dict[str, float], target: str) -> None:
    """Pairs for clerks, out of those of all records, as `deduplicate` keeps them."""
    run.con.execute(render("changes_all.sql", state=run.state, target=target, scored=scored_sql(run.model, "weighed")))
    keep_candidates(run.con, yields, limits, target, "lk_all_scored", "lk_all_people")


def _counts(con: duckdb.DuckDBPyConnection, schema: str) -> dict[str, int]:
    counts = {"match": 0, "review": 0, "changed": single(con, "select count(*) from lk_change")}
    counts["candidate_pairs"] = single(con, "select count(*) from (select distinct l, r from lk_found)")
    counts |= dict(con.execute(f"select verdict, count(*) from {schema}.pairs group by verdict").fetchall())
    counts["records"] = single(con, f"select count(*) from {schema}.clusters")
    counts["entities"] = single(con, f"select count(distinct entity_id) from {schema}.clusters")
    return counts
