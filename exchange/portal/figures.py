"""The headline figures, and what the publication says of itself."""

import datetime as dt
from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class Publication:
    """The public's file, as it says of itself."""

    version: str
    reporting_date: dt.date | None
    stale_sources: list[str]


@dataclass(frozen=True)
class Figure:
    """A headline figure: its number, where it is told, and what it is. `unit`: share, a currency, or what it counts."""

    kpi: str
    definition: str
    unit: str
    period_from: dt.date
    period_to: dt.date
    target: float | None
    value: float | None
    previous: float | None
    previous_date: dt.date | None
    is_target_met: bool | None
    is_withheld: bool


def about(con: duckdb.DuckDBPyConnection) -> Publication:
    """What the file says of itself."""
    row = con.execute("SELECT version, reporting_date, stale_sources FROM main.about").fetchone()
    assert row is not None
    return Publication(row[0], row[1], row[2] or [])


def figures(con: duckdb.DuckDBPyConnection) -> list[Figure]:
    """The headline figures that are published, in their order; none, where the table is not."""
    there = con.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'marts' AND table_name = 'rpt_kpis'"
    ).fetchone()
    if there == (0,):
        return []
    rows = con.execute(
        "SELECT kpi, definition, unit, period_from, period_to, target, value, previous_value, previous_date, "
        "is_target_met, is_withheld FROM marts.rpt_kpis WHERE value IS NOT NULL OR is_withheld ORDER BY place"
    ).fetchall()
    return [Figure(*row) for row in rows]
