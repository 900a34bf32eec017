"""Files that people write as YAML."""


def place_of(error: Exception) -> str:
    """Where a file stopped being YAML, as ` at line 3, column 5`; empty where the parser does not say."""
    mark = getattr(error, "problem_mark", None)
    return f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
