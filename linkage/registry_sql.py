"""Runs the scripts of `linkage/sql/registry_*.sql`; nothing else belongs here."""

from functools import cache
from pathlib import Path
from typing import Any

import duckdb
from jinja2 import Environment, FileSystemLoader, StrictUndefined

_FOLDER = Path(__file__).parent / "sql"


@cache
def _environment() -> Environment:
    return Environment(loader=FileSystemLoader(_FOLDER), undefined=StrictUndefined, autoescape=False)


def run_script(con: duckdb.DuckDBPyConnection, name: str, **names: Any) -> None:
    """Execute `linkage/sql/registry_<name>.sql` with schema names and settings filled in.

    `names` are identifiers and numbers out of code or checked configuration, never data.
    """
    con.execute(_environment().get_template(f"registry_{name}.sql").render(**names))


def single(con: duckdb.DuckDBPyConnection, query: str) -> int:
    """The one number a query answers with; 0 for null or nothing."""
    row = con.execute(query).fetchone()
    return int(row[0]) if row and row[0] is not None else 0


def table_exists(con: duckdb.DuckDBPyConnection, schema: str, table: str) -> bool:
    """Whether the current database has a table or view of this name."""
    found = con.execute(
        "SELECT count(*) FROM information_schema.tables "
        "WHERE table_catalog = current_database() AND table_schema = ? AND table_name = ?",
        [schema, table],
    ).fetchone()
    return bool(found and found[0])
