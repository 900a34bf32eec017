"""One file as a temporary table of texts, with the reason of every row that cannot be stored."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from ibr.config import Table
from ibr.delimited import UNNAMED, NoHeader, RepeatedColumn, in_utf8, read_csv_sql
from pipelines.replication.adapters.base import ORIGINAL, REASON, plain_reason
from pipelines.replication.adapters.reading.problem import Unreadable
from pipelines.replication.adapters.reading.totals import mark_damaged_keys, mark_totals
from pipelines.replication.adapters.reading.values import as_declared
from pipelines.replication.adapters.reading.workbooks import read_workbook
from warehouse.connection import literal, quoted

_TEXT = (".csv", ".tsv", ".txt")
_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")
# Time is over, or there is no room.
_NOT_THE_FILES_FAULT = (duckdb.InterruptException, duckdb.OutOfMemoryException, duckdb.IOException)
ENDINGS = (*_TEXT, *_WORKBOOKS, ".parquet")


def read_file(
    con: duckdb.DuckDBPyConnection, path: Path, table: Table, name: str, scratch: Path, totals: Sequence[str] = ()
) -> None:
    """Make a temporary table `name`: the file's columns as text, and REASON and ORIGINAL.

    `scratch`: a folder for copies in UTF-8; `totals`: the words that begin a totals row. Raises Unreadable.
    """
    suffix = path.suffix.lower()
    if suffix not in ENDINGS:
        raise Unreadable(f"{path.name} has an unknown ending; expected one of {', '.join(ENDINGS)}")
    if path.stat().st_size == 0:
        raise Unreadable(f"{path.name} is empty (0 bytes); save and send it again")
    named = {*table.key, *([table.cursor] if table.cursor else []), *table.columns}
    try:
        if suffix == ".parquet":
            _make(con, f"read_parquet({literal(str(path))})", table, name)
        elif suffix in _WORKBOOKS:
            grid = read_workbook(path, table.sheet, named, table.key)
            con.register(f"grid_{name}", grid)
            _make(con, f"grid_{name}", table, name, drop_blank=True)
            con.unregister(f"grid_{name}")
        else:
            refused = f"refused_{name}"
            _make(con, _csv(path, table, named, refused, scratch), table, name, drop_blank=True)
            _add_refused_lines(con, name, refused)
    except _NOT_THE_FILES_FAULT:
        raise
    except duckdb.Error as error:
        raise Unreadable(
            f"{path.name} cannot be read ({plain_reason(error)}); save it again as UTF-8 CSV with a header, or name "
            "its encoding in registry.yml, as encoding: latin-1"
        ) from None
    _drop_unnamed(con, path, name)
    mark_totals(con, name, table.key, totals)
    mark_damaged_keys(con, name, table.key)


def _csv(path: Path, table: Table, named: set[str], refused: str, scratch: Path) -> str:
    """Lines that are no row of the file go to a table of their own."""
    rejects = f", store_rejects = true, rejects_table = {literal(refused)}, rejects_scan = {literal('scan_' + refused)}"
    try:
        return read_csv_sql(in_utf8(path, table.encoding, scratch), rejects, named)
    except RepeatedColumn as repeated:
        raise Unreadable(f"{path.name} has the column(s) {repeated} more than once; give each its own name") from None
    except (NoHeader, UnicodeError):
        raise Unreadable(
            f"{path.name} has no readable header; save it again as UTF-8 CSV with a header, or name its encoding in "
            "registry.yml, as encoding: latin-1"
        ) from None


def _make(
    con: duckdb.DuckDBPyConnection, relation: str, table: Table, name: str, *, drop_blank: bool = False
) -> None:
    columns = [row[0] for row in con.execute(f"DESCRIBE FROM {relation}").fetchall()]
    values = ", ".join(f"{as_declared(c, table.columns.get(c))} AS {quoted(c)}" for c in columns)
    # A spreadsheet saves rows of nothing but separators, from cells that only have a border.
    filled = f"WHERE coalesce({', '.join(quoted(c) + '::VARCHAR' for c in columns)}) IS NOT NULL" if drop_blank else ""
    con.execute(
        f"CREATE TEMP TABLE {name} AS SELECT {values}, NULL::VARCHAR AS {REASON}, NULL::VARCHAR AS {ORIGINAL} "
        f"FROM {relation} {filled}"
    )


def _add_refused_lines(con: duckdb.DuckDBPyConnection, name: str, refused: str) -> None:
    con.execute(
        f"INSERT INTO {name} ({REASON}, {ORIGINAL}) "
        "SELECT 'LINE_' || replace(min(error_type::VARCHAR), ' ', '_'), min(csv_line) "
        f"FROM {refused} GROUP BY line"
    )


def _drop_unnamed(con: duckdb.DuckDBPyConnection, path: Path, name: str) -> None:
    """A blank column is no column; one that holds values and has no name is a mistake in the header."""
    columns = [row[0] for row in con.execute(f"DESCRIBE {name}").fetchall()]
    unnamed = [column for column in columns if column.startswith(UNNAMED)]
    if not unnamed:
        return
    counts = con.execute(f"SELECT {', '.join(f'count({quoted(c)})' for c in unnamed)} FROM {name}").fetchone() or ()
    if used := [c.removeprefix(UNNAMED) for c, count in zip(unnamed, counts, strict=True) if count]:
        raise Unreadable(
            f"{path.name}: column {', '.join(used)} holds values and has no name; name every column in one header row. "
            "If titles stand above that row, list the table's columns in registry.yml, so that it can be told"
        )
    for column in unnamed:
        con.execute(f"ALTER TABLE {name} DROP COLUMN {quoted(column)}")
