"""Runs the scripts of `linkage/sql/registry_*.sql`; nothing else belongs here."""

from typing import Any

import duckdb

from linkage.sql import render


def run_script(con: duckdb.DuckDBPyConnection, name: str, **names: Any) -> None:
    """Execute `linkage/sql/registry_<name>.sql` with schema names and settings filled in.

    `names` are identifiers and numbers out of code or checked configuration, never data.
    """
    con.execute(render(f"registry_{name}.sql", **names))
