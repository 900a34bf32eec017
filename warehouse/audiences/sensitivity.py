"""How sensitive each column of the marts is, as their dbt descriptions declare it (`meta.sensitivity`)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ibr.errors import ConfigurationProblem


class Sensitivity(StrEnum):
    """What a column tells about a person."""

    IDENTIFIER = "identifier"  # tells who somebody is, alone
    QUASI_IDENTIFIER = "quasi_identifier"  # tells it together with others: what a neighbour knows
    SENSITIVE = "sensitive"  # what nobody is to learn about a person
    FREE_TEXT = "free_text"  # words that people wrote, or made of such words: may hold anything
    NONE = "none"  # tells nothing about a person


@dataclass(frozen=True)
class Declared:
    """What is declared of a column. `has_pseudonym`: a token may stand in its place; `coarser`: what it is cut to."""

    sensitivity: Sensitivity
    has_pseudonym: bool = False
    coarser: str | None = None


Declarations = Mapping[str, Mapping[str, Declared]]  # by table and column; what is not there is not classified


def declarations(models: Iterable[Mapping[str, Any]]) -> Declarations:
    """Read them from dbt's models, as its manifest has them.

    Raises ConfigurationProblem naming every column whose declaration has a word that is none.
    """
    found: dict[str, dict[str, Declared]] = {}
    faults: list[str] = []
    for model in models:
        columns = found.setdefault(model["name"], {})
        for name, column in model["columns"].items():
            meta = column.get("config", {}).get("meta") or column.get("meta") or {}
            if "sensitivity" not in meta:
                continue
            try:
                columns[name] = Declared(
                    Sensitivity(meta["sensitivity"]), bool(meta.get("pseudonym", False)), meta.get("coarser")
                )
            except ValueError:
                faults.append(f"{model['name']}.{name} is {meta['sensitivity']!r}")
    if faults:
        expected = ", ".join(word.value for word in Sensitivity)
        raise ConfigurationProblem(f"meta.sensitivity of marts: {'; '.join(faults)}; expected {expected}")
    return found
