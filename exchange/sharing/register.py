"""The register of all requests: a row each, for `ibr share list`, `ibr status`, and the table `ops.shares`."""

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb

from exchange.sharing.record import Case, Event, Step, broken, cases

COLUMNS = (
    "request_id", "state", "organisation", "person", "purpose_kind", "purpose", "legal_basis", "level", "marts",
    "fields", "counties", "requested_at", "assessed_at", "smallest_class", "grave_findings", "approved_by",
    "approved_at", "agreement", "extracts", "last_extracted_at", "publication", "until", "disposed_on", "days_overdue",
)


def register(home: Path, today: dt.date) -> list[dict[str, Any]]:
    """Every request with where it stands on a day, in order of their numbers.

    Of one whose record was changed nothing is told but that it is `broken`.
    """
    rows = [_row(case, today) for case in cases(home)]
    rows += [{**dict.fromkeys(COLUMNS), "request_id": number, "state": "broken"} for number in broken(home)]
    return sorted(rows, key=lambda row: row["request_id"])


def overdue(home: Path, today: dt.date) -> list[dict[str, Any]]:
    """What should have been disposed of, and was not: who has it, since when it is due."""
    wanted = ("request_id", "organisation", "person", "until", "days_overdue")
    return [{name: row[name] for name in wanted} for row in register(home, today) if row["days_overdue"]]


def load_register(con: duckdb.DuckDBPyConnection, home: Path, today: dt.date) -> int:
    """Make `ops.shares` what the records say; returns how many requests there are."""
    rows = register(home, today)
    con.begin()
    try:
        con.execute("DELETE FROM ops.shares")
        if rows:
            names, values = ", ".join(COLUMNS), ", ".join("?" * len(COLUMNS))
            con.executemany(
                f"INSERT INTO ops.shares ({names}) VALUES ({values})", [[row[name] for name in COLUMNS] for row in rows]
            )
        con.commit()
    except BaseException:
        con.rollback()
        raise
    return len(rows)


def _row(case: Case, today: dt.date) -> dict[str, Any]:
    request, state = case.request, case.state(today)
    approvals, extracts = case.approvals, case.of(Step.EXTRACTED)
    disposed = next(iter(case.of(Step.DISPOSED)), None)
    values = (
        case.request_id, state, request["organisation"], request["person"], request["purpose_kind"], request["purpose"],
        request["legal_basis"] or f"consent: {request['consent']}", request["level"],
        [item["mart"] for item in request["data"]],
        [
            f"{item['mart']}.{name}" for item in request["data"]
            for name in dict.fromkeys([*item["fields"], *item["by"], *item["sums"]])
        ],
        ["all"] if request["counties"] == "all" else request["counties"],
        case.events[0].at, case.assessment and case.assessment.at, _smallest_class(case.assessment),
        _grave(case.assessment), [approval.by for approval in approvals],
        approvals[-1].at if len(approvals) > 1 else None,
        approvals[-1].content["agreement"]["reference"] if approvals else None,
        len(extracts), extracts[-1].at if extracts else None,
        extracts[-1].content["publication"] if extracts else None, case.until,
        dt.date.fromisoformat(disposed.content["on"]) if disposed else None,
        (today - case.until).days if state == "overdue" else None,
    )
    return dict(zip(COLUMNS, values, strict=True))


def _smallest_class(assessment: Event | None) -> int | None:
    """Over people and households; None where none was measured, as for tables."""
    classes = assessment.content["figures"].get("classes") if assessment else None
    return min((found["smallest_class"] for found in classes), default=None) if isinstance(classes, list) else None


def _grave(assessment: Event | None) -> int | None:
    return sum(finding["is_grave"] for finding in assessment.content["findings"]) if assessment else None
