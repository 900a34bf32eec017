"""Clerical samples, the arithmetic: which pairs clerks judge, and what their answers say of precision and recall.

Strata lie around the thresholds. Inside a stratum every pair is as likely to be drawn as another, so a stratum's total
is estimated by pairs * right / judged (Horvitz & Thompson, JASA 47, 1952), without bias whatever the strata are.

Intervals: clerks find all or none of a small sample right, and the usual variance is then zero and the interval a
point. So every stratum has its Wilson interval (JASA 22, 1927), narrowed by the finite population correction (Cochran,
Sampling Techniques, 1977, section 2.6), and a linear combination of strata has the interval recovered from theirs
(MOVER: Zou, Huang & Zhang, Computational Statistics & Data Analysis 53, 2009). Recall is a ratio of two such: its
limits are the ratios at which the combination that would make it so is no longer compatible with zero (Fieller, JRSS B
16, 1954).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

FEWEST = 10  # pairs drawn from a stratum, where it has so many
NEAR, FAR = 10.0, 1000.0  # odds relative to a threshold: strata around the thresholds are this wide


class Zone(StrEnum):
    """What the linkage made of a pair."""

    JOINED = "joined"  # one person
    REVIEW = "review"  # two persons, and people are asked
    APART = "apart"  # two persons


@dataclass(frozen=True)
class Stratum:
    """A stratum of pairs: its name, what the linkage made of them, and its lowest odds of one person."""

    name: str
    zone: Zone
    least_odds: float


def strata(match: float, review: float) -> tuple[Stratum, ...]:
    """The strata for two thresholds of probability, in each zone from the surest pairs down.

    Joined pairs may have any probability: their records can be joined through others. Pairs apart below a thousandth of
    the review threshold's odds are in none: among very many of them a sample finds nothing, and says nothing.
    """
    upper, lower = match / (1 - match), review / (1 - review)
    return (
        Stratum("joined, sure", Zone.JOINED, NEAR * upper),
        Stratum("joined, near the threshold", Zone.JOINED, upper),
        Stratum("joined through other records", Zone.JOINED, 0.0),
        Stratum("review, likely", Zone.REVIEW, math.sqrt(upper * lower)),
        Stratum("review, unlikely", Zone.REVIEW, lower),
        Stratum("apart, near the threshold", Zone.APART, lower / NEAR),
        Stratum("apart, unlikely", Zone.APART, lower / FAR),
    )


def allocate(sizes: Mapping[str, int], size: int) -> dict[str, int]:
    """How many of `size` pairs to draw from each stratum of `sizes` (pairs).

    In proportion to the root of the pairs (power allocation: Bankier, The American Statistician 42, 1988), so that the
    large strata, which decide the totals, and the small ones around the thresholds are both seen; at least FEWEST, and
    never more than there are. Fewer strata than `size` are assumed; what rounding leaves goes to the largest.
    """
    drawn = {name: min(pairs, FEWEST, max(size // max(len(sizes), 1), 1)) for name, pairs in sizes.items() if pairs}
    while (left := size - sum(drawn.values())) > 0:
        open_strata = {name: math.sqrt(sizes[name]) for name in drawn if drawn[name] < sizes[name]}
        if not open_strata:
            break
        roots = sum(open_strata.values())
        shares = {name: int(left * root / roots) for name, root in open_strata.items()}
        if not any(shares.values()):
            shares[max(open_strata, key=lambda name: (open_strata[name], name))] = 1
        for name, more in shares.items():
            drawn[name] = min(drawn[name] + more, sizes[name])
    return drawn


@dataclass(frozen=True)
class Answers:
    """What clerks said of a stratum: of `pairs` pairs `judged` were told, `same` of these one person."""

    zone: Zone
    pairs: float
    judged: int
    same: int

    @property
    def share(self) -> float:
        """Of one person; one half, from zero to all, where nothing was judged."""
        return self.same / self.judged if self.judged else 0.5

    @property
    def limits(self) -> tuple[float, float]:
        """95% interval of the share; a point where every pair was judged."""
        low, high = wilson(self.same, self.judged)
        left_to_chance = math.sqrt(max(1 - self.judged / self.pairs, 0.0))
        return self.share - left_to_chance * (self.share - low), self.share + left_to_chance * (high - self.share)


@dataclass(frozen=True)
class Estimate:
    """An estimated share with its 95% interval, and the number of judged pairs behind it."""

    value: float
    low: float
    high: float
    judged: int


@cache  # finding the limits of a ratio asks for the same ones some hundred times
def wilson(right: int, of: int) -> tuple[float, float]:
    """The 95% interval of a share of which `right` of `of` were observed (Wilson 1927); (0, 1) for none."""
    if of <= 0:
        return 0.0, 1.0
    from scipy.stats import binomtest  # 2 s, and linking needs none of it

    interval = binomtest(right, of).proportion_ci(confidence_level=0.95, method="wilson")
    return float(interval.low), float(interval.high)


def precision(answers: Sequence[Answers], zones: Sequence[Zone]) -> Estimate | None:
    """The share of one person among the pairs of some zones; None where they hold no pair or none was judged."""
    found = [a for a in answers if a.zone in zones and a.pairs > 0]
    pairs = sum(a.pairs for a in found)
    if not sum(a.judged for a in found):
        return None
    value, low, high = _combine([(a, a.pairs / pairs) for a in found])
    return Estimate(value, max(low, 0.0), min(high, 1.0), sum(a.judged for a in found))


def recall(answers: Sequence[Answers], zones: Sequence[Zone]) -> Estimate | None:
    """The share, of all pairs of one person in the strata, that lies in some zones.

    None where no pair is estimated to be one person. Pairs outside the strata are not known of.
    """
    present = [a for a in answers if a.pairs > 0]
    total = sum(a.pairs * a.share for a in present)
    if not total or not any(a.judged for a in present):
        return None
    value = sum(a.pairs * a.share for a in present if a.zone in zones) / total

    def against(ratio: float) -> tuple[float, float, float]:
        """The combination that is zero where recall is `ratio`, positive where it is more."""
        return _combine([(a, a.pairs * ((a.zone in zones) - ratio)) for a in present])

    low = _root(lambda ratio: against(ratio)[1], 0.0, value)
    high = _root(lambda ratio: against(ratio)[2], value, 1.0)
    return Estimate(value, low, high, sum(a.judged for a in present))


def _combine(terms: Sequence[tuple[Answers, float]]) -> tuple[float, float, float]:
    """(value, low, high) of the sum of shares times coefficients, by MOVER."""
    value = math.fsum(factor * a.share for a, factor in terms)
    below = above = 0.0
    for a, factor in terms:
        low, high = (factor * (bound - a.share) for bound in (a.limits if factor >= 0 else reversed(a.limits)))
        below, above = below + low * low, above + high * high
    return value, value - math.sqrt(below), value + math.sqrt(above)


def _root(falling: Callable[[float], float], low: float, high: float) -> float:
    """Where a falling function crosses zero between two points; the end it does not cross before."""
    if falling(high) >= 0:
        return high
    if falling(low) <= 0:
        return low
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return (low + high) / 2
