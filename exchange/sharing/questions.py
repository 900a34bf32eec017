"""The questions of this package, a file each."""

from importlib.resources import files
from typing import Any

import duckdb


def query(con: duckdb.DuckDBPyConnection, name: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of `<name>.sql`, each by column names."""
    cursor = con.execute(files("exchange.sharing").joinpath(f"sql/{name}.sql").read_text(encoding="utf-8"), values)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
