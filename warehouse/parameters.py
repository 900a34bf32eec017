"""What a run is told, written where models read it in SQL."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb


def write_parameters(
    con: duckdb.DuckDBPyConnection,
    *,
    reporting_date: dt.date,
    run_id: str,
    currency: str,
    country: str,
    programs: Sequence[Mapping[str, Any]],
    sources: Sequence[Mapping[str, Any]],
) -> None:
    """Fill `ops.parameters`, `ops.programs` and `ops.sources` from the configuration, in one transaction.

    `programs`: dicts of program, name, benefit_unit, source. `sources`: dicts of source, name, kind,
    is_asked_by_id.
    What is known about a source (stale, last good) stays; a source no longer configured goes.
    """
    parameters = {
        "reporting_date": reporting_date.isoformat(), "run_id": run_id,
        "currency": currency, "country": country,
    }
    con.begin()
    try:
        con.executemany("INSERT OR REPLACE INTO ops.parameters VALUES (?, ?)", list(parameters.items()))
        con.execute(
            "DELETE FROM ops.programs WHERE program NOT IN (SELECT unnest(?::VARCHAR[]))",
            [[program["program"] for program in programs]],
        )
        con.executemany(
            "INSERT OR REPLACE INTO ops.programs (program, name, benefit_unit, source) VALUES (?, ?, ?, ?)",
            [[str(program[key]) for key in ("program", "name", "benefit_unit", "source")] for program in programs],
        )
        con.execute(
            "DELETE FROM ops.sources WHERE source NOT IN (SELECT unnest(?::VARCHAR[]))",
            [[source["source"] for source in sources]],
        )
        con.executemany(
            "INSERT INTO ops.sources (source, name, kind, is_asked_by_id) VALUES (?, ?, ?, ?) ON CONFLICT (source) "
            "DO UPDATE SET name = excluded.name, kind = excluded.kind, is_asked_by_id = excluded.is_asked_by_id",
            [[source[key] for key in ("source", "name", "kind", "is_asked_by_id")] for source in sources],
        )
        con.commit()
    except duckdb.Error:
        con.rollback()
        raise
