"""Clusters of a part of the records, none of whose pairs reach beyond it: whole areas (state.py).

What a run over all records does once its pairs are weighed, for runs that look at what changed and for the parts that a
cluster of machines shares out: so they end where a run over all records would.
"""

import duckdb
import numpy as np

from linkage.comparison import Patterns, compare
from linkage.engine import cluster_records, decided_pairs, notes_on
from linkage.scoring import Model, add_co_members, score, weigh
from linkage.standardise import Standardised


def settle(
    con: duckdb.DuckDBPyConnection,
    data: Standardised,
    patterns: Patterns,
    model: Model,
    decisions: str | None,
    join_probability: float,
) -> tuple[np.ndarray, list[str]]:
    """lk_scored and lk_cluster from lk_weighed, lk_rec, lk_plain and lk_shadow, and from lk_candidates, which holds the
    copies beside themselves. The pairs decided to be the same person, shape (pairs, 2), and notes for the user."""
    compare(con, data, patterns, "lk_candidates", "lk_pairs")
    weigh(con, patterns, model.learned, target="lk_copies")
    con.execute("insert into lk_weighed from lk_copies")
    add_co_members(con, data, patterns, model, learning=False)
    same, different = decided_pairs(con, decisions)
    score(con, model)
    cluster, notes = cluster_records(con, data, same, different, join_probability)
    return same, notes + notes_on(cluster, different)
