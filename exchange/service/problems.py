"""What is answered where nothing is: a code, words, and what to do; never a value that was sent."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exchange.service.asking import Overloaded
from exchange.service.snapshot import NotAvailable
from ibr.errors import IbrError

_LOG = logging.getLogger("ibr.service")
LARGEST_BODY = 64 * 1024 * 1024
_UNAVAILABLE = {
    "nothing_is_published": "nothing is published yet",
    "no_index": "the current publication has no index for the service; the next run builds one",
    "publication_too_old": "the current publication is older than service.max_age_hours allows",
}


class Refused(Exception):
    """A request that is not answered: its status, a code and words; `retry_after`: seconds."""

    def __init__(self, status: int, code: str, words: str, retry_after: float | None = None) -> None:
        super().__init__(code)
        self.status, self.code, self.words, self.retry_after = status, code, words, retry_after


def told(status: int, code: str, words: str, retry_after: float | None = None, **more: Any) -> JSONResponse:
    """A problem as JSON."""
    headers = {} if retry_after is None else {"Retry-After": str(max(1, round(retry_after + 0.5)))}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse({"error": code, "message": words, **more}, status, headers)


def tell_problems(app: FastAPI) -> None:
    """Every problem in its own words."""

    @app.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> JSONResponse:
        return told(error.status, error.code, error.words, error.retry_after)

    @app.exception_handler(NotAvailable)
    async def not_available(request: Request, error: NotAvailable) -> JSONResponse:
        code = str(error)
        return told(503, code, f"could not check: {_UNAVAILABLE.get(code, code)}", 60)

    @app.exception_handler(Overloaded)
    async def overloaded(request: Request, error: Overloaded) -> JSONResponse:
        return told(503, "overloaded", "could not check: more is asked than can be answered in time; ask again", 1)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        # Without the values: they are of somebody.
        places = [
            {"at": ".".join(map(str, one["loc"])), "problem": one["type"]} for one in error.errors()[:20]
        ]
        return told(422, "not_as_expected", "the request is not as /openapi.json describes it", problems=places)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        return told(error.status_code, "http_error", str(error.detail))

    @app.exception_handler(IbrError)
    async def ours(request: Request, error: IbrError) -> JSONResponse:
        return told(503, "not_available", f"could not check: {type(error).__name__}", 60)


class WithoutWords:
    """Answers what nothing else has: the kind of an error is logged, never its words, which may hold what was asked."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def sending(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:
            _LOG.error("a request could not be answered (%s)", type(error).__name__)
            if not has_begun:
                await _defect(error)(scope, receive, send)


def _defect(error: Exception) -> JSONResponse:
    if isinstance(error, OSError):  # as a trail that cannot be written
        return told(503, "not_available", f"could not check: {type(error).__name__}", 60)
    return told(500, "defect", "could not check: a defect of this service; its log says when")


class BoundedBodies:
    """Refuses a body that is larger than any that is expected, before it is read whole."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        stated = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if stated.isdigit() and int(stated) > LARGEST_BODY:
            await told(413, "too_large", f"a request may have {LARGEST_BODY} bytes")(scope, receive, send)
            return
        read = 0

        async def bounded() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > LARGEST_BODY:
                raise Refused(413, "too_large", f"a request may have {LARGEST_BODY} bytes")
            return message

        await self._app(scope, bounded, send)
