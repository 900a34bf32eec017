"""Landing: one consistent snapshot of a source as Parquet files with a manifest, outside the warehouse.

    landing/<source>/<run id>/<table>.parquet         the rows (all of them, or those changed since the watermark)
    landing/<source>/<run id>/<table>.keys.parquet    every key, where only changed rows were copied: finds deletions
    landing/<source>/<run id>/manifest.json           written last: a folder without one is not a landing
    landing/<source>/watermarks.json                  how far the mirror has come, for the next incremental landing

A row whose number cannot be read as one is landed with its reason and its original text, for quarantine.
"""

import json
import shutil
import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import duckdb

from ibr.config import Source, Table
from ibr.errors import ContractBroken, SourceUnreachable
from pipelines.replication.adapters import ORIGINAL, REASON, Adapter, Column, Figures, open_source
from warehouse.connection import connect, literal, quoted

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Watermark:
    """How far a table's mirror has come, and the shape it had then."""

    until: str
    cursor: str
    columns: list[str]

    def fits(self, table: Table, columns: list[Column]) -> bool:
        """Whether only changed rows need copying: a new column or another cursor asks for the whole table."""
        return bool(table.key) and table.cursor == self.cursor and [c.name for c in columns] == self.columns


@dataclass
class LandedTable:
    """One table of a landing."""

    name: str
    mode: str  # full | incremental
    rows: int
    columns: list[Column]
    figures: Figures
    since: str | None = None
    until: str | None = None


@dataclass
class Landing:
    """A source's snapshot on disk."""

    source: str
    run_id: str
    folder: Path
    tables: dict[str, LandedTable] = field(default_factory=dict)

    def rows_file(self, table: str) -> Path:
        return self.folder / f"{_file_name(table)}.parquet"

    def keys_file(self, table: str) -> Path:
        return self.folder / f"{_file_name(table)}.keys.parquet"

    def write_manifest(self) -> None:
        content = {"source": self.source, "run_id": self.run_id, "tables": [asdict(t) for t in self.tables.values()]}
        write_whole(self.folder / "manifest.json", json.dumps(content, indent=1, default=str))

    @classmethod
    def read(cls, folder: Path) -> "Landing":
        """The landing in a folder; raises FileNotFoundError if it was never completed."""
        content = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        landing = cls(content["source"], content["run_id"], folder)
        for table in content["tables"]:
            table["columns"] = [Column(**column) for column in table["columns"]]
            table["figures"] = Figures(**table["figures"])
            landing.tables[table["name"]] = LandedTable(**table)
        return landing


def land(
    code: str,
    source: Source,
    home: Path,
    run_id: str,
    *,
    full: bool = False,
    memory_limit: str = "1GB",
    progress: Progress | None = None,
) -> Landing:
    """Copy a source's tables into a new landing folder.

    `full` copies everything; otherwise a table with a key, a cursor and a watermark sends what changed since.
    Raises SourceUnreachable (missing, silent, or slower than its timeout) and ContractBroken (a table or column gone).
    """
    folder = home / "landing" / code / run_id
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    landing = Landing(code, run_id, folder)
    watermarks = {} if full else read_watermarks(home, code)
    con = connect(":memory:", memory_limit=memory_limit, temp_directory=folder / "spill")
    try:
        with _time_limit(con, code, source), open_source(con, code, source, home) as adapter:
            for name, table in source.tables.items():
                landing.tables[name] = _land_table(con, adapter, landing, name, table, watermarks.get(name))
                if progress:
                    progress(f"{code}.{name}: {landing.tables[name].rows:,} rows")
    except Exception:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        con.close()
    landing.write_manifest()
    return landing


@contextmanager
def _time_limit(con: duckdb.DuckDBPyConnection, code: str, source: Source):
    timer = threading.Timer(source.timeout_seconds, con.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    except duckdb.InterruptException:
        raise SourceUnreachable(
            f"source {code}: copying took longer than its timeout of {source.timeout_seconds} s; "
            "look at the server's load, or raise timeout_seconds in registry.yml"
        ) from None
    finally:
        timer.cancel()


def _land_table(
    con: duckdb.DuckDBPyConnection,
    adapter: Adapter,
    landing: Landing,
    name: str,
    table: Table,
    watermark: Watermark | None,
) -> LandedTable:
    columns = adapter.columns(name)
    _check_columns(landing.source, name, table, columns)
    relation = adapter.relation(name)
    since = watermark.until if watermark and watermark.fits(table, columns) else None
    incremental = since is not None
    con.execute(
        f"COPY ({_typed(adapter, relation, columns, table, since)}) "
        f"TO {literal(str(landing.rows_file(name)))} (FORMAT parquet, COMPRESSION zstd)"
    )
    if incremental:
        _land_keys(con, adapter, landing, name, table, columns)
    rows = f"read_parquet({literal(str(landing.rows_file(name)))})"
    count, until = con.execute(
        f"SELECT count(*), {f'max({quoted(table.cursor)})' if table.cursor else 'NULL'}::VARCHAR FROM {rows}"
    ).fetchone() or (0, None)
    return LandedTable(
        name=name,
        mode="incremental" if incremental else "full",
        rows=count,
        columns=columns,
        figures=adapter.figures(name, columns),
        since=since,
        until=until or since,
    )


def _typed(adapter: Adapter, relation: str, columns: list[Column], table: Table, since: str | None) -> str:
    """The SELECT that gives every column its type, and marks rows with a number that cannot be read."""
    values = ", ".join(f"{_cast(adapter, c)} AS {quoted(c.name)}" for c in columns)
    reason, original = (REASON, ORIGINAL) if adapter.refuses_rows() else ("NULL::VARCHAR", "NULL::VARCHAR")
    casts = [c for c in columns if adapter.reads_text() and not c.is_text]
    if casts:
        broken = " OR ".join(f"({quoted(c.name)} IS NOT NULL AND {_cast(adapter, c)} IS NULL)" for c in casts)
        everything = ", ".join(f"{quoted(c.name)} := {quoted(c.name)}" for c in columns)
        reason = f"CASE WHEN {broken} THEN 'NUMBER_UNREADABLE' END"
        original = f"CASE WHEN {broken} THEN to_json(struct_pack({everything}))::VARCHAR END"
    query = f"SELECT {values}, {reason} AS {REASON}, {original} AS {ORIGINAL} FROM {relation}"
    if since is None:
        return query
    cursor = next(c for c in columns if c.name == table.cursor)
    # At the watermark itself, too: rows written in the same instant may have come after the last copy.
    changed = f"{_cast(adapter, cursor)} >= CAST({literal(since)} AS {cursor.type}) OR {quoted(cursor.name)} IS NULL"
    return f"{query} {'AND' if table.filter else 'WHERE'} ({changed})"


def _cast(adapter: Adapter, column: Column) -> str:
    name = quoted(column.name)
    return f"TRY_CAST({name} AS {column.type})" if adapter.reads_text() and not column.is_text else name


def _land_keys(
    con: duckdb.DuckDBPyConnection, adapter: Adapter, landing: Landing, name: str, table: Table, columns: list[Column]
) -> None:
    keys = ", ".join(f"{_cast(adapter, c)} AS {quoted(c.name)}" for c in columns if c.name in table.key)
    con.execute(
        f"COPY (SELECT {keys} FROM {adapter.relation(name)}) "
        f"TO {literal(str(landing.keys_file(name)))} (FORMAT parquet, COMPRESSION zstd)"
    )


def _check_columns(code: str, name: str, table: Table, columns: list[Column]) -> None:
    present = {column.name for column in columns}
    wanted = [*table.key, *([table.cursor] if table.cursor else []), *table.columns]
    gone = [column for column in dict.fromkeys(wanted) if column not in present]
    if gone:
        raise ContractBroken(
            f"source {code}, table {name}: column(s) {', '.join(gone)} are gone; it has {', '.join(sorted(present))}; "
            "if they were renamed, mend registry.yml and the staging model, then run again"
        )


def read_watermarks(home: Path, code: str) -> dict[str, Watermark]:
    """How far each table's mirror has come; empty when unknown, which makes the next landing a full one."""
    try:
        content = json.loads((home / "landing" / code / "watermarks.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return {name: Watermark(**fields) for name, fields in content.items()}


def write_watermarks(home: Path, code: str, watermarks: dict[str, Watermark]) -> None:
    """Remember how far the mirror has come, after its transaction is committed."""
    content = {name: asdict(watermark) for name, watermark in watermarks.items()}
    write_whole(home / "landing" / code / "watermarks.json", json.dumps(content, indent=1))


def forget_watermarks(home: Path, code: str) -> None:
    """Make the next landing of a source a full one."""
    (home / "landing" / code / "watermarks.json").unlink(missing_ok=True)


def prune(home: Path, code: str, keep: str) -> None:
    """Remove every landing of a source but the one named."""
    for folder in (home / "landing" / code).iterdir():
        if folder.is_dir() and folder.name != keep:
            shutil.rmtree(folder, ignore_errors=True)


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old one or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_suffix(path.suffix + ".part")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def _file_name(table: str) -> str:
    return "".join(c if c.isalnum() or c in "_-." else "_" for c in table)
