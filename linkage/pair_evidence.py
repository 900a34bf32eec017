"""The evidence on single pairs, field by field: what `explain`, the report's waterfalls and the review queue tell.

One function compares and weighs for all of them, with the SQL that scores, so that no two of them can differ.
"""

from dataclasses import dataclass

import duckdb
import numpy as np

from linkage.co_members import NAME, TITLE, CoMembers, label
from linkage.comparison import Patterns, compare
from linkage.scoring import Model
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
    def rarity(self) -> str:
        """How common the value is, in a word: rarer, more common, or nothing where it makes no difference."""
        if not self.frequency_adjustment:
            return ""
        return "rarer" if self.frequency_adjustment > 0 else "more common"


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
    con: duckdb.DuckDBPyConnection,
    data: Standardised,
    patterns: Patterns,
    model: Model,
    pairs: str,
    co_members: str | None = None,
) -> list[PairEvidence]:
    """The evidence on every pair of the table `pairs` (l, r, keys), in the order of l and r.

    `co_members`: a table (l, r, co_members) with the levels of that evidence, where there is any. Fields missing on
    either side are left out. Meant for a few pairs: each is taken apart in Python.
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
    learned = model.learned
    levels = patterns.unpack(np.array([row[2] for row in rows], dtype=np.int64))
    person, relatives = learned.bits(levels)
    namesakes = learned.are_namesakes(levels)
    found = [
        PairEvidence(
            left, right, _fields(learned, levels[i], bool(namesakes[i]), dict(zip(names, adjustments, strict=True))),
            float(person[i]) + own + shared, float(relatives[i]) + shared,
        )
        for i, (left, right, _, own, shared, *adjustments) in enumerate(rows)
    ]  # fmt: skip
    if co_members and model.co_members:
        _add_co_members(con, found, model.co_members, pairs, co_members)
    return found


def _add_co_members(
    con: duckdb.DuckDBPyConnection, found: list[PairEvidence], learned: CoMembers, pairs: str, table: str
) -> None:
    """Add what household co-members say, to the fields and to the sums."""
    levels = {
        (left, right): level
        for left, right, level in con.execute(
            f"select l, r, t.co_members from {pairs} join {table} t using (l, r) where t.co_members is not null"
        ).fetchall()
    }
    person, household = learned.bits
    for pair in found:
        level = levels.get((pair.l, pair.r))
        if level is not None:
            bits = float(person[level]), float(household[level])
            pair.fields.append(FieldEvidence(NAME, TITLE, label(level), round(bits[0], 3), round(bits[1], 3), 0.0))
            pair.person, pair.relatives = pair.person + bits[0], pair.relatives + bits[1]


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
