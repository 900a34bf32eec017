"""Households of different lists (or registered twice in one) recognised by the persons they share.

A tie between two household records is strong when they share
  - two persons or more, at least one of whom belongs to both (not as a mere caregiver), or
  - the only person that one of them has, or
  - a person who stands for both: the head or the beneficiary of each.
Anything else is weak and goes to review: one fostered child, one grown child who founded a household, a
caregiver who only collects.

Objective: households in one group are all tied strongly to the group's pivot, its household with most
persons, and groups are taken greedily from the largest household down (pivot correlation clustering, after
Ailon, Charikar and Newman 2008, in a fixed order instead of a random one). So a chain of households, each
sharing somebody with the next, does not become one; a strong tie that the grouping does not follow goes to
review. Connected components (scipy) only tell which households need to be looked at together.
"""

from dataclasses import dataclass

import duckdb
import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from linkage.registry.scripts import run_script
from linkage.sql import single


@dataclass(frozen=True)
class HouseholdGroups:
    """Counts of a grouping: household records, groups, and ties by verdict."""

    households: int
    groups: int
    match_ties: int
    review_ties: int


def group_households(
    con: duckdb.DuckDBPyConnection,
    persons: str,
    households: str | None = None,
    work: str = "linkage_work",
    *,
    max_households: int = 12,
    max_households_per_person: int = 20,
) -> HouseholdGroups:
    """Group household records by the persons they share.

    Inputs: `persons` names a table with record_id, household_id, is_head, is_beneficiary, is_caregiver;
    `{work}.person_crosswalk` (member_id, uid) says who is who; `households` (household_id), optional, adds
    those without persons. A group holds at most `max_households` records; a person in more than
    `max_households_per_person` ties none. Writes `{work}.new_households` (member_id, group_key) and
    `{work}.household_tie_verdicts` (household_id_l, household_id_r, shared_persons, verdict).
    """
    run_script(
        con, "household_ties", work=work, persons=persons, max_households_per_person=max_households_per_person
    )
    _write_components(con, work)
    con.execute(f"CREATE OR REPLACE TABLE {work}.household_taken (member_id VARCHAR, group_key VARCHAR)")
    in_components = single(con, f"SELECT count(*) FROM {work}.household_components")
    while single(con, f"SELECT count(*) FROM {work}.household_taken") < in_components:
        run_script(con, "household_pivots", work=work, max_households=max_households)
    run_script(con, "household_groups", work=work, households=households or "")
    count = f"SELECT count(*) FROM {work}.household_tie_verdicts WHERE verdict = "
    return HouseholdGroups(
        households=single(con, f"SELECT count(*) FROM {work}.new_households"),
        groups=single(con, f"SELECT count(DISTINCT group_key) FROM {work}.new_households"),
        match_ties=single(con, f"{count}'match'"),
        review_ties=single(con, f"{count}'review'"),
    )


def _write_components(con: duckdb.DuckDBPyConnection, work: str) -> None:
    """`{work}.household_components` (household_id, component): connected by strong ties."""
    con.execute(f"""
        CREATE OR REPLACE TABLE {work}.household_nodes AS
        SELECT household_id, (row_number() OVER (ORDER BY household_id) - 1)::INTEGER AS node
        FROM (
            SELECT household_id_l AS household_id FROM {work}.household_ties WHERE is_strong
            UNION
            SELECT household_id_r FROM {work}.household_ties WHERE is_strong
        )""")
    edges = con.execute(f"""
        SELECT l.node AS l, r.node AS r
        FROM {work}.household_ties AS ties
        INNER JOIN {work}.household_nodes AS l ON ties.household_id_l = l.household_id
        INNER JOIN {work}.household_nodes AS r ON ties.household_id_r = r.household_id
        WHERE ties.is_strong""").fetchnumpy()
    nodes = single(con, f"SELECT count(*) FROM {work}.household_nodes")
    matrix = coo_matrix((np.ones(len(edges["l"]), np.int8), (edges["l"], edges["r"])), shape=(nodes, nodes))
    _, labels = connected_components(matrix, directed=False)
    con.register("household_labels", {"node": np.arange(nodes, dtype=np.int32), "component": labels})
    try:
        con.execute(f"""
            CREATE OR REPLACE TABLE {work}.household_components AS
            SELECT nodes.household_id, labels.component
            FROM {work}.household_nodes AS nodes
            INNER JOIN household_labels AS labels USING (node)""")
    finally:
        con.unregister("household_labels")
