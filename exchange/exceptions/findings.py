"""The findings of a run as tables of the connection, and their state from run to run."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import duckdb

from exchange.cells import define, sums_out
from exchange.exceptions.sheets import SHEETS
from exchange.exceptions.states import SILENT, take_answers, update_states
from exchange.scripts import run_script
from exchange.sheets import Kind, Sheet
from warehouse.connection import quoted

_BATCH = 5_000


@dataclass(frozen=True)
class Findings:
    """What a run found, held in temporary tables of `con`: one table a sheet, all programs together."""

    con: duckdb.DuckDBPyConnection
    run_id: str
    run_date: dt.date

    def count(self, sheet: Sheet, program: str) -> tuple[int, float]:
        """How many rows a sheet has, and the money in them."""
        row = self.con.execute(
            f"SELECT count(*), coalesce(sum(amount_at_stake), 0) FROM {sheet.table} WHERE program = ?", [program]
        ).fetchone()
        assert row is not None
        return int(row[0]), float(row[1])

    def subjects(self, program: str) -> list[str]:
        """The persons that a program's files are about, for the audit trail."""
        return [subject for (subject,) in self.con.execute(_sql("subjects"), {"program": program}).fetchall()]

    def stage(self, sheet: Sheet, program: str) -> str:
        """Make the temporary table of one sheet's rows for one program, in the sheet's types; returns its name."""
        columns = ", ".join(
            f"{_typed(column.field, column.kind)} AS {quoted(column.field)}"
            for column in sheet.columns if column.field is not None
        )
        rows = _sql("rows").replace("{{ table }}", sheet.table).replace("{{ order }}", sheet.first_by)
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE sheet_rows AS SELECT place, basis, {columns} FROM ({rows})",
            {"program": program, "run_id": self.run_id, "run_date": self.run_date},
        )
        return "sheet_rows"

    def keep(self, sheet: Sheet, table: str, program: str) -> None:
        """Keep what stands in a staged sheet, so that a file that comes back can be checked against it."""
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE kept_rows AS SELECT exception_id, basis, {sums_out(sheet)} FROM {table}"
        )
        run_script(self.con, "exchange.exceptions", "keep", {"program": program, "sheet": sheet.name})

    def rows(self, sheet: Sheet, table: str, most: int) -> Iterator[Sequence[Any]]:
        """The rows of a staged sheet in order, the sheet's own columns only, fetched in batches."""
        names = ", ".join(quoted(column.field) for column in sheet.columns if column.field is not None)
        cursor = self.con.execute(f"SELECT {names} FROM {table} WHERE place <= ? ORDER BY place", [most])
        while batch := cursor.fetchmany(_BATCH):
            yield from batch


def find(con: duckdb.DuckDBPyConnection, run_id: str, run_date: dt.date, programs: Sequence[str]) -> Findings:
    """Collect the findings of all programs from the marts, bring `ops.exceptions` up to date, and leave those that are
    to go out: what was decided is silent."""
    define(con)
    for sheet in SHEETS:
        con.execute(_sql(sheet.table), {"programs": list(programs)})
    run = {"run_id": run_id, "run_date": run_date, "programs": list(programs)}
    run_script(con, "exchange.exceptions", "remember", run)
    take_answers(con)
    update_states(con)
    for sheet in SHEETS:
        con.execute(
            f"DELETE FROM {sheet.table} WHERE exception_id IN "
            "(SELECT exception_id FROM ops.exceptions WHERE list_contains(?, status))", [list(SILENT)],
        )
    return Findings(con, run_id, run_date)


def _typed(field: str, kind: Kind) -> str:
    name = quoted(field)
    if kind is Kind.TEXT:
        # Line breaks and the like come back from spreadsheet programs as something else.
        return f"cell_text(CAST({name} AS VARCHAR))"
    if kind is Kind.DATE:
        # Excel's calendar starts in 1900; an earlier date is a slip of the pen, and would stop the export.
        return f"CASE WHEN {name} >= DATE '1900-01-01' THEN CAST({name} AS DATE) END"
    if kind is Kind.SHARE:
        # No comparison is certain, and 0.99999 must not be shown as 100 %.
        return f"CASE WHEN {name} IS NOT NULL THEN least(round({name}, 4), 0.9999) END"
    return name


def _sql(name: str) -> str:
    return files("exchange.exceptions").joinpath(f"sql/{name}.sql").read_text(encoding="utf-8")
