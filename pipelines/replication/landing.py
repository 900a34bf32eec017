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
import shutil
import time
from collections.abc import Callable
from concurrent.futures import wait
from contextlib import suppress
from pathlib import Path

import duckdb

from ibr import background
from ibr.config import Source, Table
from ibr.errors import ConfigurationProblem, ContractBroken, SourceUnreachable
from pipelines.replication.adapters import Adapter, Changes, Column, Digesting, Figures, Since, open_source
from pipelines.replication.inbox import intake
from pipelines.replication.landed import LandedTable, Landing, as_landed, lock_file, prune
from pipelines.replication.watermarks import Watermark, read_watermarks
from warehouse.connection import connect, literal, quoted
from warehouse.lock import lock
from warehouse.memory import budget_of

Progress = Callable[[str], None]

RESERVED = ("file_row_number",)  # beside all names that begin with _ibr_: the number of a line in a landing
FIRST_WAIT = 1.0  # seconds before the second try; each further wait is four times as long
LETTING_GO = 5.0  # seconds that a copy has to end after it was interrupted


def land(
    code: str,
    source: Source,
    home: Path,
    run_id: str,
    *,
    at: dt.datetime,
    full: bool = False,
    progress: Progress | None = None,
) -> Landing:
    """Copy a source's tables into a new landing folder, in the place of earlier ones that were not merged.

    `at`: when the run began; `full` copies everything. Takes the memory that is for one landing (ibr/memory.py). Where
    the trouble may pass it is tried again, `retries` times. Raises SourceUnreachable (missing, silent, or slower than
    its timeout), ContractBroken (a table or column gone), and WarehouseBusy while another run copies the same source
    for longer than its timeout.
    """
    with lock(lock_file(home, code), f"source {code}", f"run {run_id}", source.timeout_seconds):
        for attempt in range(source.retries + 1):
            try:
                return _land(code, source, home, run_id, at, full, progress)
            except SourceUnreachable as error:
                if not error.may_pass or attempt == source.retries:
                    raise
                pause = FIRST_WAIT * 4**attempt
                if progress:
                    progress(f"{code}: does not answer, trying again in {pause:g} s")
                time.sleep(pause)
    raise AssertionError("the last attempt returns or raises")


def _land(
    code: str, source: Source, home: Path, run_id: str, at: dt.datetime, full: bool, progress: Progress | None,
) -> Landing:  # fmt: skip
    known = read_watermarks(home, code)
    prune(home, code, keep=known.merged)
    folder = home / "landing" / code / run_id
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    landing = Landing(code, run_id, folder, at.isoformat(), None if known.is_doubted else known.merged)

    def copy(con: duckdb.DuckDBPyConnection) -> None:
        with open_source(con, code, source, home) as adapter:
            for name, table in source.tables.items():
                watermark = known.tables.get(name)
                is_due = full or known.is_doubted or not watermark or watermark.is_due(at, source.compare_days)
                landing.tables[name] = landed = _land_table(con, adapter, landing, name, table, watermark, is_due)
                if progress:
                    told = "unchanged" if landed.mode == "unchanged" else f"{landed.rows:,} rows"
                    progress(f"{code}.{name}: {told}")

    try:
        if source.is_inbox:
            landing.batches, landing.as_of = intake.take_next(code, source, home, at)
        con = connect(":memory:", memory_limit=budget_of(home).landing, temp_directory=folder / "spill")
        _in_time(con, code, source, copy)
        landing.write_manifest()
    except Exception as error:
        shutil.rmtree(folder, ignore_errors=True)
        if landing.batches and isinstance(error, ContractBroken):
            raise intake.refused(home, code, error) from None
        raise
    return landing


def _in_time(
    con: duckdb.DuckDBPyConnection, code: str, source: Source, copy: Callable[[duckdb.DuckDBPyConnection], None]
) -> None:
    """Copy in a thread of its own: one that waits for a server which stalls hears no interruption, and is left behind.

    Raises SourceUnreachable after the source's timeout.
    """

    def work() -> None:
        with con:
            copy(con)

    done = background.start(work, f"copy {code}")
    if not wait([done], source.timeout_seconds).done:
        with suppress(duckdb.Error):  # it may end at this moment
            con.interrupt()
        wait([done], LETTING_GO)
        raise SourceUnreachable(
            f"source {code}: copying took longer than its timeout of {source.timeout_seconds} s; look at the server's "
            "load and at the network, or raise timeout_seconds in registry.yml"
        )
    done.result()


def _land_table(
    con: duckdb.DuckDBPyConnection,
    adapter: Adapter,
    landing: Landing,
    name: str,
    table: Table,
    watermark: Watermark | None,
    is_due: bool,
) -> LandedTable:
    """Copy a table, as far as its watermark allows; `is_due`: whole, to be compared."""
    asks_digest = is_due and watermark is not None  # of a first copy there is nothing to doubt
    watermark = None if is_due else watermark
    columns = [column for column in adapter.columns(name) if column.name not in table.without]
    check_columns(landing.source, name, table, columns)
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
    since = _since(con, table, columns, watermark, changes)
    con.execute(
        f"COPY (SELECT {as_landed(columns)} FROM {adapter.rows(name, columns, since)}) "
        f"TO {literal(str(landing.rows_file(name)))} (FORMAT parquet, COMPRESSION zstd)"
    )
    if since:
        key = [column for column in columns if column.name in table.key]
        con.execute(
            f"COPY (SELECT {as_landed(key)} FROM {adapter.keys(name, columns)}) "
            f"TO {literal(str(landing.keys_file(name)))} (FORMAT parquet, COMPRESSION zstd)"
        )
    rows = f"read_parquet({literal(str(landing.rows_file(name)))})"
    furthest = _furthest(table, columns, landing.landed_at)
    count, until = con.execute(f"SELECT count(*), {furthest}::VARCHAR FROM {rows}").fetchone() or (0, None)
    return LandedTable(
        name=name,
        mode="incremental" if since else "full",
        rows=count,
        columns=columns,
        figures=adapter.figures(name, columns),
        since=(since.position or since.value) if since else None,
        until=until or (watermark.until if watermark else None),
        position=position,
        is_compared=is_due,
        digest=adapter.digest(name, columns) if isinstance(adapter, Digesting) and asks_digest else None,
    )


def _furthest(table: Table, columns: list[Column], at: str) -> str:
    """SQL: the largest value of the cursor that is not in the future.

    A clock that is wrong at the source would else hide every change that comes after, until its time is reached.
    """
    if not table.cursor:
        return "NULL"
    name, column = quoted(table.cursor), next(c for c in columns if c.name == table.cursor)
    if not (column.is_moment or column.is_text):
        return f"max({name})"
    return f"max({name}) FILTER (WHERE coalesce(TRY_CAST({name} AS TIMESTAMPTZ) <= {literal(at)}::TIMESTAMPTZ, true))"


def _since(
    con: duckdb.DuckDBPyConnection,
    table: Table,
    columns: list[Column],
    watermark: Watermark | None,
    changes: Changes,
) -> Since | None:
    """From where to copy: the source's own position where it tells what was written, else the cursor; None for all."""
    if watermark is None or not table.key:
        return None
    if changes is Changes.SOME:
        return Since(position=watermark.position)
    if table.cursor and watermark.until:
        column = next(c for c in columns if c.name == table.cursor)
        # At the watermark itself, too: rows written in the same instant may have come after the last copy.
        return Since(cursor=column, value=_further_back(con, watermark.until, column, table.look_back))
    return None


def _further_back(con: duckdb.DuckDBPyConnection, until: str, column: Column, look_back: str | None) -> str:
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
        return str(con.execute(query, [until]).fetchall()[0][0])
    except duckdb.Error:
        raise ConfigurationProblem(
            f"look_back: {look_back} does not fit cursor {column.name}, which is {column.type}; "
            "a number goes with numbers, a time with dates and times"
        ) from None


def check_columns(code: str, name: str, table: Table, columns: list[Column]) -> None:
    """Raise ContractBroken for a table without columns, without one registry.yml names, or with a reserved name."""
    if not columns:
        raise ContractBroken(f"source {code}, table {name}: has no columns that could be mirrored")
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
