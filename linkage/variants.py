"""Learned variants: given names that one person goes by again and again, read off the clusters (Bill and William).

No spelling shows that Ned is Edward, but where persons have several records, both names stand in one cluster more
often than chance can say. Such a pair then counts as "very alike" instead of "different", and persons are found again.
Pair F1 on historical figures .958 without and .962 with it; on FEBRL 3 and 4 and fake_1000 nothing is learned.

Siblings that were taken for one person would look the same, so names are learned only where
- the model saw next to no households (MOST_HOUSEHOLDS): elsewhere two names in a cluster may be two children;
- the two names are not also listed side by side in one household of one source (twins are named in pairs: Hassan and
  Hussein), where the records name their household.
"""

import duckdb

from linkage.comparison import ALIKE, Patterns, compare
from linkage.prior import Prior
from linkage.sql import render
from linkage.standardise import LARGEST_HOUSEHOLD, Standardised

FEWEST_CLUSTERS = 3  # in which both names stand
LEAST_SHARE = 0.03  # of the rarer name's clusters
LEAST_LIFT = 10.0  # times more often than if names fell together by chance
MOST_NAMES = 20  # a cluster with more given names is no person's
# Pairs of one household to a pair of one person, as the prior has them, above which nothing is learned.
MOST_HOUSEHOLDS = 0.1

Variants = list[tuple[str, str]]


def learn_variants(con: duckdb.DuckDBPyConnection, data: Standardised, prior: Prior) -> Variants:
    """Pairs of given names, each once and in order of the alphabet, that the clusters of lk_cluster bear out.

    Empty where there are no given names, or too many households (see above).
    """
    if not data.filled["given"] or prior.household > MOST_HOUSEHOLDS * prior.person:
        return []
    return con.execute(
        render("variants.sql", clusters=FEWEST_CLUSTERS, share=LEAST_SHARE, lift=LEAST_LIFT, names=MOST_NAMES,
               alike=ALIKE, largest_household=LARGEST_HOUSEHOLD)
    ).fetchall()  # fmt: skip


def use_variants(con: duckdb.DuckDBPyConnection, data: Standardised, variants: Variants) -> None:
    """From here on `compare` takes these names for variants: lk_learned (one, other), both ways round."""
    data.variants = variants
    if variants:
        one, other = ([pair[i] for pair in variants] for i in (0, 1))
        con.execute(
            "create or replace temp table lk_learned as select unnest($one) as one, unnest($other) as other "
            "union all select unnest($other), unnest($one)",
            {"one": one, "other": other},
        )


def compare_again(con: duckdb.DuckDBPyConnection, data: Standardised, patterns: Patterns) -> None:
    """Replace the pairs of lk_pairs whose given names are variants; the others stay as they were."""
    con.execute(
        "create or replace temp table lk_candidates as select p.l, p.r, p.keys from lk_pairs p "
        "join lk_rec a on a.r = p.l join lk_rec b on b.r = p.r "
        "join lk_learned v on v.one = a.given and v.other = b.given"
    )
    compare(con, data, patterns, "lk_candidates", "lk_more")
    con.execute("delete from lk_pairs p using lk_more m where m.l = p.l and m.r = p.r")
    con.execute("insert into lk_pairs from lk_more")
