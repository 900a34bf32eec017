"""The schemas of a warehouse, and the tables that no dbt model makes."""

from importlib.resources import files

import duckdb

from ibr.people import with_persons

# The CHECK of warehouses made before decisions came back knew three states of an exception, and DuckDB drops no CHECK.
_OLD_CHECK = """
SELECT count(*) FROM duckdb_constraints()
WHERE schema_name = 'ops' AND table_name = 'exceptions' AND constraint_type = 'CHECK'
    AND list_contains(constraint_column_names, 'status')
"""


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Create what is missing: schemas, `ops.*` and empty `linkage.*` tables, so that first-run models find them.

    May be called at the start of every run: what exists is left as it is.
    """
    if con.execute(_OLD_CHECK).fetchone() == (0,):
        con.execute(_read("schemas.sql"))
    else:
        _make_exceptions_anew(con)
    con.execute(_read("answers.sql"))


def _make_exceptions_anew(con: duckdb.DuckDBPyConnection) -> None:
    con.begin()
    try:
        con.execute("CREATE TEMP TABLE exceptions_kept AS FROM ops.exceptions")
        con.execute("DROP TABLE ops.exceptions")
        con.execute(_read("schemas.sql"))
        con.execute("INSERT INTO ops.exceptions BY NAME FROM exceptions_kept")
        con.execute("DROP TABLE exceptions_kept")
        con.commit()
    except BaseException:
        con.rollback()
        raise


def _read(name: str) -> str:
    return with_persons(files("warehouse").joinpath(name).read_text(encoding="utf-8"))
