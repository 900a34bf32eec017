"""Files in a folder: CSV, Excel, Parquet."""

from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa

from ibr.config import Source
from ibr.errors import ConfigurationProblem, SourceUnreachable
from pipelines.replication.adapters.base import Column, Figures, first_line, measures, named_figures, where
from warehouse.connection import literal, quoted


class FileAdapter:
    """CSV, Excel and Parquet files in a folder; a table is a file or a glob. All values are kept as the text given."""

    def __init__(self, con: duckdb.DuckDBPyConnection, code: str, source: Source, folder: Path) -> None:
        self._con, self._code, self._source, self._folder = con, code, source, folder
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

    def relation(self, table: str) -> str:
        if table not in self._views:
            self._views[table] = self._read(table)
        return self._views[table] + where(self._source.tables[table])

    def _read(self, table: str) -> str:
        view = f"file_{len(self._views)}"
        parts = [self._reader(path, f"{view}_{number}") for number, path in enumerate(self._files(table))]
        union = " UNION ALL BY NAME ".join(f"SELECT COLUMNS(*)::VARCHAR FROM {part}" for part in parts)
        try:
            self._con.execute(f"CREATE TEMP TABLE {view} AS {union}")
        except duckdb.Error as error:
            raise ConfigurationProblem(
                f"source {self._code}, table {table}: a file cannot be read ({first_line(error)}); "
                "save it again as UTF-8 CSV"
            ) from None
        return view

    def _reader(self, path: Path, name: str) -> str:
        suffix = path.suffix.lower()
        if suffix == ".csv":
            return f"read_csv({literal(str(path))}, all_varchar = true, header = true, sample_size = -1)"
        if suffix == ".parquet":
            return f"read_parquet({literal(str(path))})"
        if suffix in (".xlsx", ".xls", ".ods"):
            self._con.register(name, _read_excel(path))
            return name
        raise ConfigurationProblem(
            f"source {self._code}: {path.name} has an unknown ending; expected .csv, .xlsx, .xls, .ods or .parquet"
        )

    def columns(self, table: str) -> list[Column]:
        found = self._con.execute(f"DESCRIBE SELECT * FROM {self.relation(table)}").fetchall()
        return [Column(row[0], "VARCHAR") for row in found]

    def reads_text(self) -> bool:
        return False

    def figures(self, table: str, columns: list[Column]) -> Figures:
        relation, key = self.relation(table), self._source.tables[table].key
        figures = named_figures(
            columns, self._con.execute(f"SELECT {measures(columns, 'duckdb')} FROM {relation}").fetchone()
        )
        if key:
            keys = ", ".join(quoted(name) for name in key)
            row = self._con.execute(f"SELECT count(*) FROM (SELECT DISTINCT {keys} FROM {relation})").fetchone()
            figures.keys = row[0] if row else None
        return figures


def _read_excel(path: Path) -> pa.Table:
    frame = pl.read_excel(path, infer_schema_length=0)
    return frame.with_columns(pl.all().cast(pl.String)).to_arrow()
