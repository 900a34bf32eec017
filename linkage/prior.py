"""The shares of same persons and of households among all pairs, found so that they agree with what they lead to.

odds = lambda_m 2^w_m / (lambda_h 2^w_h + lambda_u): the same person against both other classes. The lambdas are the
shares of the classes among all pairs of records; they are found so that they equal the mean of the probabilities that
they imply (pairs that no key brought together, and none stands for, count as unrelated).
"""

import math
from dataclasses import dataclass

import duckdb
import numpy as np

ROUNDS = 60
# SQL: pairs that can still say something; less likely ones count as never compared.
TELLING = "odds > -20"


@dataclass
class Prior:
    """Shares of all pairs: same person, same household; the rest is unrelated."""

    person: float
    household: float

    @property
    def unrelated(self) -> float:
        return 1 - self.person - self.household

    def steps(self, person: float, household: float) -> tuple[float, float, float]:
        """From a pair's bits against unrelated people, for one person and for two of one household: the odds at the
        start, what a household would agree on as well, and, with `person`, their sum, the odds of one person."""
        start = log_odds(self.person)
        also = -math.log2(self.others(household) / (1 - self.person))
        return start, also, start + person + also

    def others(self, household: float) -> float:
        """The likelihood of a pair that is no person, of which two people of one household have these bits."""
        return self.household * 2.0 ** min(household, 200.0) + self.unrelated


def each_for_itself(weighed: str) -> str:
    """SQL: the pairs of a table like lk_weighed, each standing for itself, as `consistent_prior` reads them."""
    return f"(select l, r, w_m, w_h, 1 as counted, 1 as stands_for from {weighed})"


def consistent_prior(con: duckdb.DuckDBPyConnection, all_pairs: int, pairs: str) -> Prior:
    """The fixed point, on counts of pairs by weight (quarter bits).

    `all_pairs`: pairs that could be compared. `pairs`: SQL for those that were (l, r, w_m, w_h, counted, stands_for).
    Where a part of the pairs was compared in place of the whole, each `stands_for` so many when households are counted:
    keys that find relatives and no persons are not run, but the relatives are there. Left out, households seemed 50
    times rarer than they are, and 44 instead of 24 of 42,496 matches to a register were wrong.
    """
    rows = con.execute(
        "select (round(w_m * 4))::int as m, (round(least(w_h, 60) * 4))::int as h, sum(counted)::double as n, "
        f"sum(stands_for)::double as v from {pairs} where l <> r group by 1, 2 order by 1, 2"
    ).fetchnumpy()
    return fixed_point(all_pairs, rows["m"], rows["h"], rows["n"], rows["v"])


def fixed_point(
    all_pairs: int, m: np.ndarray, h: np.ndarray, n: np.ndarray, v: np.ndarray, household: float | None = None
) -> Prior:
    """As `consistent_prior`, from the counts: `n` pairs of one person's weight `m` and one household's `h` in quarter
    bits, which stand for `v` where households are counted. `household`: the share of these, where it is known."""
    total = max(all_pairs, 1)
    start = min(0.05, 0.1 / math.sqrt(total))
    prior = Prior(start, household or start)
    if len(n) == 0:
        return prior
    m, h = np.exp2(m / 4), np.exp2(h / 4)
    for _ in range(ROUNDS):
        whole = prior.person * m + prior.household * h + prior.unrelated
        person = float((n * prior.person * m / whole).sum())
        relatives = float((v * prior.household * h / whole).sum()) if household is None else household * total
        prior = Prior(
            float(np.clip(person / total, 0.5 / total, 0.3)), float(np.clip(relatives / total, 0.5 / total, 0.3))
        )
    return prior


def log_odds(probability: float) -> float:
    """A probability between 0 and 1 as odds in bits."""
    return math.log2(probability / (1 - probability))


def odds_sql(prior: Prior, adding: tuple[str, str] | None = None) -> str:
    """SQL: binary logarithm of the odds of the same person against both other classes.

    `adding`: SQL for what is added to w_m and w_h (co_members.py).
    """
    person, household = (f"(w_m + {adding[0]})", f"(w_h + {adding[1]})") if adding else ("w_m", "w_h")
    others = f"log2({prior.household!r} * pow(2, least({household}, 200)) + {prior.unrelated!r})"
    return f"({person} + {float(np.log2(prior.person))!r} - {others})"
