"""Looking for planted values in every file below a folder, whatever its format hides."""

import gzip
import re
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import duckdb

from warehouse.connection import attach

_DUCKDB, _SQLITE, _PARQUET, _ZIP, _GZIP = b"DUCK", b"SQLite format 3", b"PAR1", b"PK\x03\x04", b"\x1f\x8b"


class Canaries:
    """Values that occur nowhere else. Numbers count only where no digit or letter of a hash stands beside them."""

    def __init__(self, values: Iterable[str]) -> None:
        self._patterns = {
            value: re.compile(rf"(?<![0-9a-f]){value}(?![0-9a-f])" if value.isdigit() else re.escape(value))
            for value in (value.lower() for value in values)
        }

    def within(self, path: Path) -> dict[str, set[str]]:
        """Each value that a file holds, and where in it: the tables of a database, else ''."""
        found: dict[str, set[str]] = {}
        for place, text in _texts(path, self._patterns):
            for value in self.in_text(text):
                found.setdefault(value, set()).add(place)
        return found

    def in_bytes(self, path: Path) -> list[str]:
        """Each value that stands in a file as it lies on the disk, whatever it is a file of."""
        return self.in_text(path.read_bytes().decode("utf-8", "replace"))

    def in_text(self, text: str) -> list[str]:
        """Each value that a text holds, in whatever case."""
        lower = text.lower()
        return [value for value, pattern in self._patterns.items() if value in lower and pattern.search(lower)]


def _texts(path: Path, values: Iterable[str]) -> Iterator[tuple[str, str]]:
    content = path.read_bytes()
    if content[8:12] == _DUCKDB:
        with duckdb.connect() as con:
            attach(con, path, "looked_into")  # with its key, where it is encrypted
            yield from _rows(con, "looked_into", values)
    elif content.startswith(_PARQUET):
        with duckdb.connect() as con:
            con.execute(f"CREATE VIEW file AS FROM read_parquet('{path}')")
            yield from _rows(con, "memory", values)
    elif content.startswith(_ZIP):
        with zipfile.ZipFile(path) as packed:
            for name in packed.namelist():
                yield name, packed.read(name).decode("utf-8", "replace")
    elif content.startswith(_GZIP):
        yield "", gzip.decompress(content).decode("utf-8", "replace")
    else:
        if content.startswith(_SQLITE):
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
                yield "", "\n".join(db.iterdump())
        yield "", content.decode("utf-8", "replace")


def _rows(con: duckdb.DuckDBPyConnection, database: str, values: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The rows of every table that hold a value. Read by DuckDB: in its files text is compressed."""
    any_of = "|".join(re.escape(value) for value in values)
    tables = con.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = $database UNION ALL "
        "SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = $database AND view_name = 'file'",
        {"database": database},
    ).fetchall()
    for schema, table in tables:
        found = con.execute(
            "SELECT string_agg(shown, chr(10)) FROM "
            f'(SELECT t::VARCHAR AS shown FROM "{database}"."{schema}"."{table}" t) '
            "WHERE regexp_matches(shown, ?, 'i')", [any_of],
        ).fetchone()[0]  # fmt: skip
        if found:
            yield f"{schema}.{table}", found
