"""What is asked of whom, and why; what cannot be looked for is told before anything is looked at."""

import datetime as dt
from dataclasses import dataclass

import duckdb

from ibr.errors import UsageProblem
from linkage.registry.agreement import is_identifier, names_in

NAMES_NEEDED = 2  # of a person looked for by name: one is nobody's alone
MOST_PURPOSE = 200  # characters
_LONG_NUMBER = 5  # digits: a purpose that holds more is likely to hold an ID


@dataclass(frozen=True)
class Question:
    """A person by ID number, by name, or both; the birth date narrows names down and is compared where there is an ID.

    `purpose`: why it is asked, in a few words that name nobody: it stays in the audit trail.
    """

    purpose: str
    national_id: str | None = None
    full_name: str | None = None
    birth_date: dt.date | None = None

    def __post_init__(self) -> None:
        if not self.national_id and not self.full_name:
            raise UsageProblem("nobody was asked for; expected --id, or --name, best with --birth-date")
        if not self.purpose.strip() or len(self.purpose) > MOST_PURPOSE:
            raise UsageProblem(f"--purpose is empty or longer than {MOST_PURPOSE} characters; say why it is asked")
        if holds_a_number(self.purpose) or self._names_the_person():
            raise UsageProblem("--purpose holds a name or number of the person; it is kept, so leave them out")

    @property
    def by(self) -> list[str]:
        """What the person is looked for by, for the audit trail."""
        given = {"id": self.national_id, "name": self.full_name, "birth_date": self.birth_date}
        return [name for name, value in given.items() if value]

    def _names_the_person(self) -> bool:
        said = {word.strip(".,;:()").lower() for word in self.purpose.split()}
        asked = {name for name in (self.full_name or "").lower().split() if len(name) > 2}
        return bool(said & asked)

    def cannot_be_checked(self, con: duckdb.DuckDBPyConnection) -> str | None:
        """Why nobody can be looked for by this, as a code; None where somebody can."""
        if self.national_id and is_identifier(con, self.national_id):
            return None
        if self.full_name:
            return None if len(names_in(con, self.full_name)) >= NAMES_NEEDED else "fewer_than_two_names"
        return "id_is_not_usable"


def holds_a_number(purpose: str) -> bool:
    """Whether a purpose holds what is likely to be somebody's number."""
    return any(len(word) > _LONG_NUMBER for word in _numbers(purpose))


def _numbers(text: str) -> list[str]:
    return "".join(character if character.isdigit() else " " for character in text).split()
