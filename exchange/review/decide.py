"""Decisions on cases of the queue: recorded, never changed, taken back by a later row."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from exchange.decisions import bind
from exchange.exceptions.sheets import DECISION, DUPLICATES
from exchange.scripts import run_script
from ibr.errors import UsageProblem
from ibr.people import person_sql

DECISIONS = DUPLICATES.choices(DECISION)


@dataclass(frozen=True)
class Decided:
    """What a decision came to: `in_force`, `to_confirm` (a second person has to say the same), or `more_time`."""

    decision_id: str
    state: str


def decide(
    con: duckdb.DuckDBPyConnection,
    pair: tuple[str, str],
    decision: str,
    *,
    by: str,
    on: dt.date,
    at: dt.datetime,
    comment: str | None = None,
    two_people: Sequence[str] = (),
) -> Decided:
    """Record what a person says about a pair, and bind linkage by it, in one transaction.

    `con` is the warehouse, open for writing. `decision`: one of DECISIONS; `two_people`: those that two people have to
    take. Raises UsageProblem for another decision, for nobody's name, and for records that are not in the registry.
    """
    by = " ".join(by.split())
    if decision not in DECISIONS:
        raise UsageProblem(f"{decision!r} is no decision; expected {', '.join(DECISIONS)}")
    if not by:
        raise UsageProblem("nobody decides; a name was expected")
    known = con.execute("SELECT count(*) FROM registry.persons WHERE record_id IN (?, ?)", list(pair)).fetchone()
    if known != (2,):
        raise UsageProblem("the pair is no longer in the registry; go to the next case")
    left, right = sorted(pair)
    _write(con, "decide", {
        "left": left, "right": right, "decision": decision, "comment": comment and " ".join(comment.split()), "by": by,
        "on": on, "at": at, "needs_second": decision in two_people,
    })
    row = con.execute(
        "SELECT decision_id, state FROM ops.review_answers WHERE record_id_l = ? AND record_id_r = ?", [left, right]
    ).fetchall()[0]
    return Decided(*row)


def undo(con: duckdb.DuckDBPyConnection, by: str, at: dt.datetime) -> tuple[str, str] | None:
    """Take back a person's last decision that still stands; returns its pair, None where there is none.

    The decision stays on record, and so does that it was taken back. What stood before it stands again.
    """
    by = " ".join(by.split())
    found = con.execute(
        "SELECT decision_id, record_id_l, record_id_r FROM ops.review_decisions AS decided "
        f"WHERE {person_sql('decided_by')} = {person_sql('?')} AND withdraws IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM ops.review_decisions AS later WHERE later.withdraws = decided.decision_id) "
        "ORDER BY decision_id DESC LIMIT 1", [by],
    ).fetchone()
    if found is None:
        return None
    decision_id, left, right = found
    _write(con, "undo", {"withdraws": decision_id, "left": left, "right": right, "by": by, "at": at})
    return left, right


def _write(con: duckdb.DuckDBPyConnection, script: str, values: dict) -> None:
    con.begin()
    try:
        run_script(con, "exchange.review", script, values)
        bind(con)
        con.commit()
    except BaseException:
        con.rollback()
        raise
