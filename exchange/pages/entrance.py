"""Signing in, choosing a password, signing out."""

import hashlib
import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from exchange.pages import web
from exchange.pages.staff import Member, fits, hashed
from exchange.pages.state import Pages
from exchange.service.service import now
from ibr.people import is_same_person
from warehouse.audit import record

SHORTEST = 12  # characters of a password
_FORM = "ibr_sign_in"  # the cookie beside the form of whoever has no session yet
_TOKEN_LENGTH = 64
_BUCKETS = 1024
_NOBODYS = hashed(secrets.token_hex())  # what is tried for a name that nobody has: it takes as long

router = APIRouter(route_class=web.PageRoute)
Newcomer = Annotated[web.Visitor, Depends(web.newcomer)]


@router.get("/sign-in")
def sign_in_page(request: Request) -> Response:
    """The form."""
    return _sign_in_page(request, "over" if "over" in request.query_params else None)


@router.post("/sign-in")
def sign_in(request: Request, form: Annotated[dict[str, str], Depends(web.given)]) -> Response:
    """A session for who shows their password; or, as long as they chose none, the first secret."""
    pages = web.pages_of(request)
    web.require_token(form, request.cookies.get(_FORM) or secrets.token_hex())
    name = " ".join(form.get("name", "").split())[:200]
    member = pages.roll.find(name)
    if pages.attempts.wait(bucket := _bucket(name, member)):
        return _sign_in_page(request, "too_many", 429)
    if not _opens(pages, member, form.get("password", "")) or member is None:
        pages.refusals.tell(member.name if member else "unknown")
        return _sign_in_page(request, "wrong", 403)
    pages.attempts.refill(bucket)
    record(pages.home, "staff_signed_in", member.name, details={"profile": member.profile})
    response = RedirectResponse("/", 303)
    web.set_session(request, response, pages.sessions.begin(member, now()))
    response.delete_cookie(_FORM)
    return response


@router.get("/password")
def password_page(request: Request, found: Newcomer) -> Response:
    """The form for choosing one."""
    return _password_page(request, found)


@router.post("/password")
def choose_password(
    request: Request, found: Newcomer, form: Annotated[dict[str, str], Depends(web.newcomers_form)]
) -> Response:
    """Keep a password that somebody chose; they go on in a new session, and their others end."""
    pages, chosen = web.pages_of(request), form.get("password", "")
    is_first = pages.sessions.password(found.member) is None
    if pages.attempts.wait(_bucket(found.member.name, found.member)):
        return _password_page(request, found, "too_many", 429)
    if not is_first and not _opens(pages, found.member, form.get("present", "")):
        return _password_page(request, found, "present_wrong", 403)
    if len(chosen) < SHORTEST or is_same_person(chosen, found.member.name) or fits(chosen, found.member.secret):
        return _password_page(request, found, "too_easy", 422)
    if chosen != form.get("again", ""):
        return _password_page(request, found, "not_alike", 422)
    pages.sessions.choose(found.member, hashed(chosen))
    record(pages.home, "staff_password_chosen", found.member.name)
    response = RedirectResponse("/", 303)
    web.set_session(request, response, pages.sessions.begin(found.member, now()))
    return response


@router.post("/sign-out")
def sign_out(
    request: Request, found: Newcomer, form: Annotated[dict[str, str], Depends(web.newcomers_form)]
) -> Response:
    """End the session."""
    pages = web.pages_of(request)
    pages.sessions.end(found.token)
    record(pages.home, "staff_signed_out", found.member.name)
    response = RedirectResponse("/sign-in", 303)
    web.end_session(request, response)
    return response


def _opens(pages: Pages, member: Member | None, password: str) -> bool:
    """Whether this is somebody's password, or their first secret while it lasts."""
    kept = pages.sessions.password(member) if member else None
    is_over = member is None or (kept is None and now() > member.first_secret_ends)
    with pages.guessing:
        is_right = fits(password, kept or (member.secret if member else _NOBODYS))
    return is_right and not is_over


def _bucket(name: str, member: Member | None) -> str:
    """What counts attempts on a name. Names that nobody has share a thousand buckets, so that they take no memory; a
    member's is refilled by nobody else's sign-in."""
    if member:
        return f"member {member.name}"
    digest = hashlib.sha256(name.casefold().encode()).digest()
    return str(int.from_bytes(digest[:4]) % _BUCKETS)


def _sign_in_page(request: Request, problem: str | None, status: int = 200) -> Response:
    held = request.cookies.get(_FORM, "")
    token = held if len(held) == _TOKEN_LENGTH else secrets.token_hex()
    page = web.show(request, "sign_in.html", status=status, problem=problem, form_token=token)
    web.set_cookie(request, page, _FORM, token)
    return page


def _password_page(
    request: Request, found: web.Visitor, problem: str | None = None, status: int = 200
) -> Response:
    is_first = web.pages_of(request).sessions.password(found.member) is None
    return web.show(
        request, "password.html", found, status, problem=problem, is_first=is_first, shortest=SHORTEST,
    )  # fmt: skip
