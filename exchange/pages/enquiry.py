"""Enquiries: is this person known, alive, enrolled, paid? By a form alone: nobody's particulars are in a URL."""

import datetime as dt
from collections.abc import Mapping

from fastapi import APIRouter, Request, Response

from exchange.enquiries import Answer, Question, enquire
from exchange.enquiries.question import MOST_PURPOSE
from exchange.pages import web
from exchange.pages.state import MEMORY_LIMIT, THREADS
from ibr.errors import UsageProblem

router = APIRouter(route_class=web.PageRoute)


@router.get("/enquiry")
def enquiry_page(request: Request, visitor: web.Signed) -> Response:
    """The form."""
    return _page(request, visitor)


@router.post("/enquiry")
def answer_enquiry(request: Request, visitor: web.Signed, form: web.Form) -> Response:
    """The answer, as far as the visitor may see; it is in the trail before it is told."""
    pages = web.pages_of(request)
    if pages.enquiries.wait(visitor.member.name):
        return _page(request, visitor, form, problem="too_many", status=429)
    asked = _question(form)
    if isinstance(asked, str):
        return _page(request, visitor, form, problem=asked, status=422)
    with pages.reading:
        answer = enquire(
            pages.home, asked, visitor.member.name, visitor.scope, memory_limit=MEMORY_LIMIT, threads=THREADS
        )
    return _page(request, visitor, form, answer=answer)


def _question(form: Mapping[str, str]) -> Question | str:
    """What was asked; or why nothing can be, as the key of its words."""
    purpose, national_id, name = (form.get(field, "") for field in ("purpose", "national_id", "full_name"))
    if not national_id and not name:
        return "nobody"
    if not purpose or len(purpose) > MOST_PURPOSE:
        return "purpose"
    try:
        born = dt.date.fromisoformat(form["birth_date"]) if form.get("birth_date") else None
    except ValueError:
        return "birth_date"
    try:
        return Question(purpose, national_id[:40] or None, name[:200] or None, born)
    except UsageProblem:
        return "purpose_names"


def _page(
    request: Request, visitor: web.Visitor, form: Mapping[str, str] | None = None, *, answer: Answer | None = None,
    problem: str | None = None, status: int = 200,
) -> Response:  # fmt: skip
    return web.show(
        request, "enquiry.html", visitor, status, about=answer, answer=answer, problem=problem, given=form or {},
        most_purpose=MOST_PURPOSE,
    )  # fmt: skip
