"""Where the registry's linkage keeps its state, and which of two schemas holds the one that the last run published.

A run over all records writes its state into the spare schema; publishing points to it. So a run that is killed leaves
the state that belongs to the published results.
"""

from collections.abc import Callable
from functools import partial

import duckdb

from linkage.engine import deduplicate
from linkage.incremental import deduplicate_changes
from linkage.results import LinkageResult
from linkage.specification import Specification
from linkage.sql import table_exists
from linkage.state import apply_changes

SCHEMAS = ("linkage_state_a", "linkage_state_b")
AllRecords = Callable[..., LinkageResult]  # as linkage.deduplicate, with pairs for clerks and a state
REGISTER_SCHEMAS = ("linkage_register_a", "linkage_register_b")


def published_state(con: duckdb.DuckDBPyConnection) -> str | None:
    """The schema of the state that the published results belong to; None before the first run."""
    return _pointed_to(con, "state")


def published_register(con: duckdb.DuckDBPyConnection) -> str | None:
    """The schema of what the published match to the register left; None where the last run could not ask it, or kept
    nothing of it."""
    return _pointed_to(con, "register_state")


def spare_register(con: duckdb.DuckDBPyConnection) -> str:
    """The schema that a match to the register may write to."""
    return _other(REGISTER_SCHEMAS, published_register(con))


def publish_register(con: duckdb.DuckDBPyConnection, is_kept: bool) -> None:
    """Point to what this run's match left, if it left anything; inside the caller's transaction."""
    kept = spare_register(con)
    con.execute("DELETE FROM linkage.register_state")
    if is_kept:
        con.execute("INSERT INTO linkage.register_state VALUES (?)", [kept])


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
    all_records: AllRecords | None = None,
) -> LinkageResult:
    """{work}.pairs and {work}.clusters of all records, from what changed where the published state allows it.

    `relearn_after`: the share of the records that may have changed since the model was learned; 0 learns every time.
    `all_records`: what looks at all of them instead of this machine. `publish_state` makes it last.
    """
    state = published_state(con)
    if state and relearn_after > 0:
        found = deduplicate_changes(
            con, roles, records, work, state=state, earlier="linkage", decisions=decisions,
            join_probability=join_probability, most_changed=relearn_after, progress=progress,
        )  # fmt: skip
        if found:
            return found
    look_at_all = all_records or partial(deduplicate, compare_clusters=False, with_candidates=True)
    return look_at_all(
        con, roles, records, work, decisions=decisions, join_probability=join_probability, keep_in=_spare(state),
        progress=progress,
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
    """Free the room of the states that nothing belongs to."""
    con.execute(f"DROP SCHEMA IF EXISTS {_spare(published_state(con))} CASCADE")
    for schema in set(REGISTER_SCHEMAS) - {published_register(con)}:
        con.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")


def _spare(state: str | None) -> str:
    return _other(SCHEMAS, state)


def _other(schemas: tuple[str, str], used: str | None) -> str:
    return schemas[1] if used == schemas[0] else schemas[0]


def _pointed_to(con: duckdb.DuckDBPyConnection, table: str) -> str | None:
    if not table_exists(con, "linkage", table):
        return None
    row = con.execute(f"SELECT schema_name FROM linkage.{table}").fetchone()
    return str(row[0]) if row else None
