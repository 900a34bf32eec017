"""Deduplication from end to end: standardise, find candidates, compare, learn, score, cluster, write."""

from typing import Any

import duckdb
import numpy as np

from ibr.errors import UsageProblem
from linkage import model as models
from linkage.basis import Basis, plan_of, settings_of
from linkage.blocking import Blocking
from linkage.candidates import PlannedSearch
from linkage.clerical.frame import keep_candidates
from linkage.clustering import average_linkage
from linkage.co_members import TITLE as CO_MEMBERS
from linkage.comparison import Patterns, compare, household_pairs, random_pairs
from linkage.evidence import gather
from linkage.match_keys import MOST_KEYS, MatchKey, possible_keys
from linkage.prior import TELLING, Prior, consistent_prior, log_odds, odds_sql
from linkage.profiles import cluster_pairs
from linkage.register.candidates import RegisterSearch
from linkage.results import KeyYield, LinkageResult, Progress, Stopwatch
from linkage.scoring import Model, add_co_members, as_table, score, weigh
from linkage.specification import Specification
from linkage.sql import render, single
from linkage.standardise import Standardised, columns_of, standardise
from linkage.state import find_areas, keep_state, see_records
from linkage.term_frequency import add_frequencies
from linkage.usable import NAMES_ALONE
from linkage.variants import compare_again, learn_variants, use_variants
from linkage.weights import Learned, learn, shares_of_relatives, unrelated_shares

PAIR_THRESHOLDS = {"match": 0.99, "review": 0.5}
# Two records with nobody to bear them out merge from odds of 2.8 to 1, not from even odds. Chosen on the sample country
# (precision .998 instead of .994, for .003 of recall); elsewhere it moves pair F1 by no more than .0003 either way
# (benchmarks/README.md), so it stands for the sake of precision.
LONE_MARGIN = 1.5
# Bits that a pair below the joining probability says: nearly nothing, and not enough to join by itself.
UNSURE = -0.5
ROUNDING = 0.01  # bits, more than clustering rounds off


def deduplicate(
    con: duckdb.DuckDBPyConnection,
    specification: Specification,
    records: str,
    output_schema: str,
    *,
    decisions: str | None = None,
    join_probability: float | None = 0.5,
    compare_clusters: bool = True,
    with_evidence: bool = False,
    with_candidates: bool = False,
    keep_in: str | None = None,
    progress: Progress | None = None,
) -> LinkageResult:
    """Find the records of one person in the relation `records`.

    Writes {output_schema}.pairs (record_id_l, record_id_r, match_key, match_weight in bits, match_probability,
    verdict match | review) and {output_schema}.clusters (record_id, entity_id: one of the entity's record_ids).
    `decisions` (record_id_l, record_id_r, decision same | different) bind. A pair below `join_probability` never joins
    two records by itself: .5 makes the clusters that agree best with all pairs, more makes them surer; None: the match
    threshold.
    `compare_clusters`: whether clusters are then compared as wholes (profiles.py), which finds sparse records that no
    single pair is sure of. `with_evidence`: gather what the report shows (evidence.py).
    `with_candidates`: keep pairs for clerks to judge (clerical/frame.py). `keep_in`: a schema for the state that
    `deduplicate_changes` goes on from (not together with `compare_clusters`). Raises
    ConfigurationProblem and UsageProblem for columns or rows that cannot be used. Results depend neither on row order
    nor on threads.
    """
    assert not (keep_in and compare_clusters), "incremental runs do not compare clusters"
    watch = Stopwatch(progress)
    try:
        data, patterns, search, model = prepare(con, specification, records, watch)
        yields = search.yields
        with watch.stage("score"):
            _score_anew(con, data, patterns, model, yields, learning=specification.model == "auto")
        limits = thresholds(specification, PAIR_THRESHOLDS, data.tells_apart)
        decided = decided_pairs(con, decisions)
        joins_from = limits["match"] if join_probability is None else join_probability

        def cluster_all() -> tuple[np.ndarray, list[str]]:
            with watch.stage("cluster"):
                found, notes = cluster_records(con, data, *decided, joins_from)
                if compare_clusters:
                    found = _join_clusters(con, data, patterns, model.learned, found, decided[1], joins_from)
                return found, notes

        cluster, notes = cluster_all()
        if compare_clusters and specification.model == "auto":
            with watch.stage("learn"):
                use_variants(con, data, learn_variants(con, data, model.prior))
            if data.variants:
                with watch.stage("score"):
                    compare_again(con, data, patterns)
                    weigh(con, patterns, model.learned)
                    _score_anew(con, data, patterns, model, yields, learning=False)
                cluster, notes = cluster_all()
        notes += notes_on(cluster, decided[1])
        with watch.stage("write"):
            con.execute(f"create schema if not exists {output_schema}")
            write_results(con, yields, limits, f"{output_schema}.pairs", f"{output_schema}.clusters")
            if with_candidates:
                keep_candidates(con, yields, limits, output_schema)
        with watch.stage("report"):
            evidence = gather(con, data, patterns, model, limits, output_schema) if with_evidence else None
        told = models.to_mapping(model, yields, specification, linking=False, variants=data.variants)
        if keep_in:
            with watch.stage("keep"):
                see_records(con, specification, records)
                find_areas(con, data.records, decided[0], limits["review"])
                settings = settings_of(con, specification, records, join_probability)
                basis = Basis.of(data, settings, told, plan_of(yields))
                keep_state(con, keep_in, data, basis, odds_sql(model.prior), decisions)
        result = LinkageResult(
            model=told,
            keys=yields,
            counts=_counts(con, data, output_schema),
            thresholds=limits,
            seconds=watch.stages,
            histogram=_histogram(con),
            notes=data.notes + notes,
            evidence=evidence,
        )
        judge_keys(con, yields, limits["match"])
        return result
    finally:
        drop_temporary(con)


def thresholds(specification: Specification, defaults: dict[str, float], tells_apart: bool = True) -> dict[str, float]:
    """The specification's thresholds, or the defaults; others where the records do not tell people apart."""
    defaults = defaults if tells_apart else NAMES_ALONE
    match = specification.thresholds.match or defaults["match"]
    return {"match": match, "review": specification.thresholds.review or min(defaults["review"], match)}


def prepare(
    con: duckdb.DuckDBPyConnection,
    specification: Specification,
    records: str,
    watch: Stopwatch,
    register: str | None = None,
    register_specification: Specification | None = None,
) -> tuple[Standardised, Patterns, Blocking, Model]:
    """Everything up to weighed candidate pairs (lk_weighed), for deduplication and for linking to a register.

    Returns what is known of the records, how patterns are packed, the search by match keys, and the model, as yet
    without co-members unless it was saved. Errors as `deduplicate`.
    """
    with watch.stage("standardise"):
        data = standardise(con, specification, records, register, register_specification)
        add_frequencies(con, data)
        use_variants(con, data, models.saved_variants(specification.model))
    keys = possible_keys(data)
    if len(keys) == MOST_KEYS:
        data.notes.append(f"No more than {MOST_KEYS} match keys are tried; with fewer places you say which")
    patterns = Patterns.of(data.fields)
    search: Blocking = (RegisterSearch if data.registered else PlannedSearch)(con, data, keys, watch)
    with watch.stage("first match keys"):
        search.first()
    with watch.stage("learn"):
        compare(con, data, patterns, "lk_candidates", "lk_pairs")
        learned, saved = _model(con, specification, data, patterns, keys)
        weigh(con, patterns, learned, target=search.first_weighed)
        prior = saved or consistent_prior(con, possible_pairs(data), search.first_counted())
    with watch.stage("match keys"):

        def judge(pairs: str, target: str) -> None:
            compare(con, data, patterns, pairs, f"{target}_compared")
            weigh(con, patterns, learned, f"{target}_compared", target)

        search.second(odds_sql(prior), judge)
    with watch.stage("compare"):
        if search.keeps_first:
            compare(con, data, patterns, "lk_candidates", "lk_more")
            con.execute("insert into lk_pairs from lk_more")
        else:
            compare(con, data, patterns, "lk_candidates", "lk_pairs")
    with watch.stage("score"):
        weigh(con, patterns, learned)
        prior = saved or consistent_prior(con, possible_pairs(data), search.counted())
    known = None if data.registered else models.saved_co_members(specification.model)
    return data, patterns, search, Model(learned, prior, known)


def _score_anew(
    con: duckdb.DuckDBPyConnection,
    data: Standardised,
    patterns: Patterns,
    model: Model,
    yields: list[KeyYield],
    learning: bool,
) -> None:
    """lk_scored from lk_weighed, with what co-members bring and say where records name their household."""
    add_co_members(con, data, patterns, model, learning)
    if data.filled["hh"]:
        yields[model.co_members_key :] = [co_members_yield(con)]
    score(con, model)


def co_members_yield(con: duckdb.DuckDBPyConnection) -> KeyYield:
    """What household co-members brought, as a match key (`scoring.add_co_members`)."""
    pairs = single(con, "select count(*) from lk_candidates")
    return KeyYield(CO_MEMBERS, pairs=pairs, new_pairs=pairs, is_used=True)


def possible_pairs(data: Standardised) -> int:
    """Pairs of records that could be one person, compared or not."""
    if data.registered:
        return data.records * data.registered
    return data.compared * (data.compared - 1) // 2


def _model(
    con: duckdb.DuckDBPyConnection,
    specification: Specification,
    data: Standardised,
    patterns: Patterns,
    keys: list[MatchKey],
) -> tuple[Learned, Prior | None]:
    if specification.model != "auto":
        saved = models.from_mapping(models.read(specification.model), patterns.fields, keys, specification)
        return saved.learned, saved.prior
    random_pairs(con, data)
    drawn = _pattern_counts(con, data, patterns, "lk_random")
    u = unrelated_shares(patterns, *drawn, data.chance)
    household_pairs(con)
    relatives = shares_of_relatives(patterns, *_pattern_counts(con, data, patterns, "lk_relatives"), u)
    teaching = ", ".join(f"({i})" for i, key in enumerate(keys) if key.teaches)
    if not teaching:
        teaching = ", ".join(f"({i})" for i in range(len(keys))) or "(0)"
    rows = _columns(
        con,
        f"select k, pattern, count(*) as n from lk_pairs join (values {teaching}) t(k) on (keys >> k) & 1 = 1 "
        "where l <> r group by k, pattern order by k, pattern",
    )
    learned = learn(patterns, keys, rows["k"], rows["pattern"], rows["n"], u, relatives)
    if not learned.is_at_rest:
        data.notes.append(
            f"The weights had not come to rest after {learned.rounds} rounds of learning; look at a sample of the "
            "matches before relying on them"
        )
    return learned, None


def _pattern_counts(
    con: duckdb.DuckDBPyConnection, data: Standardised, patterns: Patterns, pairs: str
) -> tuple[np.ndarray, np.ndarray]:
    """Distinct patterns of the pairs of a table, and how many pairs have each."""
    compare(con, data, patterns, pairs, f"{pairs}_compared")
    query = f"select pattern, count(*) as n from {pairs}_compared group by pattern order by pattern"
    found = _columns(con, query)
    return found["pattern"], found["n"]


def _columns(con: duckdb.DuckDBPyConnection, query: str) -> dict[str, np.ndarray]:
    return {name: np.asarray(values, dtype=np.int64) for name, values in con.execute(query).fetchnumpy().items()}


def cluster_records(
    con: duckdb.DuckDBPyConnection,
    data: Standardised,
    same: np.ndarray,
    different: np.ndarray,
    join_probability: float,
) -> tuple[np.ndarray, list[str]]:
    """Clusters from pairs, kept as lk_cluster; shadows follow the record that stands for them."""
    notes: list[str] = []
    least = log_odds(join_probability) - ROUNDING
    edges = con.execute(render("cluster_edges.sql", telling=TELLING, least=least)).fetchnumpy()
    odds = _sure_enough(edges["odds"], join_probability)
    marks = con.execute("select hash(record_id) as mark from lk_plain order by r").fetchnumpy()["mark"]
    cluster = average_linkage(edges["l"], edges["r"], odds, data.records, same, different, LONE_MARGIN, marks)
    if data.shadows:
        alike = con.execute("select l from lk_scored where l = r and odds >= 0").fetchnumpy()["l"]
        shadows = con.execute("select shadow, stands_for from lk_shadow").fetchnumpy()
        follows = np.isin(shadows["stands_for"], alike)
        cluster[shadows["shadow"][follows]] = cluster[shadows["stands_for"][follows]]
        notes.append(f"{data.shadows} records repeat another in every role and were compared once")
    return _keep_clusters(con, cluster), notes


def _join_clusters(
    con: duckdb.DuckDBPyConnection,
    data: Standardised,
    patterns: Patterns,
    learned: Learned,
    cluster: np.ndarray,
    different: np.ndarray,
    join_probability: float,
) -> np.ndarray:
    """Clusters compared as wholes and joined where they are one person; kept as lk_cluster."""
    found = cluster_pairs(con, data, patterns, learned)
    odds = _sure_enough(found["odds"], join_probability)
    wholes = average_linkage(found["l"], found["r"], odds, data.records, different=cluster[different], lone_margin=0.0)
    return _keep_clusters(con, wholes[cluster])


def _sure_enough(odds: np.ndarray, join_probability: float) -> np.ndarray:
    """Odds for clustering: what is below the joining probability and not against it joins nothing by itself."""
    return np.where((odds > UNSURE) & (odds < log_odds(join_probability)), UNSURE, odds)


def _keep_clusters(con: duckdb.DuckDBPyConnection, cluster: np.ndarray) -> np.ndarray:
    """lk_cluster (r, first: the cluster's smallest record) from the cluster of each record; returns it."""
    rows = {"r": np.arange(len(cluster), dtype=np.int32), "first": cluster.astype(np.int32)}
    con.register("lk_numbers", as_table(rows))
    con.execute("create or replace temp table lk_cluster as select * from lk_numbers")
    con.unregister("lk_numbers")
    return cluster


def notes_on(cluster: np.ndarray, different: np.ndarray) -> list[str]:
    """What the user should know of the clusters: decisions that contradict each other, an entity of many records."""
    notes = []
    broken = int((cluster[different[:, 0]] == cluster[different[:, 1]]).sum())
    if broken:
        notes.append(f"{broken} decisions 'different' contradict decisions 'same' and were overruled by them")
    biggest = int(np.bincount(cluster).max(initial=0))
    if biggest > 200:
        notes.append(f"The largest entity holds {biggest} records; look at it before relying on the result")
    return notes


def decided_pairs(con: duckdb.DuckDBPyConnection, decisions: str | None) -> tuple[np.ndarray, np.ndarray]:
    """Decided pairs as record numbers, (same, different), each of shape (pairs, 2). Unknown records are passed over."""
    nothing = np.empty((0, 2), dtype=np.int64)
    if decisions is None:
        con.execute("create or replace temp table lk_decided (l integer, r integer, decision varchar)")
        return nothing, nothing
    missing = {"record_id_l", "record_id_r", "decision"} - set(columns_of(con, decisions))
    if missing:
        raise UsageProblem(
            f"{decisions} lacks {', '.join(sorted(missing))}; needed are record_id_l, record_id_r, decision"
        )
    con.execute(
        "create or replace temp table lk_decided as "
        "select least(a.r, b.r) as l, greatest(a.r, b.r) as r, max(decision) as decision "
        f"from {decisions} d join lk_plain a on a.record_id = d.record_id_l "
        "join lk_plain b on b.record_id = d.record_id_r "
        "where decision in ('same', 'different') and a.r <> b.r group by 1, 2 order by 1, 2"
    )

    def pairs(decision: str) -> np.ndarray:
        found = con.execute("select l, r from lk_decided where decision = ? order by l, r", [decision]).fetchnumpy()
        return np.stack([found["l"], found["r"]], axis=1).astype(np.int64)

    return pairs("same"), pairs("different")


def write_results(
    con: duckdb.DuckDBPyConnection, keys: list[KeyYield], limits: dict[str, float], pairs: str, clusters: str
) -> None:
    """The tables `pairs` and `clusters` (see `deduplicate`) from lk_scored, lk_shadow, lk_decided and lk_cluster."""
    names = "(list_value(" + ", ".join("'" + key.name.replace("'", "''") + "'" for key in keys) + ")::varchar[])"
    con.execute(
        f"create or replace table {pairs} as "
        f"with pairs as (select l, r, coalesce({names}[key + 1], 'identical records') as match_key, match_weight, "
        "probability "
        f"from lk_scored where probability >= {limits['review']} and l <> r "
        "union all select least(s.shadow, s.stands_for), greatest(s.shadow, s.stands_for), 'identical records', "
        "p.match_weight, p.probability from lk_scored p join lk_shadow s on s.stands_for = p.l and p.l = p.r "
        f"where p.probability >= {limits['review']}), "
        "judged as (select p.l, p.r, p.match_key, p.match_weight, p.probability, d.decision from pairs p "
        "left join lk_decided d on d.l = p.l and d.r = p.r "
        "union all select d.l, d.r, 'decision', coalesce(s.match_weight, 0), coalesce(s.probability, 1), d.decision "
        "from lk_decided d left join lk_scored s on s.l = d.l and s.r = d.r "
        "where d.decision = 'same' and not exists (select 1 from pairs p where p.l = d.l and p.r = d.r)) "
        "select a.record_id as record_id_l, b.record_id as record_id_r, match_key, "
        "round(match_weight, 4) as match_weight, probability as match_probability, "
        f"case when decision = 'same' or probability >= {limits['match']} then 'match' else 'review' end as verdict "
        "from judged join lk_plain a on a.r = judged.l join lk_plain b on b.r = judged.r "
        "where decision is distinct from 'different' order by judged.l, judged.r"
    )
    con.execute(
        f"create or replace table {clusters} as select p.record_id, f.record_id as entity_id "
        "from lk_cluster c join lk_plain p on p.r = c.r join lk_plain f on f.r = c.first order by c.r"
    )


def _counts(con: duckdb.DuckDBPyConnection, data: Standardised, schema: str) -> dict[str, int]:
    counts = {"records": data.records, "candidate_pairs": 0, "match": 0, "review": 0}
    counts["candidate_pairs"] = con.execute("select count(*) from lk_scored where l <> r").fetchall()[0][0]
    counts |= dict(con.execute(f"select verdict, count(*) from {schema}.pairs group by verdict").fetchall())
    counts["entities"] = con.execute(f"select count(distinct entity_id) from {schema}.clusters").fetchall()[0][0]
    return counts


def _histogram(con: duckdb.DuckDBPyConnection) -> list[tuple[int, int]]:
    return con.execute(
        "select (floor(greatest(least(match_weight, 60), -40) / 2) * 2)::int, count(*) from lk_scored "
        "where l <> r group by 1 order by 1"
    ).fetchall()


def judge_keys(con: duckdb.DuckDBPyConnection, yields: list[KeyYield], match: float) -> None:
    """Matches per key, and its estimated precision: the mean probability of its pairs."""
    for number, found in enumerate(yields):
        row = con.execute(
            f"select count(*) filter (where probability >= {match}), round(avg(probability), 4), "
            f"count(*) filter (where probability >= {match} and key = {number}) "
            f"from lk_scored where (keys >> {number}) & 1 = 1"
        ).fetchall()[0]
        found.matches, found.estimated_precision, found.new_matches = row[0], row[1], row[2]


def drop_temporary(con: duckdb.DuckDBPyConnection) -> None:
    """Remove the engine's temporary tables (lk_...), also after a failure."""
    for kind, found in (("view", "duckdb_views()"), ("table", "duckdb_tables()")):
        own = f"select {kind}_name from {found} where temporary and starts_with({kind}_name, 'lk_')"
        for (name,) in con.execute(own).fetchall():
            con.execute(f"drop {kind} temp.{name}")


def as_specification(specification: Any) -> Specification:
    """A Specification from itself, a mapping or a path."""
    if isinstance(specification, Specification):
        return specification
    if isinstance(specification, dict):
        return Specification.from_mapping(specification)
    return Specification.load(specification)
