"""What every page has: who visits, the language, forms that only our own pages can send, headers, errors as pages."""

import hmac
import logging
import traceback
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import parse_qsl

import jinja2
from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute

from exchange.catalogues import ENGLISH, Words
from exchange.enquiries import Scope
from exchange.pages.staff import Member, Profile
from exchange.service.service import now
from exchange.service.snapshot import TOO_OLD
from ibr.errors import IbrError

if TYPE_CHECKING:
    from exchange.pages.state import Pages

_LOG = logging.getLogger("ibr.pages")
SESSION, LANGUAGE = "ibr_session", "ibr_language"
LARGEST_FORM = 32 * 1024
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_HEADERS = {
    # Nothing from elsewhere, no script or style within a page, in nobody's frame.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
                               "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}  # fmt: skip
_HERE = Path(__file__).parent
_TEMPLATES = jinja2.Environment(
    # The portal's tables, charts and maps are the pages' too.
    loader=jinja2.FileSystemLoader([_HERE / "templates", _HERE.parent / "portal" / "templates"]),
    autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined,
)  # fmt: skip


class SignedOut(Exception):
    """Nobody is signed in; `was`: somebody was until lately."""

    def __init__(self, was: bool) -> None:
        super().__init__()
        self.was = was


class PasswordNeeded(Exception):
    """Somebody has signed in by the first secret, and has to choose a password before anything else."""


class NoPage(Exception):
    """A page is not shown: its status, and the key of the words that say why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


@dataclass(frozen=True)
class Visitor:
    """Somebody who has signed in."""

    member: Member
    form_token: str
    token: str

    @property
    def scope(self) -> Scope:
        """How far they may see."""
        return Scope(self.member.program, self.member.county)


def pages_of(request: Request) -> "Pages":
    """What the pages of this application hold."""
    held: Pages = request.app.state.pages
    return held


class PageRoute(APIRoute):
    """A route whose answers bear our headers, and whose errors are pages."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        original = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                response = await original(request)
            except SignedOut as out:
                response = RedirectResponse("/sign-in?over=1" if out.was else "/sign-in", 303)
            except PasswordNeeded:
                response = RedirectResponse("/password", 303)
            except NoPage as problem:
                response = show(request, "problem.html", status=problem.status, why=problem.why)
            except RequestValidationError:
                response = show(request, "problem.html", status=404, why="no_such_page")
            except IbrError:
                response = show(request, "problem.html", status=503, why="not_available")
            except Exception as error:
                # Without its words, which may hold somebody's values: of what kind it is, and where.
                at = traceback.extract_tb(error.__traceback__)[-1]
                _LOG.error("a page failed: %s at %s:%s", type(error).__name__, Path(at.filename).name, at.lineno)
                response = show(request, "problem.html", status=500, why="failed")
            if chosen := _chosen(request):
                response.set_cookie(LANGUAGE, chosen, max_age=365 * 86_400, **_cookie(request))
            return secured(response)

        return handler


def secured(response: Response) -> Response:
    """With the headers of every page."""
    response.headers.update(_HEADERS)
    return response


def set_cookie(request: Request, response: Response, name: str, value: str) -> None:
    """Give the browser a cookie, which it forgets when it is closed."""
    response.set_cookie(name, value, **_cookie(request))


def set_session(request: Request, response: Response, token: str) -> None:
    """Give the browser a session."""
    set_cookie(request, response, SESSION, token)


def end_session(request: Request, response: Response) -> None:
    """Have the browser forget its session."""
    response.delete_cookie(SESSION, **_cookie(request))


def _cookie(request: Request) -> dict[str, Any]:
    """No script reads it, no other site has it sent; over an encrypted connection alone, but on this very machine."""
    return {"httponly": True, "samesite": "strict", "secure": not _is_this_machine(request), "path": "/"}


def _is_this_machine(request: Request) -> bool:
    """Whether the browser runs here. Behind a proxy that passes no Host on it would seem so of everybody."""
    is_passed_on = any(name == "forwarded" or name.startswith("x-forwarded-") for name in request.headers)
    return request.url.hostname in _LOOPBACK and not is_passed_on


def newcomer(request: Request) -> Visitor:
    """Who has signed in, also before they chose a password. Raises SignedOut."""
    pages, token = pages_of(request), request.cookies.get(SESSION)
    session = pages.sessions.find(token, now()) if token else None
    member = pages.roll.find(session.name) if session else None
    if not (token and session and member) or member.secret != session.first_secret:
        raise SignedOut(was=bool(token))
    return Visitor(member, session.form_token, token)


def visitor(request: Request, found: Annotated[Visitor, Depends(newcomer)]) -> Visitor:
    """Who has signed in. Raises SignedOut, PasswordNeeded."""
    if pages_of(request).sessions.password(found.member) is None:
        raise PasswordNeeded
    return found


def secretariat(found: Annotated[Visitor, Depends(visitor)]) -> Visitor:
    """Who has signed in, of the secretariat. Raises NoPage for others."""
    if found.member.profile is not Profile.SECRETARIAT:
        raise NoPage(403, "not_yours")
    return found


async def given(request: Request) -> dict[str, str]:
    """The fields of a form. Raises NoPage where it is none, or too large."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            raise NoPage(413, "form_too_large")
    try:
        fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=50, errors="strict")
    except ValueError:
        raise NoPage(400, "form_not_readable") from None
    return {name: value.strip() for name, value in fields}


def require_token(form: Mapping[str, str], expected: str) -> None:
    """Whether a form came from a page of ours. Raises NoPage where not."""
    if not hmac.compare_digest(form.get("form_token", "").encode(), expected.encode()):
        raise NoPage(403, "form_out_of_date")


def newcomers_form(
    form: Annotated[dict[str, str], Depends(given)], found: Annotated[Visitor, Depends(newcomer)]
) -> dict[str, str]:
    """A form that somebody sent who has signed in, also before they chose a password."""
    require_token(form, found.form_token)
    return form


def posted(
    form: Annotated[dict[str, str], Depends(given)], found: Annotated[Visitor, Depends(visitor)]
) -> dict[str, str]:
    """A form that somebody sent from a page of ours."""
    require_token(form, found.form_token)
    return form


Signed = Annotated[Visitor, Depends(visitor)]
OfSecretariat = Annotated[Visitor, Depends(secretariat)]
Form = Annotated[dict[str, str], Depends(posted)]


def words_of(request: Request) -> Words:
    """The language that somebody chose, else the first of the browser's that there is, else the country's."""
    pages = pages_of(request)
    wanted = [request.query_params.get("lang"), request.cookies.get(LANGUAGE)]
    accepted = request.headers.get("Accept-Language", "")[:200]
    wanted += [one.split(";")[0].split("-")[0].strip().lower() for one in accepted.split(",")]
    found = (pages.languages[code] for code in [*wanted, *pages.in_order, ENGLISH] if code in pages.languages)
    return next(found)


def _chosen(request: Request) -> str | None:
    code = request.query_params.get("lang")
    return code if code in pages_of(request).languages else None


def show(
    request: Request, template: str, visitor: Visitor | None = None, status: int = 200, **values: Any
) -> HTMLResponse:
    """A page in the language of who asks; `visitor`: who has signed in."""
    pages, words = pages_of(request), words_of(request)
    told = {
        "say": words.say, "texts": words.texts, "lang": words.language, "languages": pages.languages,
        "languages_here": _languages_here(request), "country": pages.registry.country, "about": None,
        "member": visitor.member if visitor else None, "form_token": visitor.form_token if visitor else "",
        "page": template.removesuffix(".html"), "day": words.day, "currency": pages.registry.currency,
        "days_old": _days_old(request) if visitor else None,
        "programs": {code: program.name for code, program in pages.registry.programs.items()},
    } | values  # fmt: skip
    return HTMLResponse(_TEMPLATES.get_template(template).render(**told), status)


def _days_old(request: Request) -> int | None:
    """How many days old the publication is, where it is older than the service answers from; None where it is not."""
    snapshots = request.app.state.service.snapshots
    return snapshots.age.days if snapshots.problem == TOO_OLD else None


def _languages_here(request: Request) -> dict[str, str]:
    """Where the same page is in each language; the answer to a form is asked for anew."""
    urls = {code: request.url.include_query_params(lang=code) for code in pages_of(request).in_order}
    return {code: f"{url.path}?{url.query}" for code, url in urls.items()}
