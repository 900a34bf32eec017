"""Numbers that stay: person_uid and household_uid carried over from the last run by greatest overlap.

A number and a new group that share more members with each other than with anybody else belong together; then
the rest is looked at again, until nothing is left. What is still without a number gets the next one. Members
present in the last run count before members that had left; equal overlaps go to the older number, then to the
group with the smallest member. So the same input always gives the same numbers, and a number is never given
to other members: the greatest one ever issued is kept in `linkage.uid_high_water`.

What happens to a number is logged in `linkage.uid_events`:

`created`   uid is new; with other_uid = uid it is an old number that came back with its member
`merged`    uid is gone; most of its members are now other_uid's
`split`     members that were other_uid's are now uid's (uid is new, or gained them)
`retired`   uid has no members any more; it waits for them in `linkage.uid_retired`
"""

import re
from dataclasses import dataclass
from typing import Literal

import duckdb

from ibr.errors import UsageProblem
from linkage.registry.scripts import run_script
from linkage.sql import single

Kind = Literal["person", "household"]


@dataclass(frozen=True)
class _Naming:
    prefix: str
    crosswalk: str
    member_column: str
    uid_column: str


_NAMING: dict[str, _Naming] = {
    "person": _Naming("P", "persons_crosswalk", "record_id", "person_uid"),
    "household": _Naming("H", "households_crosswalk", "household_id", "household_uid"),
}


@dataclass(frozen=True)
class CarryOver:
    """How many numbers there are now, and how many were created, merged, split or retired to get there."""

    uids: int
    created: int
    merged: int
    split: int
    retired: int


def carry_over(
    con: duckdb.DuckDBPyConnection, kind: Kind, groups: str, work: str = "linkage_work"
) -> CarryOver:
    """Number new groups; nothing in `linkage` changes until `keep`.

    Inputs: `groups` names a table (member_id, group_key) with each member once; the last numbers come from
    the crosswalk, `uid_retired` and `uid_high_water` in schema `linkage`. Writes `{work}.{kind}_crosswalk`
    (member_id, uid), `_events`, `_retired` and `_high_water`.
    """
    naming = _NAMING[kind]
    names = {"work": work, "kind": kind, "groups": groups, **vars(naming)}
    run_script(con, "identity_edges", **names)
    while single(con, f"SELECT count(*) FROM {work}.{kind}_edges"):
        run_script(con, "identity_round", **names)
    run_script(con, "identity_result", **names)
    events = dict(con.execute(f"SELECT event, count(*) FROM {work}.{kind}_events GROUP BY event").fetchall())
    return CarryOver(
        uids=single(con, f"SELECT count(*) FROM {work}.{kind}_assigned"),
        **{event: events.get(event, 0) for event in ("created", "merged", "split", "retired")},
    )


def check_run_id(run_id: str) -> None:
    """UsageProblem for other characters than letters, digits and ._:+- (a run_id is written into SQL)."""
    if not re.fullmatch(r"[A-Za-z0-9._:+-]+", run_id):
        raise UsageProblem(
            f"Run id {run_id!r} holds other characters than letters, digits and ._:+-; choose another"
        )


def keep(con: duckdb.DuckDBPyConnection, kind: Kind, run_id: str, work: str = "linkage_work") -> None:
    """Replace the crosswalk and append the events; to be called inside the caller's transaction.

    Raises UsageProblem for a run_id that cannot be written.
    """
    check_run_id(run_id)
    run_script(con, "identity_keep", work=work, kind=kind, run_id=run_id, **vars(_NAMING[kind]))
