"""What judged pairs say of precision and recall: stratified estimates with 95% intervals.

Estimator and standard error: Cochran, Sampling Techniques (3rd ed., 1977), sections 5.3 and 5.10, with the finite
population correction. Cochran's variance is nought where all answers of a stratum agree, as they do among sure matches,
so intervals combine Wilson's limits of each stratum instead (MOVER: Zou, Huang and Zhang, "A note on confidence
interval estimation for a linear function of binomial proportions", Computational Statistics and Data Analysis 53,
2009); of one stratum this is Wilson's own interval (JASA 22, 1927).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import binomtest


@dataclass(frozen=True)
class Judged:
    """One stratum: its `pairs`, and of those judged how many are the `same` person, `different`, or `unsure`."""

    verdict: str  # match or review
    band: str
    pairs: int
    same: int
    different: int
    unsure: int = 0

    @property
    def decided(self) -> int:
        """Answers that say something; unsure ones do not."""
        return self.same + self.different


@dataclass(frozen=True)
class Estimate:
    """A share, its standard error, and its 95% interval from `low` to `high`."""

    share: float
    standard_error: float
    low: float
    high: float


def wilson(right: int, of: int) -> tuple[float, float]:
    """The 95% interval of a share of which `right` of `of` were observed (Wilson, JASA 22, 1927); (0, 1) for none."""
    if of <= 0:
        return 0.0, 1.0
    interval = binomtest(right, of).proportion_ci(confidence_level=0.95, method="wilson")
    return float(interval.low), float(interval.high)


def share_of_same(strata: Sequence[Judged]) -> Estimate | None:
    """The share of the strata's pairs that are one person; None for no pairs, or a stratum without a decided answer."""
    total = sum(s.pairs for s in strata)
    if not total or any(not s.decided for s in strata):
        return None
    share = sum(s.pairs / total * s.same / s.decided for s in strata)
    variance, below, above = 0.0, 0.0, 0.0
    for s in strata:
        weight, p, left = s.pairs / total, s.same / s.decided, _not_judged(s)
        low, high = wilson(s.same, s.decided)
        if s.decided > 1:
            variance += weight**2 * left * p * (1 - p) / (s.decided - 1)
        below += weight**2 * left * (p - low) ** 2
        above += weight**2 * left * (high - p) ** 2
    return Estimate(share, math.sqrt(variance), max(share - math.sqrt(below), 0.0), min(share + math.sqrt(above), 1.0))


def recall_of_matches(strata: Sequence[Judged]) -> Estimate | None:
    """Of all pairs of one person among matches and review, the share that is among the matches.

    A ratio M / (M + R) of two independent estimated totals: standard error by the delta method, limits by MOVER.
    None where either share is not known, or no pair is of one person.
    """
    match, review = ([s for s in strata if s.verdict == verdict] for verdict in ("match", "review"))
    m, r = share_of_same(match), share_of_same(review)
    if not review and m and m.share:
        return Estimate(1.0, 0.0, 1.0, 1.0)
    if m is None or r is None or m.share + r.share == 0:
        return None
    listed, asked = sum(s.pairs for s in match), sum(s.pairs for s in review)
    found, missed = listed * m.share, asked * r.share
    true = found + missed
    by_match, by_review = listed * missed / true**2, asked * found / true**2  # the ratio's slope in either share

    def distance(of_match: float, of_review: float) -> float:
        return math.hypot(by_match * of_match, by_review * of_review)

    ratio = found / true
    return Estimate(
        ratio,
        distance(m.standard_error, r.standard_error),
        max(ratio - distance(m.share - m.low, r.high - r.share), 0.0),
        min(ratio + distance(m.high - m.share, r.share - r.low), 1.0),
    )


def estimates(strata: Sequence[Judged]) -> dict[str, Estimate | None]:
    """Precision of the matches, precision with review, the true share of review, and recall among listed pairs."""
    return {
        "precision of automatic matches": share_of_same([s for s in strata if s.verdict == "match"]),
        "precision with all of review": share_of_same(strata),
        "review pairs that are one person": share_of_same([s for s in strata if s.verdict == "review"]),
        "recall of automatic matches, of pairs listed": recall_of_matches(strata),
    }


def _not_judged(stratum: Judged) -> float:
    """Cochran's finite population correction: nothing is left to chance where every pair was judged."""
    return 1 - min(stratum.decided / stratum.pairs, 1.0)
