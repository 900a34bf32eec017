"""The model as people and files see it: a mapping of parameters per level, with a version and its columns."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from ibr.errors import ConfigurationProblem, UsageProblem
from linkage.co_members import NAME as CO_MEMBERS
from linkage.co_members import CoMembers
from linkage.fields import Field
from linkage.match_keys import MatchKey
from linkage.prior import Prior
from linkage.results import KeyYield
from linkage.scoring import Model
from linkage.specification import Specification
from linkage.weights import CLASSES, Learned

VERSION = 1


def to_mapping(
    model: Model,
    keys: list[KeyYield],
    specification: Specification,
    linking: bool,
    variants: Sequence[tuple[str, str]] = (),
) -> dict[str, Any]:
    """Plain numbers and text, ready for YAML; weights are in bits. `variants`: given names learned to be one (see
    variants.py), each pair once."""
    learned, prior = model.learned, model.prior
    fields = {f.name: _field(learned, i, f) for i, f in enumerate(learned.fields)}
    if model.co_members:
        fields[CO_MEMBERS] = model.co_members.as_mapping()
    return {
        "version": VERSION,
        "job": "link to a register" if linking else "deduplicate",
        "columns": roles(specification),
        "prior": {"same_person": float(prior.person), "same_household": float(prior.household)},
        "rounds_of_learning": learned.rounds,
        "fields": fields,
        "keys": [
            {"name": key.name, **dict(zip((c.replace(" ", "_") for c in CLASSES), map(_rounded, shares), strict=True))}
            for key, shares in zip(keys, learned.classes, strict=False)  # co-members are no key to learn from
            if not np.isnan(shares[0])
        ],
        "given_name_variants": [list(pair) for pair in variants],
    }


def saved_variants(model: str | Path | dict[str, Any]) -> list[tuple[str, str]]:
    """The given names that a saved model has learned to be one; none while a model is still to be learned (auto)."""
    if model == "auto":
        return []
    return [(str(one), str(other)) for one, other in read(model).get("given_name_variants", [])]


def saved_co_members(model: str | Path | dict[str, Any]) -> CoMembers | None:
    """What a saved model has learned of household co-members; None where it has not, or is still to be learned."""
    told = None if model == "auto" else read(model)["fields"].get(CO_MEMBERS)
    return CoMembers.from_mapping(told) if told else None


def roles(specification: Specification) -> dict[str, list[str]]:
    """Columns per role: what a model was trained on."""
    found: dict[str, list[str]] = {}
    for role, column in specification.columns.columns_by_role():
        found.setdefault(role, []).append(column)
    return found


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")


def _field(learned: Learned, i: int, field: Field) -> dict[str, Any]:
    person, household = learned.weights(i)
    return {
        "kind": field.kind_name,
        "title": field.title,
        "parent": field.parent,
        "levels": [
            {
                "label": field.label(level),
                "m": float(learned.m[i][level]),
                "h": float(learned.h[i][level]),
                "u": float(learned.u[i][level]),
                "u_namesakes": float((learned.namesakes or learned.u)[i][level]),
                "weight": round(float(person[level]), 3),
                "household_weight": round(float(household[level]), 3),
            }
            for level in range(field.levels)
        ],
    }


def read(model: str | Path | dict[str, Any]) -> dict[str, Any]:
    """A saved model from its file, or the mapping itself."""
    if isinstance(model, dict):
        return model
    try:
        mapping = yaml.safe_load(Path(model).read_text(encoding="utf-8"))
    except OSError:
        raise UsageProblem(f"Model {model}: cannot be read") from None
    except yaml.YAMLError:
        raise ConfigurationProblem(f"Model {model}: not valid YAML") from None
    if not isinstance(mapping, dict) or "fields" not in mapping:
        raise ConfigurationProblem(f"Model {model}: not a linkage model; train one with model: auto")
    return mapping


def from_mapping(
    mapping: dict[str, Any], fields: list[Field], keys: list[MatchKey], specification: Specification
) -> Model:
    """Parameters for scoring; ConfigurationProblem where the model was trained on other columns or another version."""
    if mapping.get("version") != VERSION:
        raise ConfigurationProblem(
            f"Model version {mapping.get('version')} cannot be used, {VERSION} is needed; train again"
        )
    if mapping["columns"] != roles(specification):
        trained = ", ".join(f"{role}: {'/'.join(columns)}" for role, columns in mapping["columns"].items())
        raise ConfigurationProblem(f"The model was trained on other columns ({trained}); train again with model: auto")
    missing = [f.name for f in fields if f.name not in mapping["fields"]]
    if missing:
        raise ConfigurationProblem(f"The model knows nothing of {', '.join(missing)}; train again with model: auto")
    for field in fields:
        saved = mapping["fields"][field.name]
        if len(saved["levels"]) != field.levels or saved["parent"] != field.parent:
            raise ConfigurationProblem(f"The model has other levels for {field.name}; train again with model: auto")

    def shares(name: str) -> list[np.ndarray]:
        return [np.array([level[name] for level in mapping["fields"][f.name]["levels"]]) for f in fields]

    classes = np.full((len(keys), 3), np.nan)
    prior = Prior(mapping["prior"]["same_person"], mapping["prior"]["same_household"])
    learned = Learned(fields, shares("m"), shares("h"), shares("u"), classes, namesakes=shares("u_namesakes"))
    return Model(learned, prior, saved_co_members(mapping))
