"""Landing: one consistent snapshot of a source as Parquet files with a manifest, outside the warehouse.

    landing/<source>/<run id>/<table>.parquet         the rows (all of them, or those changed since the watermark)
    landing/<source>/<run id>/<table>.keys.parquet    every key, where only changed rows were copied: finds deletions
    landing/<source>/<run id>/manifest.json           written last: a folder without one is not a landing
    landing/<source>/watermarks.json                  how far the mirror has come, for the next incremental landing

A table of which the source says that nothing was written is not copied again (mode `unchanged`). One with a key is
copied in part where the source, or a cursor, tells what was written. After `compare_days` all is copied, and compared
row by row. A row whose number cannot be read as one is landed with its reason and its original text, for quarantine.
"""

import datetime as dt
import json
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import duckdb

from ibr.config import Source, Table
from ibr.errors import ConfigurationProblem, ContractBroken, SourceUnreachable
from pipelines.replication.adapters import Adapter, Changes, Column, Figures, Since, open_source
from pipelines.replication.inbox import intake
from pipelines.replication.inbox.store import BATCHES
from pipelines.replication.names import file_name
from pipelines.replication.writing import write_whole
from warehouse.connection import connect, literal, quoted

Progress = Callable[[str], None]

RESERVED = ("file_row_number",)  # beside all names that begin with _ibr_: the number of a line in a landing
FIRST_WAIT = 1.0  # seconds before the second try; each further wait is four times as long


@dataclass(frozen=True)
class Watermark:
    """How far a table's mirror has come, and the shape it had then.

    `until`: the largest value of the cursor; `position`: the source's own (`Adapter.position`); `rows`: what the source
    had; `compared_at`: when the whole table was last compared, ISO 8601; `definition`: what registry.yml said of it.
    """

    columns: list[str]
    rows: int
    compared_at: str
    definition: str
    until: str | None = None
    position: str | None = None

    def fits(self, table: Table, columns: list[Column]) -> bool:
        """Whether the mirror can be built on: a new column, another key, cursor or filter ask for the whole table."""
        return [c.name for c in columns] == self.columns and self.definition == definition_of(table)


def definition_of(table: Table) -> str:
    """What of a table's configuration decides which rows its mirror holds, and how they are told apart."""
    decisive = {"key", "cursor", "filter", "path", "encoding", "sheet", "columns", "deleted", "without"}
    return table.model_dump_json(include=decisive)


@dataclass
class LandedTable:
    """One table of a landing. `mode`: full, incremental, or unchanged (then nothing was copied)."""

    name: str
    mode: str
    rows: int
    columns: list[Column]
    figures: Figures
    since: str | None = None
    until: str | None = None
    position: str | None = None


@dataclass
class Landing:
    """A source's snapshot on disk.

    Of a source that arrives in batches: `batches`, what this run has taken; `as_of`, the newest one's date.
    """

    source: str
    run_id: str
    folder: Path
    landed_at: str
    batches: list[str] = field(default_factory=list)
    as_of: str | None = None
    tables: dict[str, LandedTable] = field(default_factory=dict)

    def rows_file(self, table: str) -> Path:
        return self.folder / f"{file_name(table)}.parquet"

    def keys_file(self, table: str) -> Path:
        return self.folder / f"{file_name(table)}.keys.parquet"

    @property
    def copied(self) -> dict[str, LandedTable]:
        """The tables that have a file: all but those of which nothing was written."""
        return {name: table for name, table in self.tables.items() if table.mode != "unchanged"}

    def write_manifest(self) -> None:
        content = {
            "source": self.source, "run_id": self.run_id, "landed_at": self.landed_at, "batches": self.batches,
            "as_of": self.as_of, "tables": [asdict(table) for table in self.tables.values()],
        }  # fmt: skip
        write_whole(self.folder / "manifest.json", json.dumps(content, indent=1, default=str))

    @classmethod
    def read(cls, folder: Path) -> "Landing":
        """The landing in a folder; raises FileNotFoundError if it was never completed."""
        content = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        landing = cls(
            content["source"], content["run_id"], folder, content["landed_at"],
            batches=content["batches"], as_of=content["as_of"],
        )
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
    at: dt.datetime,
    full: bool = False,
    memory_limit: str = "1GB",
    progress: Progress | None = None,
) -> Landing:
    """Copy a source's tables into a new landing folder.

    `at`: when the run began; `full` copies everything. Where the trouble may pass it is tried again, `retries` times.
    Raises SourceUnreachable (missing, silent, or slower than its timeout) and ContractBroken (a table or column gone).
    """
    for attempt in range(source.retries + 1):
        try:
            return _land(code, source, home, run_id, at, full, memory_limit, progress)
        except SourceUnreachable as error:
            if not error.may_pass or attempt == source.retries:
                raise
            wait = FIRST_WAIT * 4**attempt
            if progress:
                progress(f"{code}: does not answer, trying again in {wait:g} s")
            time.sleep(wait)
    raise AssertionError("the last attempt returns or raises")


def _land(
    code: str, source: Source, home: Path, run_id: str, at: dt.datetime, full: bool, memory_limit: str,
    progress: Progress | None,
) -> Landing:  # fmt: skip
    folder = home / "landing" / code / run_id
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    landing = Landing(code, run_id, folder, at.isoformat())
    watermarks = {} if full else read_watermarks(home, code)
    con = connect(":memory:", memory_limit=memory_limit, temp_directory=folder / "spill")
    try:
        if source.is_inbox:
            landing.batches, landing.as_of = intake.take_next(code, source, home, at)
        with _time_limit(con, code, source), open_source(con, code, source, home) as adapter:
            for name, table in source.tables.items():
                watermark = watermarks.get(name)
                if watermark and _is_due(watermark, at, source.compare_days):
                    watermark = None
                landing.tables[name] = _land_table(con, adapter, landing, name, table, watermark)
                if progress:
                    landed = landing.tables[name]
                    told = "unchanged" if landed.mode == "unchanged" else f"{landed.rows:,} rows"
                    progress(f"{code}.{name}: {told}")
    except Exception as error:
        shutil.rmtree(folder, ignore_errors=True)
        if landing.batches and isinstance(error, ContractBroken):
            raise intake.refused(home, code, error) from None
        raise
    finally:
        con.close()
    landing.write_manifest()
    return landing


def _is_due(watermark: Watermark, at: dt.datetime, compare_days: int) -> bool:
    """Whether a table is to be compared whole again."""
    return at - dt.datetime.fromisoformat(watermark.compared_at) >= dt.timedelta(days=compare_days)


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
    columns = [column for column in adapter.columns(name) if column.name not in table.without]
    _check_columns(landing.source, name, table, columns)
    if watermark and not watermark.fits(table, columns):
        watermark = None
    position = adapter.position(name)
    changes = Changes.UNKNOWN
    if watermark and watermark.position and position:
        changes = adapter.changes(name, watermark.position, watermark.rows)
    if watermark and changes is Changes.NONE:
        return LandedTable(
            name, "unchanged", 0, columns, Figures(rows=watermark.rows), until=watermark.until, position=position
        )
    since = _since(table, columns, watermark, changes)
    con.execute(
        f"COPY (FROM {adapter.rows(name, columns, since)}) "
        f"TO {literal(str(landing.rows_file(name)))} (FORMAT parquet, COMPRESSION zstd)"
    )
    if since:
        con.execute(
            f"COPY (FROM {adapter.keys(name, columns)}) "
            f"TO {literal(str(landing.keys_file(name)))} (FORMAT parquet, COMPRESSION zstd)"
        )
    rows = f"read_parquet({literal(str(landing.rows_file(name)))})"
    count, until = con.execute(
        f"SELECT count(*), {f'max({quoted(table.cursor)})' if table.cursor else 'NULL'}::VARCHAR FROM {rows}"
    ).fetchone() or (0, None)
    return LandedTable(
        name=name,
        mode="incremental" if since else "full",
        rows=count,
        columns=columns,
        figures=adapter.figures(name, columns),
        since=(since.position or since.value) if since else None,
        until=until or (watermark.until if watermark else None),
        position=position,
    )


def _since(table: Table, columns: list[Column], watermark: Watermark | None, changes: Changes) -> Since | None:
    """From where to copy: the source's own position where it tells what was written, else the cursor; None for all."""
    if watermark is None or not table.key:
        return None
    if changes is Changes.SOME:
        return Since(position=watermark.position)
    if table.cursor and watermark.until:
        column = next(c for c in columns if c.name == table.cursor)
        # At the watermark itself, too: rows written in the same instant may have come after the last copy.
        return Since(cursor=column, value=_further_back(watermark.until, column, table.look_back))
    return None


def _further_back(until: str, column: Column, look_back: str | None) -> str:
    """The value from which a cursor is read: `look_back` before the largest seen."""
    if look_back is None:
        return until
    distance = look_back if look_back.isdigit() else f"INTERVAL {literal(look_back)}"
    query = f"SELECT (CAST(? AS {column.type}) - {distance})::VARCHAR"
    if column.is_text and not look_back.isdigit():  # dates as text, as SQLite has them
        between = "T" if "T" in until else " "
        form = "%Y-%m-%d" if len(until) <= len("2026-01-31") else f"%Y-%m-%d{between}%H:%M:%S"
        query = f"SELECT strftime(CAST(? AS TIMESTAMP) - {distance}, {literal(form)})"
    try:
        return str(duckdb.execute(query, [until]).fetchall()[0][0])
    except duckdb.Error:
        raise ConfigurationProblem(
            f"look_back: {look_back} does not fit cursor {column.name}, which is {column.type}; "
            "a number goes with numbers, a time with dates and times"
        ) from None


def _check_columns(code: str, name: str, table: Table, columns: list[Column]) -> None:
    present = {column.name for column in columns}
    wanted = [*table.key, *([table.cursor] if table.cursor else []), *table.columns]
    gone = [column for column in dict.fromkeys(wanted) if column not in present]
    if gone:
        raise ContractBroken(
            f"source {code}, table {name}: column(s) {', '.join(gone)} are gone; it has {', '.join(sorted(present))}; "
            "if they were renamed, mend registry.yml and the staging model, then run again"
        )
    if reserved := [c.name for c in columns if c.name.lower().startswith("_ibr_") or c.name.lower() in RESERVED]:
        raise ContractBroken(
            f"source {code}, table {name}: column(s) {', '.join(reserved)} have names that a mirror needs for itself; "
            "leave them out with `without` in registry.yml"
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
        if folder.is_dir() and folder.name not in (keep, BATCHES):
            shutil.rmtree(folder, ignore_errors=True)
