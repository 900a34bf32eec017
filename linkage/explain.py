"""Why two records were, or were not, taken as one person: field by field, in bits and in words."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from ibr.errors import UsageProblem
from linkage import model as models
from linkage.comparison import Patterns
from linkage.engine import PAIR_THRESHOLDS, as_specification, drop_temporary, thresholds
from linkage.match_keys import key_values_sql, possible_keys
from linkage.pair_evidence import FieldEvidence, PairEvidence, pair_evidence
from linkage.scoring import Prior, log_odds, odds_sql
from linkage.specification import Specification
from linkage.standardise import standardise
from linkage.term_frequency import add_frequencies
from linkage.variants import use_variants


@dataclass
class Explanation:
    """The evidence on one pair. `match_weight` in bits against pairs that are not one person; verdict match,
    review or non-match."""

    record_id_l: str
    record_id_r: str
    fields: list[FieldEvidence] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    total_weight: float = 0.0
    household_weight: float = 0.0
    match_weight: float = 0.0
    match_probability: float = 0.0
    verdict: str = "non-match"

    def as_dict(self) -> dict[str, Any]:
        """Plain mapping, for JSON."""
        return asdict(self)

    @property
    def lines(self) -> list[str]:
        """Sentences for a person; no values, only agreement."""
        found = [f"{self.record_id_l} and {self.record_id_r}: {self.verdict}, probability {self.match_probability:.4f}"]
        found.append(
            "Match keys in common: " + (", ".join(self.keys) if self.keys else "none, so nothing brings them together")
        )
        found += [f.line for f in self.fields]
        found.append(
            f"Together {self.total_weight:+.1f} bits for one person against unrelated people, "
            f"{self.household_weight:+.1f} for two people of one household; "
            f"{self.match_weight:+.1f} against both at their usual shares"
        )
        return found


def explain(
    con: duckdb.DuckDBPyConnection,
    specification: Specification,
    records: str,
    id_a: str,
    id_b: str,
    model: dict[str, Any] | str | Path,
) -> Explanation:
    """Explain the pair (id_a, id_b) of `records` with a trained model (LinkageResult.model, or its file).

    The frequencies of values are counted over all records, as they were for the score. Raises UsageProblem for an
    identifier that does not occur, ConfigurationProblem for a model of other columns.
    """
    specification = as_specification(specification)
    try:
        data = standardise(con, specification, records)
        data.shadows = 0  # both records are wanted as they are
        add_frequencies(con, data)
        use_variants(con, data, models.saved_variants(model))
        left, right = sorted(_number(con, wanted) for wanted in (id_a, id_b))
        keys = possible_keys(data)
        patterns = Patterns.of(data.fields)
        learned, prior = models.from_mapping(models.read(model), data.fields, keys, specification)
        con.execute(
            f"create or replace temp table lk_candidates as select {left} as l, {right} as r, 0::bigint as keys"
        )
        evidence = pair_evidence(con, data, patterns, learned, "lk_candidates")[0]
        together = [k.name for k in keys if _brings_together(con, key_values_sql(k), left, right)]
        limits = thresholds(specification, PAIR_THRESHOLDS)
        return _explanation(con, (id_a, id_b), evidence, together, prior, limits)
    finally:
        drop_temporary(con)


def _number(con: duckdb.DuckDBPyConnection, record_id: str) -> int:
    found = con.execute("select r from lk_plain where record_id = ?", [str(record_id)]).fetchall()
    if not found:
        raise UsageProblem(f"No record has the identifier {record_id}; identifiers look like source:key")
    return int(found[0][0])


def _explanation(
    con: duckdb.DuckDBPyConnection,
    pair: tuple[str, str],
    evidence: PairEvidence,
    keys: list[str],
    prior: Prior,
    limits: dict[str, float],
) -> Explanation:
    odds = con.execute(
        f"select {odds_sql(prior)} from (select ?::double as w_m, ?::double as w_h)",
        [evidence.person, evidence.relatives],
    ).fetchall()[0][0]
    probability = float(1 / (1 + 2.0 ** -np.clip(odds, -60, 60)))
    return Explanation(
        record_id_l=str(pair[0]),
        record_id_r=str(pair[1]),
        fields=evidence.fields,
        keys=keys,
        total_weight=round(evidence.person, 3),
        household_weight=round(evidence.relatives, 3),
        match_weight=round(odds - log_odds(prior.person), 3),
        match_probability=probability,
        verdict="match"
        if probability >= limits["match"]
        else "review"
        if probability >= limits["review"]
        else "non-match",
    )


def _brings_together(con: duckdb.DuckDBPyConnection, values: str, left: int, right: int) -> bool:
    return bool(
        con.execute(
            f"with v as ({values}) select count(*) from v a join v b using (h) where a.r = ? and b.r = ?", [left, right]
        ).fetchall()[0][0]
    )
