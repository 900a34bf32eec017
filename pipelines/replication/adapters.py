"""Opening a source for reading, one consistent snapshot at a time.

An adapter attaches the source to an in-memory DuckDB and answers three questions for a table: which columns it
has, how to read it as typed rows, and what the source itself counts (`figures`), so that a copy can be proved.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import duckdb

from ibr.config import Source, Table
from ibr.errors import ConfigurationProblem, ContractBroken, SourceUnreachable
from warehouse.connection import literal, load_extension, quoted


@dataclass(frozen=True)
class Column:
    """A source column: its name, and the DuckDB type that its mirror gets."""

    name: str
    type: str

    @property
    def is_numeric(self) -> bool:
        return self.type in ("BIGINT", "INTEGER", "SMALLINT", "HUGEINT", "DOUBLE", "FLOAT") or self.type.startswith(
            "DECIMAL"
        )

    @property
    def is_text(self) -> bool:
        return self.type == "VARCHAR"


@dataclass
class Figures:
    """What one side of a copy counts: rows, distinct keys, numeric sums and text lengths by column."""

    rows: int
    keys: int | None = None
    sums: dict[str, float | None] = field(default_factory=dict)
    lengths: dict[str, int | None] = field(default_factory=dict)


class Adapter(Protocol):
    """One source, open for reading."""

    def columns(self, table: str) -> list[Column]:
        """The table's columns in order; raises ContractBroken if there is no such table."""

    def relation(self, table: str) -> str:
        """A FROM clause that yields the table with every column as text or as its own type."""

    def reads_text(self) -> bool:
        """True where values arrive as text and still have to be cast to the column's type."""

    def figures(self, table: str, columns: list[Column]) -> Figures:
        """What the source itself counts, in the same snapshot that `relation` reads."""


@contextmanager
def open_source(con: duckdb.DuckDBPyConnection, code: str, source: Source, home: Path) -> Iterator[Adapter]:
    """Attach a source read-only to `con` and hold one snapshot of it until the block ends.

    Raises SourceUnreachable if its file is missing or its server does not answer.
    """
    scheme, _, rest = source.url.partition(":")
    if scheme == "files":
        yield FileAdapter(con, code, source, home / rest.lstrip("/") if not rest.startswith("///") else Path(rest[2:]))
    elif scheme == "sqlite":
        with _sqlite(con, code, source, home) as adapter:
            yield adapter
    else:
        with _server(con, code, source, scheme) as adapter:
            yield adapter


# --- SQLite -----------------------------------------------------------------------------------------------------


@contextmanager
def _sqlite(con: duckdb.DuckDBPyConnection, code: str, source: Source, home: Path) -> Iterator[Adapter]:
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
            f"source {code}: {path} cannot be read as a SQLite database ({_first_line(error)}); ask its owner for a sound copy"
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
            raise _no_such_table(self._code, table, self._tables())
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
        return f"src.{quoted(table)}{_where(self._source.tables[table])}"

    def reads_text(self) -> bool:
        return True

    def figures(self, table: str, columns: list[Column]) -> Figures:
        config = self._source.tables[table]
        query = f"SELECT {_measures(columns, 'sqlite')} FROM {quoted(table)}{_where(config)}"
        figures = _named_figures(columns, self._native.execute(query).fetchone())
        if config.key:
            keys = ", ".join(quoted(name) for name in config.key)
            distinct = f"SELECT count(*) FROM (SELECT DISTINCT {keys} FROM {quoted(table)}{_where(config)})"
            figures.keys = self._native.execute(distinct).fetchone()[0]
        return figures


# --- servers ----------------------------------------------------------------------------------------------------

_SERVERS = {"postgresql": "postgres", "mysql": "mysql"}


@contextmanager
def _server(con: duckdb.DuckDBPyConnection, code: str, source: Source, scheme: str) -> Iterator[Adapter]:
    extension = _SERVERS[scheme]
    load_extension(con, extension)
    try:
        con.execute(f"ATTACH {literal(_connection_string(source.url, scheme))} AS src (TYPE {extension}, READ_ONLY)")
        con.execute("BEGIN TRANSACTION")  # one repeatable-read snapshot for all tables
    except duckdb.Error:
        # The driver's own words may hold the password, so they are not repeated.
        raise SourceUnreachable(
            f"source {code}: the {scheme} server at {_host(source.url)} does not answer or refuses the login; "
            "check that it runs, the network, and the credentials in the environment"
        ) from None
    try:
        yield ServerAdapter(con, code, source, extension)
    finally:
        con.execute("ROLLBACK")
        con.execute("DETACH src")


def _connection_string(url: str, scheme: str) -> str:
    return url if scheme == "postgresql" else url.replace("mysql://", "mysql:", 1) if "//" not in url else url


def _host(url: str) -> str:
    return re.sub(r"^[a-z]+:/*([^/@]*@)?", "", url).split("/")[0].split("?")[0] or "its socket"


class ServerAdapter:
    """PostgreSQL, MySQL or MariaDB through DuckDB's scanner: types arrive exact."""

    def __init__(self, con: duckdb.DuckDBPyConnection, code: str, source: Source, extension: str) -> None:
        self._con, self._code, self._source, self._extension = con, code, source, extension

    def columns(self, table: str) -> list[Column]:
        schema, name = self._place(table)
        found = self._con.execute(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = 'src' AND schema_name = ? "
            "AND table_name = ? ORDER BY column_index",
            [schema, name],
        ).fetchall()
        return [Column(column, data_type) for column, data_type in found]

    def _place(self, table: str) -> tuple[str, str]:
        """The schema and name of a table given as `name` or `schema.name`."""
        rows = self._con.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'src' UNION ALL "
            "SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = 'src' AND NOT internal"
        ).fetchall()
        for schema, name in rows:
            if table in (name, f"{schema}.{name}"):
                return schema, name
        raise _no_such_table(self._code, table, sorted(name for _, name in rows))

    def relation(self, table: str) -> str:
        schema, name = self._place(table)
        return f"src.{quoted(schema)}.{quoted(name)}{_where(self._source.tables[table])}"

    def reads_text(self) -> bool:
        return False

    def figures(self, table: str, columns: list[Column]) -> Figures:
        config = self._source.tables[table]
        schema, name = self._place(table)
        mark = "`" if self._extension == "mysql" else '"'
        place = f"{mark}{schema}{mark}.{mark}{name}{mark}"
        row = self._ask(f"SELECT {_measures(columns, self._extension)} FROM {place}{_where(config)}")
        figures = _named_figures(columns, row)
        if config.key:
            keys = ", ".join(mark + key + mark for key in config.key)
            figures.keys = self._ask(f"SELECT count(*) FROM (SELECT DISTINCT {keys} FROM {place}{_where(config)}) k")[0]
        return figures

    def _ask(self, query: str) -> tuple:
        """Run a query on the server itself, so that its answer owes nothing to our reading of the rows."""
        row = self._con.execute(f"FROM {self._extension}_query('src', {literal(query)})").fetchone()
        return row or ()


# --- files ------------------------------------------------------------------------------------------------------


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
        return self._views[table] + _where(self._source.tables[table])

    def _read(self, table: str) -> str:
        view = f"file_{len(self._views)}"
        parts = [self._reader(path, f"{view}_{number}") for number, path in enumerate(self._files(table))]
        union = " UNION ALL BY NAME ".join(f"SELECT COLUMNS(*)::VARCHAR FROM {part}" for part in parts)
        try:
            self._con.execute(f"CREATE TEMP TABLE {view} AS {union}")
        except duckdb.Error as error:
            raise ConfigurationProblem(
                f"source {self._code}, table {table}: a file cannot be read ({_first_line(error)}); save it again as UTF-8 CSV"
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
        figures = _named_figures(
            columns, self._con.execute(f"SELECT {_measures(columns, 'duckdb')} FROM {relation}").fetchone()
        )
        if key:
            keys = ", ".join(quoted(name) for name in key)
            row = self._con.execute(f"SELECT count(*) FROM (SELECT DISTINCT {keys} FROM {relation})").fetchone()
            figures.keys = row[0] if row else None
        return figures


def _read_excel(path: Path):
    import polars as pl

    frame = pl.read_excel(path, engine="calamine", infer_schema_length=0)
    return frame.with_columns(pl.all().cast(pl.String)).to_arrow()


# --- shared -----------------------------------------------------------------------------------------------------


def _where(table: Table) -> str:
    return f" WHERE ({table.filter})" if table.filter else ""


def _measures(columns: list[Column], dialect: str) -> str:
    """count(*), the sum of each numeric column and the summed length of each text column."""
    mark = "`" if dialect == "mysql" else '"'
    length = {"mysql": "char_length", "postgres": "char_length"}.get(dialect, "length")
    parts = ["count(*)"]
    for column in columns:
        name = mark + column.name.replace(mark, mark * 2) + mark
        if column.is_numeric and dialect == "sqlite":
            # total() of what is a number: a text in the column is quarantined and must not count
            parts.append(f"sum(CASE WHEN typeof({name}) IN ('integer', 'real') THEN {name} END)")
        elif column.is_numeric:
            parts.append(f"sum({name})")
        elif column.is_text:
            parts.append(f"sum({length}({name}))")
    return ", ".join(parts)


def _named_figures(columns: list[Column], row: tuple | None) -> Figures:
    values = iter(row or (0,))
    figures = Figures(rows=int(next(values)))
    for column in columns:
        if column.is_numeric:
            figures.sums[column.name] = _number(next(values, None))
        elif column.is_text:
            length = next(values, None)
            figures.lengths[column.name] = None if length is None else int(length)
    return figures


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))


def _no_such_table(code: str, table: str, tables: list[str]) -> ContractBroken:
    shown = ", ".join(tables[:12]) + (" and more" if len(tables) > 12 else "")
    return ContractBroken(
        f"source {code}: there is no table {table}; it has {shown or 'none'}; if it was renamed, mend tables in registry.yml and the staging models"
    )


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:160]
