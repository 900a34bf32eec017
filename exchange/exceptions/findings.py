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
from exchange.exceptions.words import ENGLISH, languages, speak
from exchange.exceptions.words import define as define_words
from exchange.scripts import run_script
from exchange.sheets import PHRASE, Column, Kind, Sheet
from linkage.registry.verify import NAME_SIMILARITY
from warehouse.connection import literal, quoted

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
        """Make the temporary table of one sheet's rows for one program, in the sheet's types and in the words that the
        connection speaks; returns its name.
        """
        fields = [(column, column.field) for column in sheet.columns if column.field is not None]
        phrases = [quoted(field) for column, field in fields if column.vocabulary == PHRASE]
        columns = ", ".join(f"{_typed(column, phrases)} AS {quoted(field)}" for column, field in fields)
        rows = _sql("rows").replace("{{ table }}", sheet.table).replace("{{ order }}", sheet.first_by)
        # All phrases of a row in one call: each takes DuckDB 8 ms to prepare.
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE sheet_rows AS SELECT place, basis, {columns} FROM (SELECT *, "
            f"list_transform([{', '.join(phrases)}], lambda phrases: say(phrases)) AS said FROM ({rows}))",
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
    define_words(con)
    speak(con, languages()[ENGLISH])
    con.execute(_sql("likeness").replace("{{ name_similarity }}", str(NAME_SIMILARITY)))
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


def _typed(column: Column, phrases: list[str]) -> str:
    """SQL: a field in the type of its column; of phrases their texts stand in the list `said`."""
    name, kind = quoted(column.field or ""), column.kind
    if column.vocabulary == PHRASE:
        return f"cell_text(said[{phrases.index(name) + 1}])"
    if column.vocabulary:
        return f"replace(words_of({literal(column.vocabulary)}, {name}), '_', ' ')"
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
