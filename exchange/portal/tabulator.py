"""What the tabulator's script is given: the cells of a subject, and the words for them in a language."""

import json
from collections.abc import Mapping
from typing import Any

from exchange.portal.cubes import TOTAL, Cube
from exchange.portal.labels import Speaker

_WORDS = ("table.total", "state.withheld", "state.none", "tabulator.none", "number.thousands", "number.decimal",
          "number.per_cent")  # fmt: skip


def cells(cube: Cube) -> str:
    """JSON: of each cell the places of its codes (-1: total) and its values (null: none told), and 1 if withheld."""
    places = [{code: place for place, code in enumerate(codes)} | {TOTAL: -1} for codes in cube.codes]
    told = [
        [[at[code] for at, code in zip(places, key, strict=True)],
         [None if value is None else round(value, 4) for value in cell.values], *([1] if cell.is_withheld else [])]
        for key, cell in sorted(cube.cells.items())
    ]  # fmt: skip
    return _as_json({"cells": told})


def labels(cubes: Mapping[str, Cube], speaker: Speaker) -> str:
    """JSON, safe within a page: of each subject its variables, their codes in the order of `cells`, its measures."""
    texts = speaker.words.texts
    subjects = {}
    for name, cube in cubes.items():
        subjects[name] = {
            "label": texts[f"subject.{name}"],
            "variables": [{"name": one.name, "label": texts[f"variable.{one.name}"],
                           "codes": [speaker.label(one.name, code) for code in cube.of(one.name)]}
                          for one in cube.subject.variables],
            "measures": [{"label": texts[f"measure.{one.name}"], "heading": speaker.measure(one),
                          "isShare": one.is_share} for one in cube.subject.measures],
        }  # fmt: skip
    said = {"subjects": subjects, "words": {key: texts[key] for key in _WORDS}}
    return _as_json(said).replace("<", "\\u003c")


def _as_json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))
