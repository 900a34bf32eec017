"""The first page."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from exchange.pages import overview, web
from exchange.pages.reading import map_of, reading
from exchange.pages.staff import Profile

router = APIRouter(route_class=web.PageRoute)


@router.get("/")
def start_page(request: Request, visitor: web.Signed) -> Response:
    """Key figures, what waits, and payments, as far as the visitor may see."""
    pages, words, member = web.pages_of(request), web.words_of(request), visitor.member
    with reading(pages, member) as opened:
        speaker = opened.speaker(words, pages.registry.currency)
        first, further = overview.of_all(opened, speaker)
        own = overview.of_one(opened, words) if member.profile is not Profile.SECRETARIAT else []
        placed = map_of(pages, speaker) if member.profile is not Profile.COUNTY else None
        return web.show(
            request, "start.html", visitor, about=opened.about, figures=first or own, further=further,
            waiting=overview.waiting(opened, words), payments=overview.payments(opened, speaker),
            map=overview.coverage(opened, speaker, placed, member.program) if placed else None,
            speaker=speaker, urlencode=urlencode,
        )  # fmt: skip
