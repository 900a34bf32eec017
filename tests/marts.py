"""What the project's marts are declared to be, out of their descriptions and without running dbt."""

from pathlib import Path

import yaml

from warehouse.audiences.sensitivity import declarations

_MODELS = Path(__file__).parents[1] / "dbt_project" / "models" / "marts"
MODELS = [
    {**model, "columns": {column["name"]: column for column in model["columns"]}}
    for file in sorted(_MODELS.glob("*/_*__models.yml")) for model in yaml.safe_load(file.read_text("utf-8"))["models"]
]  # fmt: skip
COLUMNS = {model["name"]: set(model["columns"]) for model in MODELS}
DECLARED = declarations(MODELS)
