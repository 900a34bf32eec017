"""Why two records of the registry are one person, or are not: the engine's evidence, what the run and people say."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import duckdb

from ibr.errors import UsageProblem
from linkage.explain import explain
from linkage.explanation import Explanation
from linkage.registry.last_run import last_run
from linkage.registry.settings import PERSONS, names_once
from linkage.registry.state import published_state


@dataclass(frozen=True)
class RegistryExplanation:
    """The engine's evidence on a pair, and what the last run and people made of it."""

    evidence: Explanation
    person_uid_l: str | None
    person_uid_r: str | None
    decision: str | None
    decided_on: dt.date | None

    @property
    def is_one_person(self) -> bool:
        """Whether the last run took the two for one person."""
        return self.person_uid_l is not None and self.person_uid_l == self.person_uid_r

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            **self.evidence.as_dict(),
            "person_uid_l": self.person_uid_l,
            "person_uid_r": self.person_uid_r,
            "is_one_person": self.is_one_person,
            "decision": self.decision,
            "decided_on": self.decided_on,
        }

    def lines(self) -> list[str]:
        """In words, without values of the records."""
        lines = list(self.evidence.lines)
        if self.decision:
            lines.append(f"People decided: {self.decision} ({self.decided_on}); this binds.")
        if self.is_one_person:
            lines.append(f"In the last run both are the person {self.person_uid_l}.")
        else:
            lines.append(f"In the last run they are two persons: {self.person_uid_l} and {self.person_uid_r}.")
        return lines


def explain_registry(con: duckdb.DuckDBPyConnection, id_a: str, id_b: str) -> RegistryExplanation:
    """Why two records of registry.persons were, or were not, taken as one person, by the last run's model.

    The connection may be read-only. Raises UsageProblem where nothing was linked yet, or a record is not
    there.
    """
    last = last_run(con, "nothing can be explained")
    if id_a == id_b:
        raise UsageProblem("The two identifiers are the same; name two records")
    evidence = explain(con, last.roles, names_once(PERSONS), id_a, id_b, last.model, published_state(con))
    uids = dict(
        con.execute(
            "SELECT record_id, person_uid FROM linkage.persons_crosswalk WHERE record_id IN (?, ?)",
            [id_a, id_b],
        ).fetchall()
    )
    decided = con.execute(
        "SELECT decision, decided_on FROM linkage.decisions WHERE record_id_l IN ($a, $b) AND record_id_r IN ($a, $b) "
        "AND record_id_l <> record_id_r AND decision IN ('same', 'different') "
        "ORDER BY decided_on DESC NULLS LAST, decision_id DESC LIMIT 1",
        {"a": id_a, "b": id_b},
    ).fetchone() or (None, None)
    return RegistryExplanation(evidence, uids.get(id_a), uids.get(id_b), *decided)
