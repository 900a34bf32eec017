"""The pages of an application: their routes, and the files beside them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from exchange.pages import answering, enquiry, entrance, review, start, tabulator, web
from exchange.pages.state import Pages
from exchange.portal import FOLDER
from ibr.workspace import Workspace

_HERE = Path(__file__).parent
_ASSETS = {
    "style.css": (_HERE.parent / "portal" / "templates" / "style.css", "text/css"),
    "pages.css": (_HERE / "templates" / "pages.css", "text/css"),
    "pages.js": (_HERE / "templates" / "pages.js", "text/javascript"),
}


def add_pages(app: FastAPI, workspace: Workspace) -> None:
    """Add the pages for staff, and the public's under `/public/`, to an application."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.pages = Pages(workspace.home, workspace.registry)
        yield
        app.state.pages.close()

    router = APIRouter(lifespan=lifespan)
    for part in (entrance, start, tabulator, enquiry, review, answering):
        router.include_router(part.router)
    app.include_router(router, include_in_schema=False)
    app.add_api_route("/assets/{name}", asset, include_in_schema=False)
    app.mount("/public", _Public(directory=workspace.home / FOLDER, html=True, check_dir=False))


def asset(request: Request, name: str) -> Response:
    """A file that pages load: looked up in a list, whatever is asked for."""
    if name not in _ASSETS:
        return web.secured(Response(status_code=404))
    file, kind = _ASSETS[name]
    headers = {"Cache-Control": "max-age=3600"}
    return web.secured(Response(file.read_bytes(), media_type=f"{kind}; charset=utf-8", headers=headers))


class _Public(StaticFiles):
    """The portal's files, with the headers of every page; the folder comes with the first publication."""

    async def check_config(self) -> None:
        """Nothing: there may be no folder yet."""

    async def get_response(self, path: str, scope: Any) -> Response:
        try:
            return web.secured(await super().get_response(path, scope))
        except HTTPException as error:
            return web.secured(Response(status_code=error.status_code))
