"""The sheet Corrections of a program's exception file: there when somebody has asked for something, else left out."""

import datetime as dt
from importlib.resources import files

import duckdb

from exchange.corrections.requests import states
from exchange.sheets import Column, Kind, Sheet

# Nothing is to be filled in: the answer is the record itself, once it has changed.
CORRECTIONS = Sheet(
    "Corrections",
    "correction_rows",
    (
        Column("correction_id", "correction_id", 14),
        Column("name", "full_name", 28),
        Column("our record", "record_id", 18),
        Column("household", "household_id", 16),
        Column("detail", "field_name", 18),
        Column("our record says", "value_held", 28),
        Column("the person says", "value_said", 28),
        Column("evidence", "evidence", 50),
        Column("asked for on", "requested_on", 12, Kind.DATE),
        Column("days open", "days_open", 8, Kind.NUMBER),
        Column("what to do", "what_to_do", 50),
    ),
)


def stage(con: duckdb.DuckDBPyConnection, program: str, run_date: dt.date) -> int:
    """Make the temporary table `correction_rows` of a program's open requests; returns how many there are."""
    query = files("exchange.corrections").joinpath("sql/sheet.sql").read_text(encoding="utf-8")
    con.execute(query.replace("{{ states }}", states()), {"program": program, "run_date": run_date})
    row = con.execute("SELECT count(*) FROM correction_rows").fetchone()
    return int(row[0]) if row else 0
