"""What may be shared at all: `sharing.yml`, and how sensitive the publication says that each column is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import duckdb
import yaml

from ibr.errors import UsageProblem
from warehouse.audiences.sensitivity import COARSER, Declarations, Declared, Sensitivity, kept
from warehouse.connection import quoted


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

    def of(self, names: list[str], sensitivity: Sensitivity) -> list[Column]:
        """Those of the named columns that are of one class."""
        return [self.columns[name] for name in names if self.columns[name].sensitivity is sensitivity]


Marts = Mapping[str, Mart]


@dataclass(frozen=True)
class Purpose:
    """What a kind of purpose needs: fields of `classes`, and all of `marts`, which were made for it."""

    levels: tuple[str, ...]
    classes: tuple[str, ...]
    marts: tuple[str, ...]
    in_clear: bool

    def needs(self, mart: str, sensitivity: str) -> bool:
        """Whether the purpose needs a mart's fields of a class."""
        return mart in self.marts or sensitivity in self.classes


@cache
def purposes() -> dict[str, Purpose]:
    """The kinds of purpose of this version."""
    return {
        name: Purpose(
            tuple(purpose["levels"]), tuple(purpose["classes"]), tuple(purpose.get("marts", ())), purpose["in_clear"]
        )
        for name, purpose in _content()["purposes"].items()
    }


def marts_of(con: duckdb.DuckDBPyConnection) -> Marts:
    """The marts that may be shared of the publication attached as `published`.

    Raises UsageProblem for a publication that does not say how sensitive its columns are.
    """
    declared = kept(con, "published")
    if declared is None:
        raise UsageProblem(
            "the publication does not say how sensitive its columns are: an earlier version made it; "
            "`ibr publish` makes one that does"
        )
    return shareable(declared)


def shareable(declared: Declarations) -> Marts:
    """The marts that may be shared, with the columns that may: those classified, but no free text nor bookkeeping."""
    return {name: _mart(name, mart, declared.get(name, {})) for name, mart in _content()["marts"].items()}


@cache
def _content() -> dict[str, Any]:
    return yaml.safe_load(files("exchange.sharing").joinpath("sharing.yml").read_text(encoding="utf-8"))


def _mart(name: str, content: dict[str, Any], declared: Mapping[str, Declared]) -> Mart:
    withheld = {*_content()["withheld"], *content.get("withheld", ())}
    columns = [
        column
        for original, known in declared.items()
        if known.sensitivity is not Sensitivity.FREE_TEXT and original not in withheld
        for column in _forms(original, known, content.get("coarser", {}).get(original, []))
    ]
    return Mart(name, content["subject"], content["area"], {column.name: column for column in columns})


def _forms(name: str, declared: Declared, coarser: list[str]) -> Iterator[Column]:
    """A column, and its coarser forms, which are of the same class."""
    is_identifier = declared.sensitivity is Sensitivity.IDENTIFIER
    kind = _content()["pseudonyms"].get(name) if is_identifier else None
    yield Column(name, declared.sensitivity, kind, quoted(name))
    for form in dict.fromkeys([*filter(None, [declared.coarser]), *coarser]):
        yield Column(
            COARSER[form].name(name), declared.sensitivity, None, COARSER[form].expression.format(quoted(name))
        )
