"""Where the registry's linkage keeps its state, and which of two schemas holds the one that the last run published.

A run over all records writes its state into the spare schema; publishing points to it. So a run that is killed leaves
the state that belongs to the published results.
"""

from collections.abc import Callable

import duckdb

from linkage.engine import deduplicate
from linkage.incremental import deduplicate_changes
from linkage.results import LinkageResult
from linkage.specification import Specification
from linkage.sql import table_exists
from linkage.state import apply_changes

SCHEMAS = ("linkage_state_a", "linkage_state_b")


def published_state(con: duckdb.DuckDBPyConnection) -> str | None:
    """The schema of the state that the published results belong to; None before the first run."""
    if not table_exists(con, "linkage", "state"):
        return None
    row = con.execute("SELECT schema_name FROM linkage.state").fetchone()
    return str(row[0]) if row else None


def link_persons(
    con: duckdb.DuckDBPyConnection,
    roles: Specification,
    records: str,
    work: str,
    *,
    decisions: str,
    join_probability: float | None,
    relearn_after: float,
    progress: Callable[[str], None],
) -> LinkageResult:
    """{work}.pairs and {work}.clusters of all records, from what changed where the published state allows it.

    `relearn_after`: the share of the records that may have changed since the model was learned; 0 learns every time.
    `publish_state` makes it last.
    """
    state = published_state(con)
    if state and relearn_after > 0:
        found = deduplicate_changes(
            con, roles, records, work, state=state, earlier="linkage", decisions=decisions,
            join_probability=join_probability, most_changed=relearn_after, progress=progress,
        )  # fmt: skip
        if found:
            return found
    return deduplicate(
        con, roles, records, work, decisions=decisions, join_probability=join_probability, compare_clusters=False,
        with_candidates=True, keep_in=_spare(state), progress=progress,
    )  # fmt: skip


def publish_state(con: duckdb.DuckDBPyConnection, result: LinkageResult, work: str) -> None:
    """Bring the state up to date, inside the caller's transaction."""
    state = published_state(con)
    if "changed" in result.counts and state:
        apply_changes(con, state, work)
    else:
        con.execute("DELETE FROM linkage.state")
        con.execute("INSERT INTO linkage.state VALUES (?)", [_spare(state)])


def drop_spare_state(con: duckdb.DuckDBPyConnection) -> None:
    """Free the room of the state that nothing belongs to."""
    con.execute(f"DROP SCHEMA IF EXISTS {_spare(published_state(con))} CASCADE")


def _spare(state: str | None) -> str:
    return SCHEMAS[1] if state == SCHEMAS[0] else SCHEMAS[0]
