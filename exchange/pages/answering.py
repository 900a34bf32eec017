"""A program's exceptions at the pages: the rows of its last file, which it answers as it would answer the file."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import polars as pl
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from exchange.decisions import Reading
from exchange.decisions.read import ROW, read
from exchange.exceptions.sheets import ACTION, COMMENT, DECIDED_BY, DECIDED_ON, DECISION, SHEETS
from exchange.exceptions.words import languages
from exchange.pages import web
from exchange.pages.staff import Profile
from exchange.pages.state import Pages
from exchange.review.inbox import Left, decisions_left, leave_decision
from exchange.service.service import now
from exchange.sheets import Sheet
from warehouse.audit import record

MOST_COMMENT = 500
_LISTED = 50
_NUMBER = "exception_id"
_ASIDE = ("run", _NUMBER, "match_id", DECISION, ACTION, DECIDED_BY, DECIDED_ON, COMMENT)
_FIRST = (
    "name", "about", "finding", "check", "gravity", "verdict", "rule", "other program", "other side's status",
    "other program's answer", "fields that differ", "evidence, as first found", "what has changed since", "certainty",
    "amount at stake", "suggested action",
)
_OTHER = "other {} (own program only)"
_RECORDS = ("our record", "other record (own program only)")
_SIDES = ("name", "sex", "birth date", "ID number", "phone")  # of both sides, where both are the program's

router = APIRouter(route_class=web.PageRoute)


@dataclass(frozen=True)
class Exceptions:
    """The rows of one sheet of a program's last file, as text under our headings; `dated`: the day of the file."""

    sheet: Sheet
    rows: pl.DataFrame
    dated: str


def exceptions_page(request: Request, visitor: web.Visitor) -> Response:
    """The exceptions that the visitor's program has not answered, sheet by sheet."""
    pages, member = web.pages_of(request), visitor.member
    stem = request.query_params.get("sheet", SHEETS[0].file_stem)
    found, left = _exceptions(pages.home, member.program or "", stem), decisions_left(pages.home)
    rows = _open(found, left)
    shown = rows.head(_LISTED).rows(named=True)
    record(pages.home, "review_listed", member.name, subjects=[one for row in shown for one in _subjects(row)])
    return web.show(
        request, "exceptions.html", visitor, sheets=SHEETS, sheet=found.sheet, rows=shown, total=rows.height,
        dated=found.dated, mine=[one for one in reversed(left) if one.by == member.name],
    )  # fmt: skip


@router.get("/review/exception/{stem}/{number}")
def exception_page(request: Request, visitor: web.Signed, stem: str, number: str) -> Response:
    """One exception: our record, the other side as far as the program may know it, the evidence, and the answers."""
    pages, found, rows = _of_program(request, visitor, stem)
    row = _row(rows, number)
    record(pages.home, "review_shown", visitor.member.name, subjects=_subjects(row))
    numbers = rows[_NUMBER].to_list()
    place = numbers.index(number)
    # What matters for the decision first; without the mark that keeps a spreadsheet from taking text for a formula.
    order = sorted(row, key=lambda heading: heading not in _FIRST)
    shown = {heading: (row[heading] or "").removeprefix("'") for heading in order if heading not in _ASIDE}
    other = {name: shown.pop(_OTHER.format(name), None) for name in _SIDES}
    shown = {heading: value for heading, value in shown.items() if value}
    return web.show(
        request, "exception.html", visitor, row=row, shown=shown, other=other if any(other.values()) else {},
        sheet=found.sheet, decisions=found.sheet.choices(DECISION), actions=found.sheet.choices(ACTION),
        before=numbers[place - 1] if place else None, after=numbers[place + 1] if place + 1 < len(numbers) else None,
        place=place + 1, total=len(numbers), most_comment=MOST_COMMENT,
    )  # fmt: skip


@router.post("/review/exception/{stem}/{number}")
def answer_exception(request: Request, visitor: web.Signed, form: web.Form, stem: str, number: str) -> Response:
    """Leave an answer for the next run, and go on with the exception that follows."""
    pages, found, rows = _of_program(request, visitor, stem)
    row, member = _row(rows, number), visitor.member
    decision, action, comment = (form.get(name, "") for name in ("decision", "action", "comment"))
    if decision not in found.sheet.choices(DECISION) or len(comment) > MOST_COMMENT:
        raise web.NoPage(422, "no_decision")
    if action and action not in found.sheet.choices(ACTION):
        raise web.NoPage(422, "no_decision")
    at = now()
    answered = {heading: value or "" for heading, value in row.items()} | {
        DECISION: decision, ACTION: action, COMMENT: comment, DECIDED_BY: member.name,
        # A made-up country may be ahead of us.
        DECIDED_ON: max(found.dated, pages.registry.schedule.day_of(at).isoformat()),
    }  # fmt: skip
    told = {"decision": decision, "action": action}
    record(pages.home, "review_left", member.name, subjects=_subjects(row), details=told)
    leave_decision(
        pages.home, [number], decision, member.name, at, comment=comment or None, program=member.program,
        action=action or None, row=answered,
    )  # fmt: skip
    numbers = rows[_NUMBER].to_list()
    following = numbers[numbers.index(number) + 1:]
    return RedirectResponse(
        f"/review/exception/{stem}/{following[0]}" if following else f"/review?sheet={stem}", 303
    )


def _of_program(request: Request, visitor: web.Visitor, stem: str) -> tuple[Pages, Exceptions, pl.DataFrame]:
    pages, member = web.pages_of(request), visitor.member
    if member.profile is not Profile.PROGRAM:
        raise web.NoPage(403, "not_yours")
    found = _exceptions(pages.home, member.program or "", stem)
    return pages, found, _open(found, decisions_left(pages.home))


def _row(rows: pl.DataFrame, number: str) -> dict[str, str | None]:
    found = rows.filter(pl.col(_NUMBER) == number).rows(named=True)
    if not found:
        raise web.NoPage(409, "decided_since")
    return found[0]


def _subjects(row: Mapping[str, str | None]) -> list[str]:
    """Whom an event about a row is about: its number, and the records by which a person's events are found."""
    return [value.removeprefix("'") for value in (row[_NUMBER], *map(row.get, _RECORDS)) if value]


def _open(found: Exceptions, left: list[Left]) -> pl.DataFrame:
    """The rows that nobody has answered at the pages since."""
    return found.rows.filter(~pl.col(_NUMBER).is_in([one.subject[0] for one in left if one.program]))


def _exceptions(home: Path, program: str, stem: str) -> Exceptions:
    """A sheet of a program's last file. Raises NoPage where there is none that can be read here."""
    sheet = next((one for one in SHEETS if one.file_stem == stem), None)
    if sheet is None:
        raise web.NoPage(404, "no_such_page")
    folders = sorted(path for path in (home / "exceptions" / program).glob("[0-9]*") if path.is_dir())
    file = folders[-1] / f"{stem}.csv" if folders else None
    if file is None or not file.is_file():
        raise web.NoPage(503, "no_exceptions")
    return Exceptions(sheet, _read(home, file, file.stat().st_mtime_ns), folders[-1].name[:10])


@lru_cache(maxsize=24)
def _read(home: Path, file: Path, changed: int) -> pl.DataFrame:
    """The rows of a file as it was when it was changed last."""
    back = read(file, file.name, Reading(languages(home)))
    if not back.sheets:
        raise web.NoPage(503, "no_exceptions")
    return back.sheets[0].rows.drop(ROW)
