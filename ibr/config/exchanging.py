"""What comes back from programs, what leaves for others, and how long people are known by name."""

from pydantic import Field, SecretStr, field_validator

from ibr.config.section import Section


class Decisions(Section):
    """Which decisions of programs take effect only when a second person has taken them too.

    `age_identity`: the secretariat's own key, for decisions that come back encrypted for it. `settle_seconds`: how long
    a run watches files that were put into inbox/decisions a moment ago, for some may still be written.
    """

    two_people: list[str] = []
    age_identity: SecretStr | None = None
    settle_seconds: float = Field(default=5, ge=0, le=600)

    @field_validator("age_identity")
    @classmethod
    def _is_an_identity(cls, identity: SecretStr | None) -> SecretStr | None:
        from exchange.encryption import is_identity  # only needed where something is set

        if identity is not None and not is_identity(identity.get_secret_value().strip()):
            raise ValueError("is no age identity; expected a secret key as age-keygen prints it, AGE-SECRET-KEY-1...")
        return identity

    @field_validator("two_people")
    @classmethod
    def _known_decisions(cls, decisions: list[str]) -> list[str]:
        if decisions:
            from exchange.exceptions.sheets import DECISION, SHEETS  # heavy, and only needed where something is set

            known = [word for sheet in SHEETS for word in sheet.choices(DECISION)]
            if unknown := [word for word in decisions if word not in known]:
                raise ValueError(f"{', '.join(unknown)} is no decision; expected {', '.join(dict.fromkeys(known))}")
        return decisions


class Sharing(Section):
    """What data may look like that leaves by `ibr share`.

    `smallest_cell`: about how many people a number of a table has to be; `smallest_class`: how many have to be alike in
    what may tell a person (k); `distinct_sensitive`: how many values a sensitive field has to have among those (l).
    """

    smallest_cell: int = Field(default=10, ge=2)
    smallest_class: int = Field(default=5, ge=2)
    distinct_sensitive: int = Field(default=2, ge=2)


class Retention(Section):
    """How long people are known by name: years after their last benefit ended, and years that earlier versions of rows
    are kept. Without a number nothing is ever past its time."""

    left_years: int | None = Field(default=None, ge=1)
    history_years: int | None = Field(default=None, ge=1)
