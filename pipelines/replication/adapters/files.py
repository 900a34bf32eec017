"""Files in a folder: CSV, Excel, Parquet."""

from pathlib import Path

import duckdb

from ibr.config import Source
from ibr.errors import ContractBroken, SourceUnreachable
from pipelines.replication.adapters.base import (
    DUCKDB,
    ORIGINAL,
    REASON,
    Changes,
    Column,
    Figures,
    Since,
    where,
)
from pipelines.replication.adapters.fingerprint import fingerprint
from pipelines.replication.adapters.reading import Unreadable, read_file
from warehouse.connection import quoted


class FileAdapter:
    """CSV, Excel and Parquet files in a folder; a table is a file or a glob. Values are kept as the text given."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, code: str, source: Source, folder: Path, scratch: Path
    ) -> None:
        self._con, self._code, self._source, self._folder, self._scratch = con, code, source, folder, scratch
        self._views: dict[str, str] = {}

    def _files(self, table: str) -> list[Path]:
        path = self._source.tables[table].path or ""
        files = sorted(self._folder.glob(path))
        if not files:
            raise SourceUnreachable(
                f"source {self._code}: no file matches {self._folder / path}; "
                "check that it was delivered, or mend the path in registry.yml"
            )
        return files

    def tables(self) -> list[str]:
        return list(self._source.tables)

    def proposed_key(self, table: str) -> list[str]:
        return []

    def proposed_cursor(self, table: str) -> str | None:
        return None

    def _relation(self, table: str) -> str:
        if table not in self._views:
            self._views[table] = self._read(table)
        return self._views[table] + where(self._source.tables[table])

    def _read(self, table: str) -> str:
        """A temporary table of all files of a table; lines that are no row of it are there with their reason."""
        view = f"file_{len(self._views)}"
        parts = []
        for number, path in enumerate(self._files(table)):
            parts.append(f"{view}_{number}")
            self._read_file(path, table, parts[-1])
        if len(parts) == 1:
            self._con.execute(f"ALTER TABLE {parts[0]} RENAME TO {view}")
            return view
        union = " UNION ALL BY NAME ".join(f"SELECT * FROM {part}" for part in parts)
        self._con.execute(f"CREATE TEMP TABLE {view} AS {union}")
        for part in parts:
            self._con.execute(f"DROP TABLE {part}")
        return view

    def _read_file(self, path: Path, table: str, name: str) -> None:
        try:
            read_file(self._con, path, self._source.tables[table], name, self._scratch, self._source.totals)
        except Unreadable as problem:
            raise ContractBroken(f"source {self._code}, table {table}: {problem}") from None

    def columns(self, table: str) -> list[Column]:
        relation = self._relation(table)
        found = self._con.execute(f"DESCRIBE SELECT * EXCLUDE ({REASON}, {ORIGINAL}) FROM {relation}").fetchall()
        return [Column(row[0], "VARCHAR") for row in found]

    def rows(self, table: str, columns: list[Column], since: Since | None) -> str:
        names = ", ".join(quoted(column.name) for column in columns)
        return f"(SELECT {names}, {REASON}, {ORIGINAL} FROM {self._relation(table)})"

    def keys(self, table: str, columns: list[Column]) -> str:
        keys = ", ".join(quoted(name) for name in self._source.tables[table].key)
        return f"(SELECT {keys} FROM {self._relation(table)})"

    def figures(self, table: str, columns: list[Column]) -> Figures:
        relation, key = self._relation(table), self._source.tables[table].key
        figures = DUCKDB.named_figures(
            columns, self._con.execute(f"SELECT {DUCKDB.measures(columns)} FROM {relation}").fetchone()
        )
        if key:
            keys = ", ".join(quoted(name) for name in key)
            row = self._con.execute(f"SELECT count(*) FROM (SELECT DISTINCT {keys} FROM {relation})").fetchone()
            figures.keys = row[0] if row else None
        return figures

    def position(self, table: str) -> str | None:
        return fingerprint(self._files(table))

    def changes(self, table: str, position: str, rows: int) -> Changes:
        return Changes.NONE if position == self.position(table) else Changes.UNKNOWN
