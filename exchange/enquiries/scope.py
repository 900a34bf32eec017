"""How far somebody who asks may see."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scope:
    """A program, or a county, whose records alone are looked at; without either, all of them.

    Of a person who is found there, benefits of others are told by program and status alone.
    """

    program: str | None = None
    county: str | None = None

    @property
    def bound(self) -> dict[str, str | None]:
        """For the statements that look people up."""
        return {"program": self.program, "county": self.county}


EVERYTHING = Scope()
