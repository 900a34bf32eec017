"""Longer SQL statements, as Jinja2 templates: roles and columns vary, data never enters the text; two questions that
are asked everywhere; names and texts as SQL writes them."""

from pathlib import Path
from typing import Any

import duckdb
import jinja2

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent),
    undefined=jinja2.StrictUndefined,
    autoescape=False,
)


def render(template: str, **context: Any) -> str:
    """The statement of a template file in this folder."""
    return _TEMPLATES.get_template(template).render(**context)


def quote(name: str) -> str:
    """A column name as a SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as a SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def cursor(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Another connection to what `con` is connected to, in the same database."""
    other = con.cursor()
    row = con.execute("SELECT current_database()").fetchone()
    assert row is not None
    other.execute(f"USE {quote(row[0])}")
    return other


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
