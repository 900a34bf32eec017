"""Files in a folder: CSV, Excel, Parquet."""

from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa

from ibr.config import Source
from ibr.delimited import NoHeader, RepeatedColumn, in_utf8, read_csv_sql
from ibr.errors import ContractBroken, SourceUnreachable
from pipelines.replication.adapters.base import (
    DUCKDB,
    ORIGINAL,
    REASON,
    Changes,
    Column,
    Figures,
    Since,
    plain_reason,
    where,
)
from pipelines.replication.adapters.fingerprint import fingerprint
from warehouse.connection import literal, quoted

_NOT_REFUSED = f"NULL::VARCHAR AS {REASON}, NULL::VARCHAR AS {ORIGINAL}"


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
        encoding = self._source.tables[table].encoding
        parts = [self._reader(path, f"{view}_{number}", encoding) for number, path in enumerate(self._files(table))]
        try:
            union = " UNION ALL BY NAME ".join(f"SELECT COLUMNS(*)::VARCHAR FROM {part}" for part in parts)
            self._con.execute(f"CREATE TEMP TABLE {view} AS SELECT *, {_NOT_REFUSED} FROM ({union})")
        except duckdb.Error as error:
            raise ContractBroken(
                f"source {self._code}, table {table}: a file cannot be read ({plain_reason(error)}); save it again as "
                "UTF-8 CSV with a header, or name its encoding in registry.yml, as encoding: latin-1"
            ) from None
        self._add_refused_lines(view)
        return view

    def _add_refused_lines(self, view: str) -> None:
        names = self._con.execute(
            "SELECT table_name FROM duckdb_tables() WHERE starts_with(table_name, ?)", [f"refused_{view}_"]
        ).fetchall()
        for (name,) in names:
            self._con.execute(
                f"INSERT INTO {view} ({REASON}, {ORIGINAL}) "
                "SELECT 'LINE_' || replace(min(error_type::VARCHAR), ' ', '_'), min(csv_line) "
                f"FROM {name} GROUP BY line"
            )

    def _reader(self, path: Path, name: str, encoding: str | None) -> str:
        suffix = path.suffix.lower()
        if suffix == ".csv":
            return self._csv(path, name, encoding)
        if suffix == ".parquet":
            return f"read_parquet({literal(str(path))})"
        if suffix in (".xlsx", ".xls", ".ods"):
            self._con.register(name, self._excel(path))
            return name
        raise ContractBroken(
            f"source {self._code}: {path.name} has an unknown ending; expected .csv, .xlsx, .xls, .ods or .parquet"
        )

    def _csv(self, path: Path, name: str, encoding: str | None) -> str:
        """Lines that are no row of it go to a table of their own."""
        rejects = f", store_rejects = true, rejects_table = 'refused_{name}', rejects_scan = 'scan_{name}'"
        try:
            return read_csv_sql(in_utf8(path, encoding, self._scratch), rejects)
        except RepeatedColumn as repeated:
            raise ContractBroken(
                f"source {self._code}: {path.name} has the column(s) {repeated} more than once; give each its own name"
            ) from None
        except (NoHeader, UnicodeError):
            raise ContractBroken(
                f"source {self._code}: {path.name} has no readable header; save it again as UTF-8 CSV with a header, "
                "or name its encoding in registry.yml, as encoding: latin-1"
            ) from None

    def _excel(self, path: Path) -> pa.Table:
        try:
            frame = pl.read_excel(path, infer_schema_length=0)
        except Exception:
            # Its reader raises kinds of its own, whose words may hold cells.
            raise ContractBroken(
                f"source {self._code}: {path.name} cannot be read as a workbook; open it, and save it again as .xlsx"
            ) from None
        return frame.with_columns(pl.all().cast(pl.String)).to_arrow()

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
