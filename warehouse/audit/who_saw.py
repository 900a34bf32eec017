"""Who looked at a person, or was sent what is held on them: the events that name any of their identifiers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

from ibr.errors import UsageProblem
from warehouse.audit.places import places


@dataclass(frozen=True)
class Sighting:
    """An event that was about a person: who, when and why, and by which of their identifiers."""

    sequence: int
    at: str
    actor: str
    user: str
    action: str
    purpose: str | None
    identifiers: list[str]
    details: dict[str, Any]


def identifiers_of(con: duckdb.DuckDBPyConnection, person_uid: str) -> list[str]:
    """What a person is called in the log: their number, numbers that were merged into it, and their record ids.

    `con` is the warehouse. Raises UsageProblem where linkage never gave out that number.
    """
    rows = con.execute(_sql("identifiers"), {"person_uid": person_uid}).fetchall()
    if not rows:
        raise UsageProblem(f"there is no person {person_uid}; expected a person_uid as in marts.dim_person")
    return [identifier for (identifier,) in rows]


def who_saw(home: Path, identifiers: Sequence[str]) -> list[Sighting]:
    """The events of the first copy that name one of these, or whose list of subjects does, the latest first."""
    first = places(home).first
    if not first.log.is_file():
        return []
    lists = [str(path) for path in first.lists]
    with duckdb.connect(":memory:") as con:
        con.execute("CREATE TABLE listed (subject VARCHAR, filename VARCHAR)")
        if lists:
            con.execute(_sql("listed"), {"lists": lists, "identifiers": list(identifiers)})
        rows = con.execute(_sql("who_saw"), {"log": str(first.log), "identifiers": list(identifiers)}).fetchall()
    return [
        Sighting(sequence, at, actor, user, action, purpose, found_by, json.loads(details))
        for sequence, at, actor, user, action, purpose, found_by, details in rows
    ]


def _sql(name: str) -> str:
    return files("warehouse.audit").joinpath(f"sql/{name}.sql").read_text(encoding="utf-8")
