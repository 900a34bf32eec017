"""The fourth step: the files of an approved request, whole or not at all, and on record before anybody sees them."""

import datetime as dt
import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb

from exchange.exceptions.manifest import write_manifest
from exchange.sharing.assessment import assessed
from exchange.sharing.catalogue import marts_of
from exchange.sharing.leaving import write_records, write_tables
from exchange.sharing.pseudonyms import key_id, key_of
from exchange.sharing.reading import recorded
from exchange.sharing.record import Case, Step, changing, open_case
from exchange.sharing.selection import published, version
from exchange.sharing.terms import terms
from ibr.config import Sharing
from ibr.durable import on_disk, sha256_of
from ibr.errors import UsageProblem
from warehouse.connection import literal
from warehouse.tokens import pads

_BUILDING = ".building-"


def extract(
    home: Path, request_id: str, settings: Sharing, *, by: str, today: dt.date, at: dt.datetime,
    reason: str | None = None, progress: Callable[[str], None] = lambda message: None,
) -> Path:
    """Write the files of an approved request from the current publication; returns their folder.

    `reason`: why the same request is extracted again. Raises UsageProblem for a request that is not approved, has
    lapsed, was disposed of, or where today's data has a grave finding that those who approved did not see.
    """
    with changing(home, "ibr share extract"), published(home) as con:
        case = open_case(home, request_id)
        finish_extracts(case)
        _require_extractable(case, today, reason)
        now = assessed(con, home, case, settings, progress)
        _require_no_graver(case, now)
        number = len(case.of(Step.EXTRACTED)) + 1
        building = _emptied(case.folder / "extracts" / f"{_BUILDING}{number}")
        try:
            content = _fill(con, home, case, settings, building, number)
        except BaseException:
            shutil.rmtree(building, ignore_errors=True)
            raise
        # On record first: nobody sees files that the record does not know. After a kill in between, the next command
        # on this request puts them in their place (`finish_extracts`).
        case = case.add(Step.EXTRACTED, today=today, at=at, by=by, content={
            "number": number, "reason": reason, "assessment": (case.assessment or case.events[0]).sha256, **content,
        }, subjects=_subjects(con, case))
        finish_extracts(case)
        return case.folder / "extracts" / str(number)


def _subjects(con: duckdb.DuckDBPyConnection, case: Case) -> list[str]:
    """Whose records leave; in tables nobody's do."""
    if case.request["level"] != "records":
        return []
    asked = " UNION ".join(f"SELECT subject FROM asked_{place}" for place in range(len(case.request["data"])))
    rows = con.execute(f"SELECT DISTINCT subject FROM ({asked}) WHERE subject IS NOT NULL").fetchall()
    return [str(subject) for (subject,) in rows]


def finish_extracts(case: Case) -> None:
    """Put extracts that are on record in their place, and remove what a killed process left of others."""
    numbers = {str(event.content["number"]) for event in case.of(Step.EXTRACTED)}
    for building in (case.folder / "extracts").glob(f"{_BUILDING}*"):
        number = building.name.removeprefix(_BUILDING)
        place = building.with_name(number)
        if number in numbers and not place.exists():
            building.rename(place)
        else:
            shutil.rmtree(building)


def _require_extractable(case: Case, today: dt.date, reason: str | None) -> None:
    state = case.state(today)
    if not case.is_approved and state in ("requested", "assessed", "half_approved", "extracted"):
        raise UsageProblem(
            f"{case.request_id} has {len(case.approvals)} of two approvals as it was last assessed; nothing leaves "
            f"before it has both (`ibr share assess {case.request_id}`, then `ibr share approve {case.request_id}`)"
        )
    if state in ("lapsed", "overdue"):
        raise UsageProblem(f"the approval of {case.request_id} lapsed on {case.until}; a new request is needed")
    if state in ("refused", "disposed"):
        raise UsageProblem(f"{case.request_id} is {state}; nothing leaves any more, a new request is needed")
    if state == "extracted" and not (reason or "").strip():
        raise UsageProblem(f"{case.request_id} was extracted already; say with --reason why it is again")
    agreement = case.approvals[-1].content["agreement"]
    file = case.folder / agreement["file"]
    if not file.is_file() or sha256_of(file) != agreement["sha256"]:
        raise UsageProblem(
            f"the agreement {agreement['reference']} ({file.name}) is not on file as it was when approved; put it back"
        )


def _require_no_graver(case: Case, now: dict[str, Any]) -> None:
    """Those who approved saw an assessment of the data of then; nothing may leave that is graver than it said."""
    assert case.assessment is not None
    approved: dict[str, Counter[str]] = {}
    for finding in case.assessment.content["findings"]:
        if finding["is_grave"]:
            # Earlier releases wrote no extent: then nobody saw how far it goes.
            approved.setdefault(finding["code"], Counter()).update(finding.get("extent", {}))
    new = [found["text"] for found in now["findings"] if found["is_grave"] and _is_graver(found, approved)]
    if new:
        raise UsageProblem(
            f"in the data as it is now, {case.request_id} has a grave finding that nobody approved: {new[0]} "
            f"`ibr share assess {case.request_id}` puts it on record, to be approved anew"
        )


def _is_graver(found: dict[str, Any], approved: Mapping[str, Counter[str]]) -> bool:
    """Whether a finding is of another kind, about something else, or about clearly more than what was approved in
    spite of: figures move by a little every night."""
    known = approved.get(found["code"])
    return known is None or any(
        about not in known or count > max(known[about] * 1.1, known[about] + 10)
        for about, count in found["extent"].items()
    )


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    return folder


def _fill(
    con: duckdb.DuckDBPyConnection, home: Path, case: Case, settings: Sharing, folder: Path, number: int
) -> dict[str, Any]:
    """Write what was `assessed`, with terms and manifest, into an empty folder; returns what goes on record."""
    marts = marts_of(con)
    request = recorded(case, marts)
    key = key_of(home, case) if request.level == "records" else None
    if key is None:
        rows = write_tables(con, request, folder)
    else:
        rows = write_records(con, marts, request, number, pads(key), folder)
        _keep_marks(con, case, number)
    (folder / "README.txt").write_text(terms(case, request, number, rows, settings.smallest_cell), encoding="utf-8")
    write_manifest(folder, {
        "request": case.request_id, "extract": number, "organisation": request.organisation,
        "person": request.person, "purpose": request.purpose, "until": request.until, "publication": version(con),
        "key_id": key and key_id(key), "rows": rows,
    })
    for file in folder.iterdir():
        file.chmod(0o600)
        on_disk(file)
    manifest = (folder / "manifest.json").read_bytes()
    held = {name: json.loads(manifest)[name] for name in ("publication", "key_id", "rows", "sha256")}
    return {**held, "manifest": hashlib.sha256(manifest).hexdigest()}


def _keep_marks(con: duckdb.DuckDBPyConnection, case: Case, number: int) -> None:
    """Keep what a copy that turns up is traced by, beside the extracts: it is nobody else's."""
    marks = case.folder / "marks"
    marks.mkdir(exist_ok=True, mode=0o700)
    file = marks / f"{number}.parquet"
    con.execute(f"COPY (FROM sharing_marks ORDER BY ALL) TO {literal(str(file))} (FORMAT parquet)")
    file.chmod(0o600)
    on_disk(file)
