"""Registers that are asked by ID, one person a call: whom they answered for, and why nothing is known of the others.

Such a register holds only those it was asked for, so nobody can be searched for in it by match keys: a namesake would
have no rivals. `ops.sources.is_asked_by_id` says which registers these are, `registry.register_answers` what they said.
"""

from dataclasses import dataclass

import duckdb

from linkage.registry.scripts import run_script
from linkage.sql import single, table_exists

POPULATION = "registry.population"
ANSWERS = "registry.register_answers"
_ASKED_BY_ID = "(SELECT source FROM ops.sources WHERE is_asked_by_id)"


@dataclass(frozen=True)
class Registers:
    """Relations for the check of records: `whole`, the persons of registers that are mirrored whole, to be searched by
    match keys, and `believed`, those of all registers that may be believed now; None where there are none. `matches` is
    what the search finds; `unasked` (record_id, reason) names records for which not every register could be asked."""

    whole: str | None
    believed: str | None
    matches: str | None
    unasked: str | None = None


def whole_registers(con: duckdb.DuckDBPyConnection) -> list[bool]:
    """The registers that are mirrored whole: for each whether it is stale."""
    if not table_exists(con, "ops", "sources"):
        return []
    rows = con.execute(
        f"SELECT is_stale FROM ops.sources WHERE kind = 'register' AND source NOT IN {_ASKED_BY_ID}"
    ).fetchall()
    return [is_stale for (is_stale,) in rows]


def are_asked_by_id(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether there are registers that are asked by ID."""
    return table_exists(con, "ops", "sources") and single(con, f"SELECT count(*) FROM {_ASKED_BY_ID}") > 0


def whole(con: duckdb.DuckDBPyConnection) -> str:
    """SQL: the persons of registers that are mirrored whole."""
    return f"(SELECT * FROM {POPULATION} WHERE source NOT IN {_ASKED_BY_ID})" if are_asked_by_id(con) else POPULATION


def registers(
    con: duckdb.DuckDBPyConnection, work: str, persons: str, *, is_whole_used: bool, use_last_good: bool
) -> Registers:
    """What of the registers is used, with the relations for it in schema `work`.

    `is_whole_used`: whether registers that are mirrored whole can be asked; `use_last_good`: whether an answer that is
    older than it may be still counts.
    """
    if not are_asked_by_id(con):
        return Registers(POPULATION, POPULATION, f"{work}.matches") if is_whole_used else Registers(None, None, None)
    has_whole = bool(whole_registers(con))
    is_searched = has_whole and is_whole_used
    run_script(
        con, "reach", work=work, persons=persons, population=POPULATION, answers=ANSWERS, whole=whole(con),
        asked_by_id=_ASKED_BY_ID, is_whole_used=is_searched, is_whole_silent=has_whole and not is_searched,
        use_last_good=use_last_good,
    )  # fmt: skip
    searched = whole(con) if is_searched else None
    return Registers(searched, f"{work}.register_believed", f"{work}.matches", f"{work}.unasked")
