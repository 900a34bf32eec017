"""What differs between two publications: rows of each table, and the chief figures."""

from dataclasses import dataclass

import duckdb

from ibr.errors import UsageProblem
from warehouse.building import SCHEMAS
from warehouse.catalogue import Table, tables_of
from warehouse.connection import attach, connect
from warehouse.publication import Publication

_FIGURES = """
SELECT kpi, unit, older.value AS before, newer.value AS after
FROM older.marts.rpt_kpis AS older FULL JOIN newer.marts.rpt_kpis AS newer USING (kpi, unit)
WHERE older.value IS DISTINCT FROM newer.value
ORDER BY coalesce(newer.place, older.place), kpi
"""


@dataclass(frozen=True)
class Comparison:
    """`tables`: name, rows before and after (None: not there); `figures`: name, unit, value before and after.

    Figures are those of rpt_kpis that changed; of tables, all.
    """

    tables: list[tuple[str, int | None, int | None]]
    figures: list[tuple[str, str, float | None, float | None]]


def compare(older: Publication, newer: Publication, audience: str) -> Comparison:
    """Hold an audience's file of one publication against that of another.

    Raises UsageProblem if one of them has no file for the audience.
    """
    with connect(":memory:") as con:
        for name, publication in (("older", older), ("newer", newer)):
            file = publication.path(audience)
            if not file.is_file():
                raise UsageProblem(f"publication {publication.version} has no file for {audience}")
            attach(con, file.resolve(), name)
        counted = [_rows(con, name) for name in ("older", "newer")]
        before, after = counted
        tables = [(name, before.get(name), after.get(name)) for name in sorted(before | after)]
        has_figures = "marts.rpt_kpis" in before and "marts.rpt_kpis" in after
        return Comparison(tables, con.execute(_FIGURES).fetchall() if has_figures else [])


def _rows(con: duckdb.DuckDBPyConnection, database: str) -> dict[str, int]:
    return {f"{table.schema}.{table.name}": _count(con, database, table) for table in tables_of(con, database, SCHEMAS)}


def _count(con: duckdb.DuckDBPyConnection, database: str, table: Table) -> int:
    row = con.execute(f"SELECT count(*) FROM {table.in_database(database)}").fetchone()
    assert row is not None
    return int(row[0])
