"""The schemas of a warehouse, and the tables that no dbt model makes."""

from importlib.resources import files

import duckdb


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Create what is missing: schemas, `ops.*` and empty `linkage.*` tables, so that first-run models find them.

    May be called at the start of every run: what exists is left as it is.
    """
    con.execute(files("warehouse").joinpath("schemas.sql").read_text(encoding="utf-8"))
