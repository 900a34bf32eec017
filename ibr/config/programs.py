"""The programs of a country, and for whom their files are encrypted."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, SecretStr, field_validator, model_validator

from ibr.config.section import Section

ProgramCode = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_-]{0,29}$")]


class BenefitUnit(StrEnum):
    """Whom a program pays: one person, or a household as a whole."""

    PERSON = "person"
    HOUSEHOLD = "household"


class Recipient(Section):
    """For whom a program's exception files are encrypted: people with a password, systems with an age key."""

    workbook_password: SecretStr | None = Field(default=None, min_length=1, max_length=255)
    age: str | None = None

    @field_validator("age")
    @classmethod
    def _is_a_recipient(cls, age: str | None) -> str | None:
        from exchange.encryption import is_recipient  # only needed where something is set

        if age is not None and not is_recipient(age):
            raise ValueError("is no age recipient; expected a public key as age-keygen prints it, age1...")
        return age

    @model_validator(mode="after")
    def _is_somebody(self) -> "Recipient":
        if not (self.workbook_password or self.age):
            raise ValueError("names nobody; expected workbook_password, age, or both")
        return self


class Program(Section):
    """One cash-transfer program. `language`: of its exception files, where it is not the registry's."""

    name: str
    benefit_unit: BenefitUnit
    manager: str | None = None
    language: str | None = None
    recipient: Recipient | None = None
