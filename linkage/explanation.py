"""The explanation of a pair: its evidence as data, and in sentences for a person; no value of a record."""

from dataclasses import asdict, dataclass, field
from typing import Any

from linkage.pair_evidence import FieldEvidence

_WIDTH = 90  # of a line of evidence, before its bits
_KEYS_NAMED = 3


@dataclass
class Explanation:
    """The evidence on one pair; weights in bits.

    start: odds that two records drawn at random are one person. fields: what each adds, with the adjustment for how
    common its value is. household: what two people of one household would agree on as well. The three together are
    `odds`. total_weight and household_weight: one person, and two people of one household, against unrelated people;
    match_weight: against both. verdict: match, review or non-match by `thresholds`. household_probability: that they
    are two people of one household.
    """

    record_id_l: str
    record_id_r: str
    thresholds: dict[str, float]
    fields: list[FieldEvidence] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    start: float = 0.0
    household: float = 0.0
    odds: float = 0.0
    total_weight: float = 0.0
    household_weight: float = 0.0
    match_weight: float = 0.0
    match_probability: float = 0.0
    household_probability: float = 0.0

    @property
    def verdict(self) -> str:
        """match, review or non-match."""
        if self.match_probability >= self.thresholds["match"]:
            return "match"
        return "review" if self.match_probability >= self.thresholds["review"] else "non-match"

    def as_dict(self) -> dict[str, Any]:
        """Plain mapping, for JSON."""
        return {**asdict(self), "verdict": self.verdict}

    @property
    def lines(self) -> list[str]:
        """For a person: the verdict in a sentence, the sum that leads to it, and what brought the two together."""
        how = "The odds in bits; each bit doubles them, each bit less halves them:"
        return [self._verdict_in_words(), how, *self.sum, self._keys_in_words()]

    def _verdict_in_words(self) -> str:
        said = {
            "match": "are taken for one person",
            "review": "may be one person; somebody should look at them",
            "non-match": "are not taken for one person",
        }[self.verdict]
        if self.verdict == "non-match" and self.household_probability > 0.5:
            said += ": they look like two people of one household"
        return (
            f"{self.record_id_l} and {self.record_id_r} {said}. Probability {_probability(self.match_probability)}; a "
            f"match is from {self.thresholds['match']:g}, review from {self.thresholds['review']:g}."
        )

    @property
    def sum(self) -> list[str]:
        """From the odds at the start to the odds of the pair, a line each, in bits."""
        lines = [_line(f"two records at random are one person once in {2**-self.start:,.0f}", self.start)]
        for one in self.fields:
            lines.append(_line(f"{one.title}: {one.level}", one.weight))
            if one.rarity:
                lines.append(_line(f"   the value is {one.rarity} than most", one.frequency_adjustment))
        lines.append(_line("two people of one household would agree on some of this too", self.household))
        lines.append(_line("together", self.odds))
        return lines

    def _keys_in_words(self) -> str:
        if not self.keys:
            return "No match key brings the two together, so a run does not compare them."
        named, more = self.keys[:_KEYS_NAMED], len(self.keys) - _KEYS_NAMED
        return f"Brought together by: {'; '.join(named)}" + (f"; and {more} more match keys" if more > 0 else "")


def _line(words: str, bits: float) -> str:
    return f"  {words:<{_WIDTH}} {bits + 0.0:+6.1f}"


def _probability(probability: float) -> str:
    if probability > 0.9999:
        return "more than 0.9999"
    return "less than 0.0001" if probability < 0.0001 else f"{probability:.4f}"
