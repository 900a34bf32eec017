"""What is past its time, counted and not touched."""

import datetime as dt
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

from ibr.config import Retention
from warehouse.connection import quoted

_NEVER = dt.date(1, 1, 1)


@dataclass(frozen=True)
class RetentionReport:
    """Counts of what is past its time on a date.

    `people`: persons, records, households and enrolments by program, and how many of them are marked already;
    `versions`: rows of mirrors' history, rows gone from their source, and refused rows, by table; `kept_elsewhere`:
    folders of files written before, which still name people, with the oldest first.
    """

    as_at: dt.date
    left_before: dt.date | None
    changed_before: dt.date | None
    people: list[dict[str, Any]]
    versions: list[dict[str, Any]]
    kept_elsewhere: list[dict[str, Any]]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def report(con: duckdb.DuckDBPyConnection, home: Path, rules: Retention, as_at: dt.date) -> RetentionReport:
    """Count what the rules say is past its time as at a date. `con` is the warehouse and may be read-only."""
    left_before, changed_before = years_before(as_at, rules.left_years), years_before(as_at, rules.history_years)
    find_past(con, left_before)
    return RetentionReport(
        as_at, left_before, changed_before,
        _dicts(con, "report", {}) if left_before else [],
        [row for row in _versions(con, changed_before) if row["rows"]] if changed_before else [],
        _folders(home),
    )  # fmt: skip


def years_before(as_at: dt.date, years: int | None) -> dt.date | None:
    """The day so many years before; 28 February where there was no 29th. None where no rule is set."""
    if years is None:
        return None
    day = 28 if (as_at.month, as_at.day) == (2, 29) else as_at.day
    return dt.date(as_at.year - years, as_at.month, day)


def find_past(con: duckdb.DuckDBPyConnection, left_before: dt.date | None) -> None:
    """Make the temporary table `past` (kind `record | household | enrolment`, id, person_uid, program)."""
    for statement in con.extract_statements(_sql("past")):
        values = {"left_before": left_before or _NEVER}
        con.execute(statement, {name: values[name] for name in statement.named_parameters})


def old_rows(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str]]:
    """Where rows lie that may be past their time: relation, what they are, and the condition with the day as $1."""
    tables = con.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = current_database() "
        "AND (starts_with(schema_name, 'mirror_') OR starts_with(schema_name, 'history_')) ORDER BY ALL"
    ).fetchall()
    found = []
    for schema, table in tables:
        relation = f"{quoted(schema)}.{quoted(table)}"
        if schema.startswith("history_"):
            found.append((relation, "earlier versions of rows", "_ibr_replaced_at < $1::DATE"))
        else:
            found.append((relation, "rows gone from their source", "_ibr_deleted_at < $1::DATE"))
    return [*found, ("ops.rejected_rows", "refused rows and values", "found_at < $1::DATE")]


def _versions(con: duckdb.DuckDBPyConnection, before: dt.date) -> list[dict[str, Any]]:
    counted = []
    for relation, what, condition in old_rows(con):
        row = con.execute(f"SELECT count(*) FROM {relation} WHERE {condition}", [before]).fetchone()
        counted.append({"table": relation.replace('"', ""), "what": what, "rows": int(row[0]) if row else 0})
    return counted


def _folders(home: Path) -> list[dict[str, Any]]:
    """Files that were written before somebody was pseudonymised name them still."""
    places = {
        "publications": "published/2*", "what was known on a day": "published/as_of/*",
        "exception files": "exceptions/*/*", "reports on persons": "reports/*", "quarantine": "quarantine/*/*",
    }  # fmt: skip
    return [
        {"what": what, "count": len(found), "oldest": str(found[0].relative_to(home))}
        for what, pattern in places.items()
        if (found := sorted(home.glob(pattern), key=lambda path: path.stat().st_mtime))
    ]


def _dicts(con: duckdb.DuckDBPyConnection, name: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    answer = con.execute(_sql(name), values)
    names = [column[0] for column in answer.description or []]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def _sql(name: str) -> str:
    return files("warehouse.retention").joinpath(f"sql/{name}.sql").read_text(encoding="utf-8")
