"""SQLite files."""

import re
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb

from ibr.config import Source
from ibr.disk import full_disk
from ibr.errors import SourceUnreachable
from pipelines.replication.adapters.base import (
    ORIGINAL,
    REASON,
    SQLITE,
    Adapter,
    Changes,
    Column,
    Figures,
    Since,
    no_such_table,
    plain_reason,
    where,
)
from pipelines.replication.adapters.fingerprint import fingerprint
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
        # Before the snapshot: what is written in between is then found by the next run, not passed over.
        content = fingerprint([path, path.with_name(path.name + "-wal")])
        with _held(path, home) as (held, native):
            load_extension(con, "sqlite")
            con.execute("SET sqlite_all_varchar = true")  # a text in a numeric column must not stop the scan
            con.execute(f"ATTACH {literal(str(held))} AS src (TYPE sqlite, READ_ONLY)")
            yield SqliteAdapter(code, source, native, content)
    except (sqlite3.DatabaseError, duckdb.IOException) as error:
        if full_disk(error):
            raise
        if "database is locked" in str(error):
            raise SourceUnreachable(
                f"source {code}: another program has been writing to {path} for too long; run again when it has ended",
                may_pass=True,
            ) from None
        raise SourceUnreachable(
            f"source {code}: {path} cannot be read as a SQLite database ({plain_reason(error)}); "
            "ask its owner for a sound copy"
        ) from None


@contextmanager
def _held(path: Path, home: Path) -> Iterator[tuple[Path, sqlite3.Connection]]:
    """The file to read, and a connection to it, while its content stays as it is.

    A read transaction keeps writers from committing, but not where they write to a log (WAL): then all is copied first.
    """
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as native:
        if native.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            native.execute("BEGIN")
            native.execute("SELECT count(*) FROM sqlite_master").fetchone()
            yield path, native
            return
        (home / "tmp").mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(prefix="sqlite-", dir=home / "tmp") as folder:
            copied = Path(folder) / path.name
            with closing(sqlite3.connect(copied)) as copy:
                native.backup(copy)
                yield copied, copy


def _sqlite_path(url: str, home: Path) -> Path:
    """`sqlite:///relative/to/home.db` or `sqlite:////absolute.db`, as SQLAlchemy writes them."""
    path = Path(re.sub(r"^sqlite:(///)?", "", url))
    return path if path.is_absolute() else home / path


class SqliteAdapter:
    """A SQLite file. Values may have any type whatever the column declares, so they are read as text and cast; a row
    whose number cannot be read is refused with its original text."""

    def __init__(self, code: str, source: Source, native: sqlite3.Connection, content: str) -> None:
        self._code, self._source, self._native, self._content = code, source, native, content

    def tables(self) -> list[str]:
        rows = self._native.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name"
        )
        return [name for (name,) in rows]

    def proposed_key(self, table: str) -> list[str]:
        found = self._native.execute("SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", [table])
        if primary := [name for (name,) in found]:
            return primary
        unique = self._native.execute(
            "SELECT group_concat(i.name, char(0)) FROM (SELECT l.name AS of, i.name FROM pragma_index_list(?) AS l, "
            "pragma_index_info(l.name) AS i WHERE l.\"unique\" AND NOT l.partial ORDER BY l.seq DESC, i.seqno) AS i "
            "LEFT JOIN pragma_table_info(?) AS c ON c.name = i.name GROUP BY i.of "
            "HAVING min(coalesce(c.\"notnull\", 0)) = 1 ORDER BY count(*) LIMIT 1",
            [table, table],
        ).fetchone()
        return unique[0].split("\0") if unique else []

    def proposed_cursor(self, table: str) -> str | None:
        return None

    def columns(self, table: str) -> list[Column]:
        found = self._native.execute("SELECT name, type FROM pragma_table_info(?) ORDER BY cid", [table]).fetchall()
        if not found:
            raise no_such_table(self._code, table, self.tables())
        return [Column(name, self._type(declared)) for name, declared in found]

    @staticmethod
    def _type(declared: str) -> str:
        """SQLite's affinity rules, with dates kept as the text they are."""
        declared = declared.upper()
        if "INT" in declared:
            return "BIGINT"
        if any(word in declared for word in ("REAL", "FLOA", "DOUB", "NUMERIC", "DECIMAL")):
            return "DOUBLE"
        return "VARCHAR"

    def rows(self, table: str, columns: list[Column], since: Since | None) -> str:
        reason, original = "NULL::VARCHAR", "NULL::VARCHAR"
        if casts := [c for c in columns if not c.is_text]:
            broken = " OR ".join(f"({quoted(c.name)} IS NOT NULL AND {_cast(c)} IS NULL)" for c in casts)
            everything = ", ".join(f"{quoted(c.name)} := {quoted(c.name)}" for c in columns)
            reason = f"CASE WHEN {broken} THEN 'NUMBER_UNREADABLE' END"
            original = f"CASE WHEN {broken} THEN to_json(struct_pack({everything}))::VARCHAR END"
        changed = ""
        if since and since.cursor:
            column = since.cursor
            changed = (
                f" WHERE {_cast(column)} >= CAST({literal(since.value or '')} AS {column.type}) "
                f"OR {quoted(column.name)} IS NULL"
            )
        values = ", ".join(f"{_cast(c)} AS {quoted(c.name)}" for c in columns)
        return (
            f"(SELECT {values}, {reason} AS {REASON}, {original} AS {ORIGINAL} "
            f"FROM {self._as_text(table, columns)}{changed})"
        )

    def keys(self, table: str, columns: list[Column]) -> str:
        keys = [column for column in columns if column.name in self._source.tables[table].key]
        values = ", ".join(f"{_cast(c)} AS {quoted(c.name)}" for c in keys)
        return f"(SELECT {values} FROM {self._as_text(table, keys)})"

    def _as_text(self, table: str, columns: list[Column]) -> str:
        """A FROM clause: the table's rows with every value as text; SQLite itself would write floats with 15 digits."""
        values = ", ".join(
            f"CASE WHEN typeof({quoted(c.name)}) = 'real' THEN printf('%!.17g', {quoted(c.name)}) "
            f"ELSE {quoted(c.name)} END AS {quoted(c.name)}"
            for c in columns
        )
        query = f"SELECT {values} FROM {quoted(table)}{where(self._source.tables[table])}"
        return f"sqlite_query('src', {literal(query)})"

    def figures(self, table: str, columns: list[Column]) -> Figures:
        config = self._source.tables[table]
        query = f"SELECT {SQLITE.measures(columns)} FROM {quoted(table)}{where(config)}"
        figures = SQLITE.named_figures(columns, self._native.execute(query).fetchone())
        if config.key:
            keys = ", ".join(quoted(name) for name in config.key)
            distinct = f"SELECT count(*) FROM (SELECT DISTINCT {keys} FROM {quoted(table)}{where(config)})"
            figures.keys = self._native.execute(distinct).fetchone()[0]
        return figures

    def position(self, table: str) -> str | None:
        return self._content

    def changes(self, table: str, position: str, rows: int) -> Changes:
        return Changes.NONE if position == self._content else Changes.UNKNOWN


def _cast(column: Column) -> str:
    name = quoted(column.name)
    return name if column.is_text else f"TRY_CAST({name} AS {column.type})"

