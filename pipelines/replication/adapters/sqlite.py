"""SQLite files."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb

from ibr.config import Source
from ibr.errors import SourceUnreachable
from pipelines.replication.adapters.base import (
    Adapter,
    Column,
    Figures,
    measures,
    named_figures,
    no_such_table,
    plain_reason,
    where,
)
from warehouse.connection import literal, load_extension, quoted


@contextmanager
def open_sqlite(con: duckdb.DuckDBPyConnection, code: str, source: Source, home: Path) -> Iterator[Adapter]:
    """Attach a SQLite file read-only and keep writers waiting until the copy is done; raises SourceUnreachable."""
    path = _sqlite_path(source.url, home)
    if not path.is_file():
        raise SourceUnreachable(
            f"source {code}: no database file at {path}; check that it was delivered, or mend its url in registry.yml"
        )
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as native:
            # A read transaction of our own keeps writers from committing until the whole copy is done.
            native.execute("BEGIN")
            native.execute("SELECT count(*) FROM sqlite_master").fetchone()
            load_extension(con, "sqlite")
            con.execute("SET sqlite_all_varchar = true")  # a text in a numeric column must not stop the scan
            con.execute(f"ATTACH {literal(str(path))} AS src (TYPE sqlite, READ_ONLY)")
            yield SqliteAdapter(code, source, native)
    except (sqlite3.DatabaseError, duckdb.IOException) as error:
        raise SourceUnreachable(
            f"source {code}: {path} cannot be read as a SQLite database ({plain_reason(error)}); "
            "ask its owner for a sound copy"
        ) from None


def _sqlite_path(url: str, home: Path) -> Path:
    """`sqlite:///relative/to/home.db` or `sqlite:////absolute.db`, as SQLAlchemy writes them."""
    path = Path(re.sub(r"^sqlite:(///)?", "", url))
    return path if path.is_absolute() else home / path


class SqliteAdapter:
    """A SQLite file. Values may have any type whatever the column declares, so they are read as text and cast."""

    def __init__(self, code: str, source: Source, native: sqlite3.Connection) -> None:
        self._code, self._source, self._native = code, source, native

    def columns(self, table: str) -> list[Column]:
        found = self._native.execute("SELECT name, type FROM pragma_table_info(?) ORDER BY cid", [table]).fetchall()
        if not found:
            raise no_such_table(self._code, table, self._tables())
        return [Column(name, self._type(declared)) for name, declared in found]

    def _tables(self) -> list[str]:
        rows = self._native.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name")
        return [name for (name,) in rows]

    @staticmethod
    def _type(declared: str) -> str:
        """SQLite's affinity rules, with dates kept as the text they are."""
        declared = declared.upper()
        if "INT" in declared:
            return "BIGINT"
        if any(word in declared for word in ("REAL", "FLOA", "DOUB", "NUMERIC", "DECIMAL")):
            return "DOUBLE"
        return "VARCHAR"

    def relation(self, table: str) -> str:
        return f"src.{quoted(table)}{where(self._source.tables[table])}"

    def reads_text(self) -> bool:
        return True

    def refuses_rows(self) -> bool:
        return False

    def figures(self, table: str, columns: list[Column]) -> Figures:
        config = self._source.tables[table]
        query = f"SELECT {measures(columns, 'sqlite')} FROM {quoted(table)}{where(config)}"
        figures = named_figures(columns, self._native.execute(query).fetchone())
        if config.key:
            keys = ", ".join(quoted(name) for name in config.key)
            distinct = f"SELECT count(*) FROM (SELECT DISTINCT {keys} FROM {quoted(table)}{where(config)})"
            figures.keys = self._native.execute(distinct).fetchone()[0]
        return figures
