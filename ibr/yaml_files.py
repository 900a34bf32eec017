"""Files that people write as YAML."""

from typing import Any

import yaml

# In C where PyYAML brings it: with 80 programs registry.yml takes the parser in Python a quarter of a second.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(text: str) -> Any:
    """What a text says. Raises yaml.YAMLError."""
    return yaml.load(text, Loader=_Loader)


def place_of(error: Exception) -> str:
    """Where a file stopped being YAML, as ` at line 3, column 5`; empty where the parser does not say."""
    mark = getattr(error, "problem_mark", None)
    return f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
