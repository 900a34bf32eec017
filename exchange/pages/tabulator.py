"""The tabulator: what to count, by one or two variables; on the page, as CSV, as a workbook."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from exchange.pages import downloads, tabulating, web
from exchange.pages.reading import Reading, reading
from exchange.pages.tabulating import FILTERS, Choice
from exchange.portal.labels import Speaker
from exchange.portal.tables import Table
from warehouse.audit import record

router = APIRouter(route_class=web.PageRoute)


@router.get("/tables")
def tables_page(request: Request, visitor: web.Signed) -> Response:
    """The form, and the table that it asks for."""
    pages = web.pages_of(request)
    with reading(pages, visitor.member) as opened:
        held = tabulating.subjects(opened)
        choice = _choice(opened, request, visitor)
        speaker = _speaker(opened, request, choice)
        table = _made(request, visitor, opened, choice, speaker)
        filters = {
            name: [(code, speaker.label(name, code)) for code in codes]
            for name in FILTERS if len(codes := tabulating.values_of(opened, choice.subject, name)) > 1
        }
        return web.show(
            request, "tables.html", visitor, about=opened.about, subjects=held, choice=choice, table=table,
            filters=filters, query=urlencode(choice.query), label=speaker.label,
        )  # fmt: skip


@router.get("/tables.csv")
def tables_csv(request: Request, visitor: web.Signed) -> Response:
    """The table as CSV."""
    table, choice, _ = _taken(request, visitor)
    return _file(downloads.csv_of(table), "text/csv; charset=utf-8", f"{choice.name}.csv")


@router.get("/tables.xlsx")
def tables_xlsx(request: Request, visitor: web.Signed) -> Response:
    """The table as a workbook."""
    table, choice, opened = _taken(request, visitor)
    words = web.words_of(request)
    note = words.say("site.as_at", day=words.day(opened.about.reporting_date))
    sheet = words.texts[f"subject.{choice.subject.name}"]
    content = downloads.workbook_of(table, sheet, note, opened.about.reporting_date)
    return _file(content, downloads.XLSX, f"{choice.name}.xlsx")


def _taken(request: Request, visitor: web.Visitor) -> tuple[Table, Choice, Reading]:
    pages = web.pages_of(request)
    with reading(pages, visitor.member) as opened:
        choice = _choice(opened, request, visitor)
        speaker = _speaker(opened, request, choice)
        return _made(request, visitor, opened, choice, speaker), choice, opened


def _choice(opened: Reading, request: Request, visitor: web.Visitor) -> Choice:
    """What is asked for. A value that is none of the publication's is left out: it would stand in the trail."""
    held, asked, program = tabulating.subjects(opened), request.query_params, visitor.member.program
    choice = tabulating.chosen(held, asked, program)
    if choice is None:
        raise web.NoPage(503, "nothing_to_count")
    unknown = {
        name for name, value in choice.fixed.items() if value not in tabulating.values_of(opened, choice.subject, name)
    }
    known = {name: value for name, value in asked.items() if name not in unknown}
    return tabulating.chosen(held, known, program) or choice


def _speaker(opened: Reading, request: Request, choice: Choice) -> Speaker:
    words, currency = web.words_of(request), web.pages_of(request).registry.currency
    is_of_one = "program" in choice.fixed or "dim_payment_cycle" not in opened.tables
    return opened.speaker(words, currency) if is_of_one else opened.speaker_of_several(words, currency)


def _made(request: Request, visitor: web.Visitor, opened: Reading, choice: Choice, speaker: Speaker) -> Table:
    """The table; that somebody had it is in the trail first."""
    record(
        web.pages_of(request).home, "tabulated", visitor.member.name,
        details=choice.query | {"as": request.url.path, "version": opened.about.version},
    )  # fmt: skip
    return tabulating.table_of(tabulating.cube_of(opened, choice), choice, speaker)


def _file(content: bytes, kind: str, name: str) -> Response:
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
