"""Marking whoever is past their time, and removing what nobody may hold any longer."""

import datetime as dt
from dataclasses import dataclass
from importlib.resources import files

import duckdb

from ibr.config import Retention
from warehouse.retention.report import find_past, old_rows, years_before


@dataclass(frozen=True)
class Applied:
    """What was done: marks by kind, as they are now, and rows removed by table."""

    marked: dict[str, int]
    removed: dict[str, int]


def apply(con: duckdb.DuckDBPyConnection, rules: Retention, as_at: dt.date) -> Applied:
    """Mark in `ops.past_retention` who is past their time as at a date, and remove old versions of rows.

    `con` is the warehouse, open for writing; the caller holds the transaction. The next run leaves names, numbers,
    addresses and accounts of whoever is marked out of the registry, and so of marts and publications. A rule that is
    not set does nothing; marks of an earlier rule go. What is removed does not come back, but for what a source still
    has.
    """
    left_before, changed_before = years_before(as_at, rules.left_years), years_before(as_at, rules.history_years)
    find_past(con, left_before)
    mark = files("warehouse.retention").joinpath("sql/mark.sql").read_text(encoding="utf-8")
    for statement in con.extract_statements(mark):
        con.execute(statement, dict.fromkeys(statement.named_parameters, as_at))
    removed = {}
    for relation, _, condition in old_rows(con) if changed_before else []:
        row = con.execute(f"DELETE FROM {relation} WHERE {condition}", [changed_before]).fetchone()
        if row and row[0]:
            removed[relation.replace('"', "")] = int(row[0])
    marked = dict(con.execute("SELECT kind, count(*) FROM ops.past_retention GROUP BY kind ORDER BY kind").fetchall())
    return Applied(marked, removed)
