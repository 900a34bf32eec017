"""Why two records were, or were not, taken as one person: field by field, in bits and in words."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from ibr.errors import UsageProblem
from linkage import model as models
from linkage.basis import Basis
from linkage.co_members import TITLE as CO_MEMBERS
from linkage.comparison import Patterns
from linkage.engine import PAIR_THRESHOLDS, as_specification, drop_temporary, thresholds
from linkage.explanation import Explanation
from linkage.match_keys import MatchKey, key_values_sql, possible_keys
from linkage.pair_evidence import PairEvidence, pair_evidence
from linkage.prior import Prior
from linkage.specification import Specification
from linkage.standardise import Standardised, standardise
from linkage.term_frequency import add_frequencies
from linkage.variants import use_variants


def explain(
    con: duckdb.DuckDBPyConnection,
    specification: Specification,
    records: str,
    id_a: str,
    id_b: str,
    model: dict[str, Any] | str | Path,
    state: str | None = None,
) -> Explanation:
    """Explain the pair (id_a, id_b) of `records` with a trained model (LinkageResult.model, or its file).

    The frequencies of values are counted over all records, as they were for the score; `state` as in `explain_pairs`.
    Raises UsageProblem for an identifier that does not occur, ConfigurationProblem for a model of other columns.
    """
    return explain_pairs(con, specification, records, [(id_a, id_b)], model, state)[0]


def explain_pairs(
    con: duckdb.DuckDBPyConnection,
    specification: Specification,
    records: str,
    pairs: Sequence[tuple[str, str]],
    model: dict[str, Any] | str | Path,
    state: str | None = None,
) -> list[Explanation]:
    """Explain several pairs, in the order given: the records are made comparable once for all. Errors as `explain`.

    `state`: the schema of the state that the run kept (state.py); then the records are explained as that run saw them,
    with the frequencies that it used and the household co-members that it found, and `records` is not read. Without it
    co-members are not looked for.
    """
    specification = as_specification(specification)
    try:
        data = _seen_by_the_run(con, state, pairs) if state else _made_comparable(con, specification, records)
        use_variants(con, data, models.saved_variants(model))
        numbers = [sorted(_number(con, wanted) for wanted in pair) for pair in pairs]
        keys = possible_keys(data)
        patterns = Patterns.of(data.fields)
        known = models.from_mapping(models.read(model), data.fields, keys, specification)
        con.execute("create or replace temp table lk_candidates (l integer, r integer, keys bigint)")
        for pair in sorted({(left, right) for left, right in numbers}):
            con.execute("insert into lk_candidates values (?, ?, 0)", pair)
        co_members = "lk_co_members" if state else None
        found = {(e.l, e.r): e for e in pair_evidence(con, data, patterns, known, "lk_candidates", co_members)}
        limits = thresholds(specification, PAIR_THRESHOLDS, data.tells_apart)
        together = _keys_in_common(con, keys, known.co_members_key if state else None)
        return [
            _explanation(pair, found[left, right], together.get((left, right), []), known.prior, limits)
            for pair, (left, right) in zip(pairs, numbers, strict=True)
        ]
    finally:
        drop_temporary(con)


def _made_comparable(con: duckdb.DuckDBPyConnection, specification: Specification, records: str) -> Standardised:
    data = standardise(con, specification, records)
    data.shadows = 0  # the records are wanted as they are
    add_frequencies(con, data)
    return data


def _seen_by_the_run(con: duckdb.DuckDBPyConnection, state: str, pairs: Sequence[tuple[str, str]]) -> Standardised:
    """lk_rec and lk_plain of the records named, numbered in the order of their identifiers, as runs do."""
    con.execute(
        "create or replace temp table lk_rec as "
        f"select * replace ((row_number() over (order by record_id) - 1)::int as r) from {state}.records "
        "where record_id in (select unnest($1))",
        [[str(one) for pair in pairs for one in pair]],
    )
    con.execute("create or replace temp table lk_plain as select r, record_id, side from lk_rec")
    con.execute(
        "create or replace temp table lk_co_members as with named as ("
        f"select s.r as number, c.r, c.record_id from {state}.records s join lk_rec c using (record_id)) "
        f"select least(a.r, b.r) as l, greatest(a.r, b.r) as r, p.keys, p.co_members from {state}.pairs p "
        "join named a on a.number = p.l join named b on b.number = p.r"
    )
    return Basis.load(con, state).standardised(0)


def _number(con: duckdb.DuckDBPyConnection, record_id: str) -> int:
    found = con.execute("select r from lk_plain where record_id = ?", [str(record_id)]).fetchall()
    if not found:
        raise UsageProblem(f"No record has the identifier {record_id}; identifiers look like source:key")
    return int(found[0][0])


def _explanation(
    pair: tuple[str, str], evidence: PairEvidence, keys: list[str], prior: Prior, limits: dict[str, float]
) -> Explanation:
    start, household, odds = prior.steps(evidence.person, evidence.relatives)
    probability = 1 / (1 + 2.0 ** -min(max(odds, -60.0), 60.0))
    others = prior.others(evidence.relatives)
    return Explanation(
        record_id_l=str(pair[0]),
        record_id_r=str(pair[1]),
        thresholds=limits,
        fields=evidence.fields,
        keys=keys,
        start=round(start, 3),
        household=round(household, 3),
        odds=round(odds, 3),
        total_weight=round(evidence.person, 3),
        household_weight=round(evidence.relatives, 3),
        match_weight=round(odds - start, 3),
        match_probability=probability,
        household_probability=(1 - probability) * (1 - prior.unrelated / others),
    )


def _keys_in_common(
    con: duckdb.DuckDBPyConnection, keys: list[MatchKey], co_members_key: int | None
) -> dict[tuple[int, int], list[str]]:
    """The match keys that bring each pair of lk_candidates together, and whether co-members alone did."""
    found: dict[tuple[int, int], list[str]] = {}
    records = "(select * from lk_rec where r in (select l from lk_candidates union select r from lk_candidates))"
    for key in keys:
        for pair in con.execute(
            f"with v as ({key_values_sql(key, records)}) select distinct l, c.r from lk_candidates c "
            "join v a on a.r = c.l join v b on b.r = c.r and b.h = a.h"
        ).fetchall():
            found.setdefault(pair, []).append(key.name)
    if co_members_key is not None:
        bit = 1 << co_members_key
        brought = f"select l, r from lk_candidates join lk_co_members t using (l, r) where t.keys = {bit}"
        found |= {pair: [CO_MEMBERS] for pair in con.execute(brought).fetchall()}
    return found
