"""Running a script of several SQL statements, each with the values it names."""

from importlib.resources import files
from typing import Any

import duckdb

from ibr.people import with_persons


def run_script(con: duckdb.DuckDBPyConnection, package: str, name: str, values: dict[str, Any] | None = None) -> None:
    """Execute `sql/<name>.sql` of a package; DuckDB binds values to one statement only, so each gets those it names."""
    text = with_persons(files(package).joinpath(f"sql/{name}.sql").read_text(encoding="utf-8"))
    for statement in con.extract_statements(text):
        con.execute(statement, {key: (values or {})[key] for key in statement.named_parameters})
