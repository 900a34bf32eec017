"""What the engine keeps for clerical samples: some of the pairs that it leaves apart, which no other table holds."""

import math

import duckdb

from linkage.clerical.estimates import Zone, strata
from linkage.prior import TELLING
from linkage.results import KeyYield
from linkage.sql import render
from linkage.values import literals

MOST_CANDIDATES = 250  # pairs a stratum: a clerk does not judge more
PEOPLE = "(select c.r, p.record_id, c.first as entity from lk_cluster c join lk_plain p using (r))"
BEYOND = "apart, beyond the sample"


def keep_candidates(
    con: duckdb.DuckDBPyConnection,
    keys: list[KeyYield],
    limits: dict[str, float],
    schema: str,
    scored: str = "lk_scored",
    people: str = PEOPLE,
) -> None:
    """Write {schema}.clerical_candidates (at most MOST_CANDIDATES pairs of each stratum of pairs left apart) and
    {schema}.clerical_frame (stratum, pairs, expected_matches by the model: all that there are), from the engine's
    temporary tables once pairs are scored and clustered, or from other relations: `scored` like lk_scored, and `people`
    (r, record_id, entity).
    """
    apart = [
        {"name": s.name, "least_bits": math.log2(s.least_odds)}
        for s in strata(limits["match"], limits["review"])
        if s.zone is Zone.APART
    ]
    names = f"(list_value({literals([key.name for key in keys])})::varchar[])"
    con.execute(
        render("clerical_candidates.sql", schema=schema, strata=apart, most=MOST_CANDIDATES, keys=names, beyond=BEYOND,
               review=limits["review"], scored=scored, people=people, telling=TELLING)
    )  # fmt: skip
