"""Linking records to a register, where a record's candidates compete for it.

p_ij = x_ij / (1 + sum_j x_ij), x_ij = pi / (1 - pi) / N * LR_ij: with N people in the register and a share pi of the
records in it, learned by EM, a second good candidate lowers the first. No margin is set by hand.
"""

import duckdb
import numpy as np

from linkage import model as models
from linkage.engine import as_specification, drop_temporary, judge_keys, possible_pairs, prepare, thresholds
from linkage.evidence import gather
from linkage.prior import Prior
from linkage.register.candidates import RegisterSearch
from linkage.register.state import RegisterBasis, keep_register
from linkage.results import KeyYield, LinkageResult, Progress, Stopwatch
from linkage.specification import Specification
from linkage.standardise import Standardised

REGISTER_THRESHOLDS = {"match": 0.9, "review": 0.5}
ROUNDS = 30


def match_register(
    con: duckdb.DuckDBPyConnection,
    specification: Specification,
    records: str,
    register: str,
    register_specification: Specification | None,
    output_schema: str,
    *,
    with_evidence: bool = False,
    keep_in: str | None = None,
    progress: Progress | None = None,
) -> LinkageResult:
    """Find each record's person in the register.

    Writes {output_schema}.matches (record_id, register_id, match_key, match_probability, verdict match | review,
    runner_up_probability): at most one row, the best, a record; candidates below the review threshold are not
    written. Several records may have one register person. `keep_in`: a schema for what is needed to match further
    records as this run would have (state.py). `with_evidence` and errors as for `deduplicate`.
    """
    watch = Stopwatch(progress)
    specification = as_specification(specification)
    try:
        data, patterns, search, model = prepare(
            con, specification, records, watch, register, register_specification or specification.for_register()
        )
        yields, limits = search.yields, thresholds(specification, REGISTER_THRESHOLDS, data.tells_apart)
        prior = model.prior
        with watch.stage("score"):
            share = _compete(con, data, prior, is_learned=specification.model == "auto")
            model.prior = Prior(min(share / data.registered, 0.3), prior.household)
        with watch.stage("write"):
            _write(con, output_schema, yields, limits)
        judge_keys(con, yields, limits["match"])
        with watch.stage("report"):
            evidence = gather(con, data, patterns, model, limits, output_schema) if with_evidence else None
        told = models.to_mapping(model, yields, specification, linking=True)
        if keep_in:
            assert isinstance(search, RegisterSearch)
            with watch.stage("keep"):
                basis = RegisterBasis.of(specification, data, told, search, prior, share, limits)
                keep_register(con, keep_in, basis, f"{output_schema}.matches")
        return LinkageResult(
            model=told,
            keys=yields,
            counts=_counts(con, data, output_schema),
            thresholds=limits,
            seconds=watch.stages,
            histogram=con.execute(
                "select (floor(greatest(least(odds, 60), -40) / 2) * 2)::int, count(*) from lk_scored "
                "group by 1 order by 1"
            ).fetchall(),
            notes=data.notes,
            evidence=evidence,
        )
    finally:
        drop_temporary(con)


def evidence_sql(prior: Prior, weighed: str) -> str:
    """SQL: the weighed pairs that anything speaks for (l, r, keys, key, evidence: bits against everybody else).

    A candidate with evidence against it has odds below one in N: thousands of them do not move a probability by .01,
    and leaving them out of the sorting saves nine tenths of its time.
    """
    return (
        "select * from (select l, r, keys, bit_count((keys & -keys) - 1)::int as key, w_m - log2(("
        f"{prior.household!r} * pow(2, least(w_h, 200)) + {prior.unrelated!r}) / {1 - prior.person!r}) as evidence "
        f"from {weighed}) where evidence > 0"
    )


def total_sql(evidence: str) -> str:
    """SQL: the evidence of all candidates of a record (l) together, in bits.

    Likelihood ratios are summed as whole numbers, relative to the record's best: exact in any order.
    """
    return (
        "select l, best, log2(sum(((1::bigint << 40) * "
        "pow(2, greatest(evidence - best, -40)))::bigint)::double) - 40 + best as total "
        "from (select l, least(evidence, 200) as evidence, best from "
        f"{evidence} join (select l, max(least(evidence, 200)) as best from {evidence} group by l) using (l)) "
        "group by l, best"
    )


def competing_sql(evidence: str, total: str, shift: float) -> str:
    """SQL: candidates (l, r, keys, key, odds, probability, place), a record's among themselves; `shift`: bits of the
    odds that one person of the register is the record's."""
    return (
        "select l, r, keys, key, odds, "
        f"1 / (pow(2, -odds) + pow(2, total + {shift!r} - odds)) as probability, "
        "row_number() over (partition by l order by odds desc, r) as place from ("
        f"select s.*, least(evidence, 200) + {shift!r} as odds, total from {evidence} s join {total} using (l))"
    )


def shift_of(share: float, registered: int) -> float:
    """Bits of the odds that one of so many people is a record's, where a share of the records are among them."""
    return float(np.log2(share / (1 - share) / registered))


def _compete(con: duckdb.DuckDBPyConnection, data: Standardised, prior: Prior, is_learned: bool) -> float:
    """lk_scored with the candidates of a record competing; returns the share of the records that the register has."""
    con.execute(f"create or replace temp table lk_evidence as {evidence_sql(prior, 'lk_weighed')}")
    con.execute(f"create or replace temp table lk_total as {total_sql('lk_evidence')}")
    # Totals on sixteenth bits keep the rounds cheap; beyond 60 bits they change nothing.
    sums = con.execute(
        "select round(least(total, 60) * 16)::int as bits, count(*) as n from lk_total group by 1 order by 1"
    ).fetchnumpy()
    share = min(prior.person * data.registered, 0.95)
    if is_learned and len(sums["n"]):
        total, n = np.exp2(sums["bits"] / 16), sums["n"].astype(float)
        for _ in range(ROUNDS):
            x = share / (1 - share) / data.registered * total
            share = float(np.clip((n * x / (1 + x)).sum() / data.records, 1 / (data.records + 2), 0.999))
    shift = shift_of(share, data.registered)
    con.execute(f"create or replace temp table lk_scored as {competing_sql('lk_evidence', 'lk_total', shift)}")
    con.execute("drop table lk_evidence")
    return share


def _write(con: duckdb.DuckDBPyConnection, schema: str, keys: list[KeyYield], limits: dict[str, float]) -> None:
    names = ", ".join("'" + key.name.replace("'", "''") + "'" for key in keys)
    con.execute(f"create schema if not exists {schema}")
    con.execute(
        f"create or replace table {schema}.matches as "
        f"select a.record_id, b.record_id as register_id, (list_value({names})::varchar[])[s.key + 1] as match_key, "
        "s.probability as match_probability, "
        f"case when s.probability >= {limits['match']} then 'match' else 'review' end as verdict, "
        "coalesce(n.probability, 0)::double as runner_up_probability "
        "from lk_scored s left join lk_scored n on n.l = s.l and n.place = 2 "
        "join lk_number a on a.r = s.l join lk_number b on b.r = s.r "
        f"where s.place = 1 and s.probability >= {limits['review']} order by s.l"
    )
    # Records the same in every role were compared once: each has the person found for the one that stands for it.
    con.execute(
        f"insert into {schema}.matches select c.record_id, m.* exclude (record_id) from lk_shadow s "
        "join lk_plain c on c.r = s.shadow join lk_plain f on f.r = s.stands_for "
        f"join {schema}.matches m on m.record_id = f.record_id"
    )


def _counts(con: duckdb.DuckDBPyConnection, data: Standardised, schema: str) -> dict[str, int]:
    counts = {"records": data.records, "register": data.registered, "match": 0, "review": 0}
    counts["candidate_pairs"] = con.execute("select count(*) from lk_weighed").fetchall()[0][0]
    counts |= dict(con.execute(f"select verdict, count(*) from {schema}.matches group by verdict").fetchall())
    counts["possible_pairs"] = possible_pairs(data)
    return counts
