"""What is asked and answered, as JSON: the shapes, their bounds, and what each part means."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MOST_IN_A_CALL = 10_000
MOST_MEMBERS = 60
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Code = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Person(_Strict):
    """A person to verify. A national ID with names, or names with a birth date where there is no ID; what is not known is
    left out. `reference`: the caller's own number for the person, handed back."""

    reference: Code | None = None
    national_id: Code | None = None
    birth_certificate_no: Code | None = None
    given_name: Text | None = None
    middle_name: Text | None = None
    family_name: Text | None = None
    full_name: Text | None = None
    birth_date: dt.date | None = None
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


class VerifyBatch(Asked):
    """Many persons."""

    persons: Annotated[list[Person], Field(min_length=1)]
