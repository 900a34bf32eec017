"""What may be shared at all, and how sensitive it is: `sensitivity.yml`, read once."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

import yaml

from warehouse.connection import quoted


class Sensitivity(StrEnum):
    """What a column tells about a person; the words stand in sensitivity.yml."""

    IDENTIFIER = "identifier"
    QUASI_IDENTIFIER = "quasi_identifier"
    SENSITIVE = "sensitive"
    PLAIN = "plain"


# Coarser forms of a date.
_COARSER = {"year": "year({})", "five_years": "year({0}) - year({0}) % 5"}


@dataclass(frozen=True)
class Column:
    """A column that may be shared. `pseudonym`: of which kind, None if it can have none; `expression`: its SQL."""

    name: str
    sensitivity: Sensitivity
    pseudonym: str | None
    expression: str


@dataclass(frozen=True)
class Mart:
    """A mart that may be shared: whose data a row is, the column of its county, and its columns by name."""

    name: str
    subject: str
    area: str
    columns: dict[str, Column]
    withheld: tuple[str, ...]

    def of(self, names: list[str], sensitivity: Sensitivity) -> list[Column]:
        """Those of the named columns that are of one class."""
        return [self.columns[name] for name in names if self.columns[name].sensitivity is sensitivity]


@dataclass(frozen=True)
class Purpose:
    """What a kind of purpose needs."""

    levels: tuple[str, ...]
    classes: tuple[str, ...]
    in_clear: bool


@dataclass(frozen=True)
class Catalogue:
    """Everything in sensitivity.yml."""

    purposes: dict[str, Purpose]
    marts: dict[str, Mart]


@cache
def catalogue() -> Catalogue:
    """The catalogue of this version."""
    content = yaml.safe_load(files("exchange.sharing").joinpath("sensitivity.yml").read_text(encoding="utf-8"))
    purposes = {
        name: Purpose(tuple(purpose["levels"]), tuple(purpose["classes"]), purpose["in_clear"])
        for name, purpose in content["purposes"].items()
    }
    return Catalogue(purposes, {name: _mart(name, mart) for name, mart in content["marts"].items()})


def _mart(name: str, content: dict) -> Mart:
    columns = {
        column: Column(column, sensitivity, _kind(content, sensitivity, column), quoted(column))
        for sensitivity in Sensitivity for column in content.get(sensitivity, ())
    }
    for column, how in content.get("derived", {}).items():
        original = columns[how["of"]]
        columns[column] = Column(
            column, original.sensitivity, None, _COARSER[how["to"]].format(original.expression)
        )
    return Mart(name, content["subject"], content["area"], columns, tuple(content.get("withheld", ())))


def _kind(content: dict, sensitivity: Sensitivity, column: str) -> str | None:
    return content["identifier"][column] if sensitivity is Sensitivity.IDENTIFIER else None
