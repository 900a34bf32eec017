"""What is asked and answered, as JSON: the shapes, their bounds, and what each part means."""

import datetime as dt
import re
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

MOST_IN_A_CALL, MOST_IN_A_JOB = 10_000, 200_000
MOST_MEMBERS = 60
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Code = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]
_WRITTEN_DATE = re.compile(r"\s*\d{4}-\d{2}-\d{2}")


def _written_date(value: object) -> object:
    # Pydantic takes 0 and "0", by which systems say that a date is unknown, for 1970-01-01.
    if isinstance(value, dt.date) or (isinstance(value, str) and _WRITTEN_DATE.match(value)):
        return value
    raise ValueError("expected a date as YYYY-MM-DD")


Date = Annotated[dt.date, BeforeValidator(_written_date)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Person(_Strict):
    """A person to verify. A national ID with names, or names with a birth date where there is no ID; what is not
    known is left out. `reference`: the caller's own number for the person, handed back."""

    reference: Code | None = None
    national_id: Code | None = None
    birth_certificate_no: Code | None = None
    given_name: Text | None = None
    middle_name: Text | None = None
    family_name: Text | None = None
    full_name: Text | None = None
    birth_date: Date | None = None
    birth_date_precision: Literal["day", "month", "year"] = "day"
    sex: Literal["M", "F"] | None = None
    phone: Code | None = None
    county_code: Code | None = None
    area_code: Code | None = None


class Asked(_Strict):
    """`purpose`: why it is asked, in a few words that name nobody; it stays in the audit trail. `program`: the program
    that the person would be enrolled in; by default the caller's."""

    purpose: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=200)]
    program: Code | None = None


class VerifyPerson(Asked):
    """One person, or a whole household by its members."""

    person: Person | None = None
    household: Annotated[list[Person], Field(min_length=1, max_length=MOST_MEMBERS)] | None = None

    @model_validator(mode="after")
    def _is_one_of_them(self) -> "VerifyPerson":
        if (self.person is None) == (self.household is None):
            raise ValueError("expected person, or household, and not both")
        return self


class VerifyBatch(Asked):
    """Many persons: up to MOST_IN_A_CALL are answered in the call, more become a job."""

    persons: Annotated[list[Person], Field(min_length=1, max_length=MOST_IN_A_JOB)]


class Life(BaseModel):
    """Whether the register knows the person as living."""

    state: Literal["alive", "deceased", "emigrated", "could_not_check"]
    since: dt.date | None
    reason: str | None


class Register(BaseModel):
    """The population register's word. `evidence_level`: `national_id`, the match key by which the person was found, or
    `same_person` where another record of theirs tells."""

    status: Literal[
        "could_not_check", "id_shared", "deceased", "mismatch", "verified", "found_by_match_key", "not_found"
    ]  # fmt: skip
    could_not_check_reason: str | None
    mismatched_fields: list[str]
    evidence_level: str | None
    match_probability: float | None
    life: Life


class Enrolment(BaseModel):
    """A benefit of the person (`level` person) or of another of the household; `verdict`: what the rules say of the one
    asked for beside it. Of other programs neither roles nor dates are told."""

    program: str
    status: Literal["active", "suspended", "standby", "exited"]
    level: Literal["person", "household"]
    verdict: Literal["prohibited", "for_review", "allowed"] | None
    rule_code: str | None
    is_source_stale: bool
    roles: list[str] | None
    enrolled_date: dt.date | None
    exit_date: dt.date | None


class Programs(BaseModel):
    """What the programs' records say; `possible_match`: somebody may be the person, and people have to look;
    `could_not_check`: too little was given to look for anybody."""

    outcome: Literal["known", "possible_match", "not_known", "could_not_check"]
    person_uid: str | None
    possible_matches: int
    enrolments: list[Enrolment]
    verdict: Literal["prohibited", "for_review", "allowed"] | None


class PersonAnswer(BaseModel):
    """The answer on a person, in a word and whole. `programs` is null for a key without the scope enrolments."""

    reference: str | None
    answer: Literal[
        "could_not_check", "id_shared", "deceased", "mismatch", "already_enrolled", "possible_match", "verified",
        "found_by_match_key", "not_found",
    ]  # fmt: skip
    population_register: Register
    programs: Programs | None


class HouseholdAnswer(BaseModel):
    """The household's benefits, and the strictest verdict on one more beside them."""

    household_uids: list[str]
    enrolments: list[Enrolment]
    verdict: Literal["prohibited", "for_review", "allowed"] | None


class SnapshotTold(BaseModel):
    """The publication that an answer comes from; `stale_sources` were not as fresh as promised."""

    version: str
    reporting_date: dt.date
    published_at: dt.datetime
    stale_sources: list[str]


class Answers(BaseModel):
    """Answers in the order in which was asked."""

    snapshot: SnapshotTold
    persons: list[PersonAnswer]
    household: HouseholdAnswer | None


class Job(BaseModel):
    """A job: `working` or `done`; its answers come in parts, numbered from 0."""

    job_id: str
    state: Literal["working", "done"]
    persons: int
    accepted_at: dt.datetime
    parts: int
    parts_answered: int


class Problem(BaseModel):
    """Why nothing was answered: `could not check` says nothing about a person."""

    error: str
    message: str
