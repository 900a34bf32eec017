"""Clusters beside clusters: what all records of a person say together.

A lone record with three words on it (a given name misspelt, a town) disagrees a little with each record of its person,
and average linkage leaves it out. Its values are noisy copies of values that the cluster's records hold, whichever:
so the likelihood ratio of a field is the mean over pairs of records, one from each cluster, that both hold the field,
and a pair of clusters weighs the sum of the fields. Pairs of records that no key brought together are compared here,
instead of counting as slightly against. The prior is again the one that agrees with what it leads to.

Pair F1 without and with: historical figures .941 and .959, fake_1000 .901 and .919; FEBRL 3 and 4 unchanged; the sample
country, rich in families: two more right pairs, no wrong one. NEAR -10 and -15 found nothing more; 8 instead of 20
MEMBERS cost .002.
"""

import duckdb
import numpy as np

from linkage.comparison import Patterns, compare
from linkage.prior import consistent_prior, each_for_itself, odds_sql
from linkage.sql import render
from linkage.standardise import Standardised
from linkage.weights import Learned

NEAR = -6.0  # bits: clusters are compared where two of their records have at least these odds
MEMBERS = (20, 12, 8, 5, 3, 2, 1)  # records that speak for a cluster: as many as the pairs allow
# Pairs of records compared for it: so many a record, and always the least number.
MOST_PAIRS, LEAST_PAIRS = 20, 2_000_000


def cluster_pairs(
    con: duckdb.DuckDBPyConnection, data: Standardised, patterns: Patterns, learned: Learned
) -> dict[str, np.ndarray]:
    """Pairs of clusters of lk_cluster (r, first) with the log odds that they are one person: arrays l, r, odds.

    Only pairs of which one cluster has two records or more: two lone records have been compared already.
    """
    con.execute(render("profile_near.sql", near=NEAR))
    con.execute(render("profile_pairs.sql", members=_members(con, max(LEAST_PAIRS, MOST_PAIRS * data.compared))))
    compare(con, data, patterns, "lk_profile_pairs", "lk_profile_compared", by_field=True)
    con.execute(
        render(
            "profiles.sql",
            fields=[_field(patterns, learned, i) for i in range(len(patterns.fields))],
            namesakes=_namesakes(patterns),
        )
    )
    clusters = con.execute("select count(distinct first) from lk_cluster").fetchall()[0][0]
    prior = consistent_prior(con, clusters * (clusters - 1) // 2, each_for_itself("lk_profiled"))
    found = con.execute(f"select l, r, {odds_sql(prior)} as odds from lk_profiled order by l, r").fetchnumpy()
    return found


def _members(con: duckdb.DuckDBPyConnection, allowed: int) -> int:
    """The most records that may speak for a cluster without more pairs than allowed."""
    for members in MEMBERS:
        row = con.execute(f"select sum(least(n_a, {members}) * least(n_b, {members})) from lk_near").fetchone()
        if int(row[0] or 0 if row else 0) <= allowed:
            return members
    return MEMBERS[-1]


def _field(patterns: Patterns, learned: Learned, i: int) -> dict[str, object]:
    """What the template needs of a field: how to unpack its level, its weights in bits by level (null: missing)."""
    field = patterns.fields[i]

    def bits_by_level(weights: np.ndarray) -> str:
        return "([null, " + ", ".join(f"{float(bits)!r}" for bits in weights) + "]::double[])"

    usual, among = learned.weights(i), learned.weights(i, namesakes=True)
    return {
        "name": field.name,
        "level": f"((pattern // {patterns.factors[i]}) % {field.levels + 1} + 1)",
        "has_frequency": field.kind.has_frequency,
        "frequency_is_shared": field.kind.household,
        "person": bits_by_level(usual[0]),
        "household": bits_by_level(usual[1]),
        "person_namesakes": bits_by_level(among[0]),
        "household_namesakes": bits_by_level(among[1]),
    }


def _namesakes(patterns: Patterns) -> str:
    """SQL: whether given and family name of the pair are the same or very alike (see Learned.are_namesakes)."""
    levels = []
    for field, factor in zip(patterns.fields, patterns.factors, strict=True):
        if field.name in ("given_name", "family_name"):
            levels.append(f"(pattern // {factor}) % {field.levels + 1} in (1, 2)")
    return " and ".join(levels) if len(levels) == 2 else "false"
