"""Why two records were, or were not, taken as one person: field by field, in bits and in words."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from ibr.errors import UsageProblem
from linkage import model as models
from linkage.comparison import Patterns, compare
from linkage.engine import PAIR_THRESHOLDS, as_specification, drop_temporary, thresholds
from linkage.match_keys import key_values_sql, possible_keys
from linkage.scoring import odds_sql
from linkage.specification import Specification
from linkage.standardise import standardise
from linkage.term_frequency import add_frequencies


@dataclass
class FieldEvidence:
    """One field: its agreement level in words, weight in bits, and the adjustment for how common the value is."""

    name: str
    title: str
    level: str
    weight: float
    household_weight: float
    frequency_adjustment: float


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
        for f in self.fields:
            rarity = f", {f.frequency_adjustment:+.1f} because the value is " if f.frequency_adjustment else ""
            rarity += ("rarer" if f.frequency_adjustment > 0 else "more common") + " than most" if rarity else ""
            found.append(f"{f.title}: {f.level} ({f.weight:+.1f} bits{rarity})")
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
        numbers = []
        for wanted in (id_a, id_b):
            found = con.execute("select r from lk_plain where record_id = ?", [str(wanted)]).fetchall()
            if not found:
                raise UsageProblem(f"No record has the identifier {wanted}; identifiers look like source:key")
            numbers.append(found[0][0])
        keys = possible_keys(data)
        patterns = Patterns.of(data.fields)
        learned, prior = models.from_mapping(models.read(model), data.fields, keys, specification)
        left, right = min(numbers), max(numbers)
        con.execute(
            f"create or replace temp table lk_candidates as select {left} as l, {right} as r, 0::bigint as keys"
        )
        compare(con, data, patterns, "lk_candidates", "lk_pairs", by_field=True)
        names = [f.name for f in data.frequent]
        row = con.execute(
            f"select pattern, tf_own, tf_shared, {', '.join(f'tf_{name}' for name in names) or '0'} from lk_pairs"
        ).fetchall()[0]
        pattern, own, shared = row[:3]
        adjustments = {name: round(bits, 3) for name, bits in zip(names, row[3:], strict=False)}
        levels = patterns.unpack(np.array([pattern], dtype=np.int64))[0]
        evidence = []
        for i, f in enumerate(data.fields):
            if levels[i] < 0:
                continue
            person, household = learned.weights(i, bool(learned.are_namesakes(levels[None, :])[0]))
            level = int(levels[i])
            evidence.append(
                FieldEvidence(f.name, f.title, f.label(level), round(float(person[level]), 3),
                              round(float(household[level]), 3), adjustments.get(f.name, 0.0))
            )  # fmt: skip
        bits_m, bits_h = learned.bits(levels[None, :])
        w_m, w_h = float(bits_m[0]) + own + shared, float(bits_h[0]) + shared
        odds = con.execute(
            f"select {odds_sql(prior)} from (select ?::double as w_m, ?::double as w_h)", [w_m, w_h]
        ).fetchall()[0][0]
        probability = float(1 / (1 + 2.0 ** -np.clip(odds, -60, 60)))
        limits = thresholds(specification, PAIR_THRESHOLDS)
        return Explanation(
            record_id_l=str(id_a),
            record_id_r=str(id_b),
            fields=evidence,
            keys=[k.name for k in keys if _brings_together(con, key_values_sql(k), left, right)],
            total_weight=round(w_m, 3),
            household_weight=round(w_h, 3),
            match_weight=round(odds - float(np.log2(prior.person / (1 - prior.person))), 3),
            match_probability=probability,
            verdict="match"
            if probability >= limits["match"]
            else "review"
            if probability >= limits["review"]
            else "non-match",
        )
    finally:
        drop_temporary(con)


def _brings_together(con: duckdb.DuckDBPyConnection, values: str, left: int, right: int) -> bool:
    return bool(
        con.execute(
            f"with v as ({values}) select count(*) from v a join v b using (h) where a.r = ? and b.r = ?", [left, right]
        ).fetchall()[0][0]
    )
