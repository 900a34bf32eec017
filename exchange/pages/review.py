"""The review queue: the secretariat's cases side by side. Decisions go into the inbox, for the next run to take up."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from exchange.pages import answering, standing, web
from exchange.pages.staff import Profile
from exchange.pages.standing import Standing
from exchange.review import DECISIONS
from exchange.review.inbox import Left, decisions_left, leave_decision, take_back
from exchange.review.published import published_case, published_queue, waiting
from exchange.service.service import now
from warehouse.audit import record

MOST_COMMENT = 500
_LISTED = 25  # whose records an event of the trail holds in itself

router = APIRouter(route_class=web.PageRoute)


@router.get("/review")
def review_page(request: Request, visitor: web.Signed) -> Response:
    """What waits for the visitor: cases of the secretariat, or exceptions of a program; and what they decided."""
    pages, member = web.pages_of(request), visitor.member
    if member.profile is Profile.PROGRAM:
        return answering.exceptions_page(request, visitor)
    if member.profile is not Profile.SECRETARIAT:
        raise web.NoPage(403, "not_yours")
    found = _standing(request, visitor)
    shown = found[:_LISTED]
    record(pages.home, "review_listed", member.name, subjects=[one for case in shown for one in case.case.pair])
    return web.show(
        request, "review.html", visitor, cases=shown, total=len(found), mine=_mine(request, visitor)
    )


@router.get("/review/case/{case_id}")
def case_page(request: Request, visitor: web.OfSecretariat, case_id: str) -> Response:
    """Both records side by side, the evidence, and what can be decided."""
    pages = web.pages_of(request)
    with pages.reading, published_queue(pages.home) as con:
        case = published_case(con, case_id)
    found = _standing(request, visitor)
    here = next((one for one in found if one.case.case_id == case_id), None)
    if case is None or here is None:
        return RedirectResponse("/review", 303)
    record(pages.home, "review_shown", visitor.member.name, subjects=case.pair)
    before, after = standing.beside(found, case_id)
    return web.show(
        request, "case.html", visitor, case=case, case_id=case_id, heard=here.heard, before=before, after=after,
        decisions=DECISIONS, last=next((one for one in _mine(request, visitor) if not one.is_taken_up), None),
        total=len(found),
        place=found.index(here) + 1, most_comment=MOST_COMMENT,
    )  # fmt: skip


@router.post("/review/case/{case_id}")
def decide_case(request: Request, visitor: web.OfSecretariat, form: web.Form, case_id: str) -> Response:
    """Leave a decision for the next run, and go on with the case that follows."""
    pages, decision, comment = web.pages_of(request), form.get("decision", ""), form.get("comment", "")
    if decision not in DECISIONS or len(comment) > MOST_COMMENT:
        raise web.NoPage(422, "no_decision")
    found = _standing(request, visitor)
    here = next((one for one in found if one.case.case_id == case_id), None)
    if here is None:
        raise web.NoPage(409, "decided_since")
    _, after = standing.beside(found, case_id)
    # First the trail, then the decision: none is left that nobody took.
    record(pages.home, "review_left", visitor.member.name, subjects=here.case.pair, details={"decision": decision})
    leave_decision(pages.home, here.case.pair, decision, visitor.member.name, now(), comment=comment or None)
    return RedirectResponse(f"/review/case/{after}" if after else "/review", 303)


@router.post("/review/back/{left_id}")
def take_decision_back(request: Request, visitor: web.Signed, form: web.Form, left_id: str) -> Response:
    """Take a decision of one's own back that no run has taken up."""
    home, by = web.pages_of(request).home, visitor.member.name
    if not take_back(home, left_id, by):
        raise web.NoPage(409, "taken_up")
    return RedirectResponse("/review", 303)


def _standing(request: Request, visitor: web.Visitor) -> list[Standing]:
    pages = web.pages_of(request)
    with pages.reading, published_queue(pages.home) as con:
        cases = waiting(con)
    two_people = pages.registry.decisions.two_people
    return standing.for_person(cases, decisions_left(pages.home), visitor.member.name, two_people)


def _mine(request: Request, visitor: web.Visitor) -> list[Left]:
    """The visitor's decisions that no publication shows yet, the last first."""
    left = decisions_left(web.pages_of(request).home)
    return [one for one in reversed(left) if one.by == visitor.member.name]
