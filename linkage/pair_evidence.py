"""The evidence on single pairs, field by field: what `explain`, the report's waterfalls and the review queue tell.

One function compares and weighs for all of them, with the SQL that scores, so that no two of them can differ.
"""

from dataclasses import dataclass

import duckdb
import numpy as np

from linkage.comparison import Patterns, compare
from linkage.standardise import Standardised
from linkage.weights import Learned

COMPARED = "lk_by_field"


@dataclass
class FieldEvidence:
    """One field: its agreement level in words, weight in bits, and the adjustment for how common the value is."""

    name: str
    title: str
    level: str
    weight: float
    household_weight: float
    frequency_adjustment: float

    @property
    def line(self) -> str:
        """In words, without the value."""
        return f"{self.title}: {self.level} ({self.weight:+.1f} bits{self.rarity})"

    @property
    def rarity(self) -> str:
        """The adjustment in words, after a comma; empty where there is none."""
        if not self.frequency_adjustment:
            return ""
        how = "rarer" if self.frequency_adjustment > 0 else "more common"
        return f", {self.frequency_adjustment:+.1f} because the value is {how} than most"


@dataclass
class PairEvidence:
    """A pair's fields, and their sums in bits against unrelated people: for one person, and for two people of one
    household (`relatives`)."""

    l: int  # noqa: E741  the engine's name for a pair's sides
    r: int
    fields: list[FieldEvidence]
    person: float
    relatives: float


def pair_evidence(
    con: duckdb.DuckDBPyConnection, data: Standardised, patterns: Patterns, learned: Learned, pairs: str
) -> list[PairEvidence]:
    """The evidence on every pair of the table `pairs` (l, r, keys), in the order of l and r.

    Fields missing on either side are left out. Meant for a few pairs: each is taken apart in Python.
    """
    compare(con, data, patterns, pairs, COMPARED, by_field=True)
    try:
        names = [f.name for f in data.frequent]
        rows = con.execute(
            f"select l, r, pattern, tf_own, tf_shared{''.join(f', tf_{name}' for name in names)} "
            f"from {COMPARED} order by l, r"
        ).fetchall()
    finally:
        con.execute(f"drop table if exists temp.{COMPARED}")
    levels = patterns.unpack(np.array([row[2] for row in rows], dtype=np.int64))
    person, relatives = learned.bits(levels)
    namesakes = learned.are_namesakes(levels)
    return [
        PairEvidence(
            left, right, _fields(learned, levels[i], bool(namesakes[i]), dict(zip(names, adjustments, strict=True))),
            float(person[i]) + own + shared, float(relatives[i]) + shared,
        )
        for i, (left, right, _, own, shared, *adjustments) in enumerate(rows)
    ]  # fmt: skip


def _fields(
    learned: Learned, levels: np.ndarray, are_namesakes: bool, adjustments: dict[str, float]
) -> list[FieldEvidence]:
    found = []
    for i, field in enumerate(learned.fields):
        level = int(levels[i])
        if level >= 0:
            person, household = learned.weights(i, are_namesakes)
            found.append(
                FieldEvidence(field.name, field.title, field.label(level), round(float(person[level]), 3),
                              round(float(household[level]), 3), round(adjustments.get(field.name, 0.0), 3))
            )  # fmt: skip
    return found
