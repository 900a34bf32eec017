"""Questions to a publication, for `ibr sql`."""

import datetime as dt
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from ibr.disk import damaged_file
from ibr.errors import UsageProblem
from warehouse.connection import attach, connect, quoted

# Marts first: they are what is asked most.
_TABLES = """
    SELECT schema_name || '.' || table_name AS "table", comment AS question FROM duckdb_tables()
    WHERE database_name = current_database() AND NOT internal
    ORDER BY schema_name <> 'marts', schema_name <> 'reference', table_name
"""
_COLUMNS = """
    SELECT column_name AS "column", data_type AS type, comment AS meaning FROM duckdb_columns()
    WHERE database_name = current_database() AND table_name = ? ORDER BY column_index
"""


class QueryResult(NamedTuple):
    """Column names, and rows in their order."""

    columns: list[str]
    rows: list[tuple[Any, ...]]


def as_of_name(moment: dt.datetime) -> str:
    """What the snapshot of what was known at a moment is called: by the day, or by the time where one is given."""
    return f"{moment:%Y-%m-%d}" if moment.time() == dt.time() else f"{moment:%Y-%m-%dT%H%M%S}"


def published_file(home: Path, audience: str = "secretariat", as_of: dt.datetime | None = None) -> Path:
    """The current file of an audience, its link resolved; or that of what was known on a day (`ibr run --as-of`).

    Resolved, because DuckDB keeps one instance a path in a process: by way of the link, a process that
    goes on for days would be given the publication it opened first.
    Raises UsageProblem if nothing is published, or not for this audience.
    """
    if as_of:
        file = home / "published" / "as_of" / as_of_name(as_of) / f"{audience}.duckdb"
        if not file.is_file():
            told = f"{as_of:%Y-%m-%d}" if as_of.time() == dt.time() else as_of.isoformat()
            raise UsageProblem(f"what was known on {told} is not built; `ibr run --as-of {told}` builds it")
        return file
    current = home / "published" / "current"
    if not current.exists():
        raise UsageProblem("nothing is published yet; `ibr run` makes the first publication")
    file = current.resolve() / f"{audience}.duckdb"
    if not file.is_file():
        there = ", ".join(sorted(path.stem for path in file.parent.glob("*.duckdb")))
        raise UsageProblem(f"there is no publication for {audience!r}; there is one for {there}")
    return file


def open_publication(
    home: Path, audience: str = "secretariat", as_of: dt.datetime | None = None
) -> duckdb.DuckDBPyConnection:
    """A read-only connection to a publication (`published_file`), which can reach no other file and no network."""
    file = published_file(home, audience, as_of)
    # An instance of its own, with the file attached: connections of one process to one file share an instance, whose
    # locked configuration the second could not set.
    con = connect(":memory:", temp_directory=home / "tmp")
    attach(con, file, file.stem)
    # So that people write table names without a schema.
    schemas = con.execute(
        "SELECT string_agg(catalog_name || '.' || schema_name, ',' ORDER BY schema_name) "
        "FROM information_schema.schemata "
        "WHERE catalog_name = ? AND schema_name NOT IN ('information_schema', 'pg_catalog')",
        [file.stem],
    ).fetchone()
    con.execute(f"USE {quoted(file.stem)}")
    con.execute("SET search_path = ?", schemas)
    con.execute("SET enable_external_access = false")
    con.execute("SET lock_configuration = true")
    return con


def query_publication(home: Path, audience: str, sql: str, as_of: dt.datetime | None = None) -> QueryResult:
    """Answer one SQL statement from the current publication.

    Raises UsageProblem, on one line, if there is no publication or the SQL is wrong.
    """
    con = open_publication(home, audience, as_of)
    try:
        # Of a PIVOT DuckDB makes two: the first, without a text of its own, collects the values of its columns.
        parts = con.extract_statements(sql)
        statements = [part for part in parts if part.query or part.type != duckdb.StatementType.CREATE]
        if len(statements) != 1:
            raise UsageProblem(f"expected one SQL statement, found {len(statements)}")
        cursor = con.execute(sql)
        columns = [column[0] for column in cursor.description or []]
        return QueryResult(columns, cursor.fetchall())
    except duckdb.Error as error:
        raise damaged_file(error) or UsageProblem(_one_line(error)) from None
    finally:
        con.close()


def described(home: Path, audience: str = "secretariat", table: str | None = None) -> QueryResult:
    """What the current publication says of its tables, or of one table's columns: the comments in the file.

    Raises UsageProblem, naming those that are alike, if there is no such table.
    """
    con = open_publication(home, audience)
    try:
        if table is None:
            cursor = con.execute(_TABLES)
        else:
            name = table.rpartition(".")[2]
            cursor = con.execute(_COLUMNS, [name])
        result = QueryResult([column[0] for column in cursor.description or []], cursor.fetchall())
        if not result.rows and table:
            names = [row[0].rpartition(".")[2] for row in con.execute(_TABLES).fetchall()]
            alike = ", ".join(get_close_matches(name, names, n=3, cutoff=0.4))
            hint = f"did you mean {alike}? " if alike else ""
            raise UsageProblem(f"there is no table {table}; {hint}`ibr marts` lists all")
        return result
    finally:
        con.close()


def _one_line(error: duckdb.Error) -> str:
    """DuckDB's message without the picture of the statement that follows it."""
    message = str(error).split("\nLINE ")[0]
    return " ".join(message.split())
