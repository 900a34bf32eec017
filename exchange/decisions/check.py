"""Whether files that came back are what went out, and whether their answers can be: every fault, nothing guessed."""

import datetime as dt
from collections.abc import Iterable, Sequence

import duckdb

from exchange.cells import changed, define, sum_back
from exchange.decisions.read import ROW, Given
from exchange.exceptions.sheets import ACTION, COMMENT, DECIDED_BY, DECIDED_ON, DECISION, SHEETS
from exchange.exceptions.words import Words, group_of
from exchange.scripts import run_script
from warehouse.connection import quoted

_ROWS = """
CREATE OR REPLACE TEMP TABLE given_rows (
    part INTEGER, file VARCHAR, sha256 VARCHAR, sheet VARCHAR, row_number BIGINT, exception_id VARCHAR, run_id VARCHAR,
    decision VARCHAR, action VARCHAR, decided_by VARCHAR, decided_on VARCHAR, comment VARCHAR, row_sum UBIGINT
)
"""
_FIELDS = {
    "exception_id": "exception_id", "run": "run_id", DECISION: "decision", ACTION: "action", DECIDED_BY: "decided_by",
    DECIDED_ON: "decided_on", COMMENT: "comment",
}


def check(
    con: duckdb.DuckDBPyConnection,
    given: Sequence[Given],
    today: dt.date,
    program: str | None,
    languages: Iterable[Words],
) -> None:
    """Put the rows beside what was exported in the table `judged`, and every fault into `decision_faults`.

    `today`: the last day on which anybody can have decided; `program`: whose file it has to be, None for any one's;
    `languages`: those in which a decision may be written.
    """
    define(con)
    con.execute(_ROWS)
    _tell_words(con, languages)
    for part, sheet in enumerate(given):
        _take(con, part, sheet)
    run_script(con, "exchange.decisions", "judge", {"today": today, "program": program})
    for part, sheet in enumerate(given):
        _compare(con, part, sheet)


def _tell_words(con: duckdb.DuckDBPyConnection, languages: Iterable[Words]) -> None:
    con.execute(
        "CREATE OR REPLACE TEMP TABLE decision_words "
        "(sheet VARCHAR, column_name VARCHAR, code VARCHAR, word VARCHAR, UNIQUE (sheet, column_name, word))"
    )
    con.executemany("INSERT OR IGNORE INTO decision_words SELECT ?, ?, ?, folded(?)", [
        [sheet.name, heading, code, words.texts[f"{group_of(heading)}.{code}"]]
        for words in languages
        for sheet in SHEETS for heading in (DECISION, ACTION) for code in sheet.choices(heading)
    ])
    con.execute(
        "CREATE OR REPLACE TEMP TABLE decision_sheets (sheet VARCHAR, decisions VARCHAR, actions VARCHAR, "
        "has_actions BOOLEAN)"
    )
    con.executemany("INSERT INTO decision_sheets VALUES (?, ?, ?, ?)", [
        [sheet.name, ", ".join(sheet.choices(DECISION)), ", ".join(sheet.choices(ACTION)), bool(sheet.choices(ACTION))]
        for sheet in SHEETS
    ])


def _take(con: duckdb.DuckDBPyConnection, part: int, given: Given) -> None:
    """A sheet's cells as the table given_<part>, and what is answered on it into given_rows."""
    con.register("given_cells", given.rows.to_arrow())
    con.execute(f"CREATE OR REPLACE TEMP TABLE given_{part} AS FROM given_cells")
    con.unregister("given_cells")
    fields = ", ".join(f"cell_text({quoted(heading)}) AS {field}" for heading, field in _FIELDS.items())
    con.execute(
        f"INSERT INTO given_rows BY NAME SELECT $part AS part, $file AS file, $sha256 AS sha256, $sheet AS sheet, "
        f"{quoted(ROW)} AS row_number, {fields}, {sum_back(given.sheet)} FROM given_{part}",
        {"part": part, "file": given.file, "sha256": given.sha256, "sheet": given.sheet.name},
    )


def _compare(con: duckdb.DuckDBPyConnection, part: int, given: Given) -> None:
    """Changed cells: only the rows whose sum differs are looked at cell by cell."""
    differing = "FROM judged WHERE part = ? AND kept_sheet = sheet AND kept_sum <> row_sum"
    if con.execute(f"SELECT count(*) {differing}", [part]).fetchone() == (0,):
        return
    con.execute(
        "INSERT INTO decision_faults SELECT file, sheet, row_number, unnest(headings), phrase('fault_changed') FROM ("
        f"SELECT file, sheet, row_number, {changed(given.sheet, 'kept_sums')} AS headings FROM given_{part} INNER JOIN "
        f"(SELECT file, sheet, row_number, kept_sums {differing}) ON row_number = {quoted(ROW)})", [part],
    )
