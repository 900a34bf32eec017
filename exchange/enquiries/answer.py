"""What is answered: in codes, with the person's number and no name, so that it can be logged, sent and counted."""

import datetime as dt
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """What came of looking.

    `found`: one person, and nothing given differs. `differs`: one person fits best, and something given is not theirs:
    the ID number may be somebody else's. `several`: more than one person may be meant, or what was given is too little
    to be sure of one. `not_found`: it was looked for, and nobody is there. `could_not_check`: nobody was looked for,
    which says nothing.
    """

    FOUND = "found"
    DIFFERS = "differs"
    SEVERAL = "several"
    NOT_FOUND = "not_found"
    COULD_NOT_CHECK = "could_not_check"


@dataclass(frozen=True)
class Life:
    """Whether the population register knows a person as living: `alive | deceased | emigrated | could_not_check`, with
    the day, or the reason why it cannot be said."""

    state: str
    since: dt.date | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Payment:
    """A payment line of a benefit, in the country's currency; `status` as the program's system has it."""

    period_start: dt.date | None
    period_end: dt.date | None
    amount_due: float | None
    amount_paid: float | None
    status: str | None
    paid_date: dt.date | None


@dataclass(frozen=True)
class Enrolment:
    """A benefit, and what the person is in it: `roles` of beneficiary, recipient, caregiver, member (of a household
    that is paid as a whole). The last payment is the last that was paid, whoever collected it; `payments`: the last
    lines, the newest first. Of one that is outside the asker's scope (`is_own` false) program and status alone are
    told."""

    enrolment_id: str | None
    program: str
    status: str
    roles: list[str]
    enrolled_date: dt.date | None
    exit_date: dt.date | None
    last_paid_date: dt.date | None
    last_paid_amount: float | None
    last_paid_period_end: dt.date | None
    is_source_stale: bool
    is_own: bool = True
    payments: list[Payment] = field(default_factory=list)


@dataclass(frozen=True)
class Person:
    """Whom the registry holds: `verification_status` is the population register's word on them."""

    person_uid: str
    verification_status: str
    could_not_check_reason: str | None
    life: Life
    enrolments: list[Enrolment]

    @property
    def is_enrolled(self) -> bool:
        """Whether a benefit is for this person now, beyond collecting it for somebody."""
        return any(
            one.status in ("active", "suspended") and (set(one.roles) - {"caregiver"} or not one.is_own)
            for one in self.enrolments
        )


@dataclass(frozen=True)
class Candidate:
    """Somebody who may be meant: what of the given details agrees (`id, name, birth_date, birth_date_nearly`) and
    differs, and what tells them apart."""

    person_uid: str
    agrees: list[str]
    differs: list[str]
    sex: str | None
    birth_year: int | None
    county: str | None

    @property
    def is_sure(self) -> bool:
        """Whether more than names agree: the ID number, or the birth date to the day."""
        return "id" in self.agrees or "birth_date" in self.agrees


@dataclass(frozen=True)
class Answer:
    """The answer to a question, from the snapshot `version` of `reporting_date`, published at `published_at`.

    `person` where one was found, or fits best though something differs; `candidates`: how they fit, the likeliest
    first, and who else may be meant; `candidates_in_all` may be more. `stale_sources`: not as fresh as promised, so
    what they would say now is not known. `audit_sequence`: the event of the audit trail.
    """

    outcome: Outcome
    reason: str | None = None
    person: Person | None = None
    candidates: list[Candidate] = field(default_factory=list)
    candidates_in_all: int = 0
    version: str | None = None
    reporting_date: dt.date | None = None
    published_at: dt.datetime | None = None
    stale_sources: list[str] = field(default_factory=list)
    audit_sequence: int | None = None

    @property
    def person_uids(self) -> list[str]:
        """Everybody whom the answer tells of."""
        return [one.person_uid for one in self.candidates]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        told = asdict(self)
        if self.person:
            told["person"]["is_enrolled"] = self.person.is_enrolled
        return told
