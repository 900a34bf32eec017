"""The standard's paths: each message read within bounds, opened, answered in a thread; every error in its shape."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import orjson
from fastapi import APIRouter, FastAPI, Request, Response, Security
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from pydantic import BaseModel
from starlette.requests import ClientDisconnect

from exchange.service.problems import Refused
from exchange.service.service import Service, now
from exchange.spdci import handlers, models
from exchange.spdci.answer_models import (
    Acknowledgement,
    Answer,
    EnrolledResponse,
    EnrollmentUpdatesResponse,
    JsonWebKeys,
    NotTaken,
    SearchResponse,
    TxnStatusResponse,
)
from exchange.spdci.codes import Error
from exchange.spdci.describing import request_body
from exchange.spdci.envelope import LARGEST_MESSAGE, opened
from exchange.spdci.problems import HeaderRejected, Rejected, from_refused, told, unavailable
from exchange.spdci.standard import Standard
from exchange.spdci.store import answering
from exchange.spdci.working import Thread, answer_next, send_next
from ibr.errors import IbrError
from ibr.workspace import Workspace

_LOG = logging.getLogger("ibr.service")
_METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
_NOT_TAKEN: dict[int | str, dict[str, Any]] = {
    status: {"model": NotTaken, "description": description}
    for status, description in {
        400: "Not as the standard has it", 401: "No key, or not signed with the caller's",
        403: "Not in the key's scope", 413: "Too large", 415: "No application/json", 429: "More than the key may ask",
        500: "A defect here", 503: "Could not check, which says nothing about a person",
    }.items()
}  # fmt: skip


class _Route(APIRoute):
    """A route whose every error has the standard's shape."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                return await handle(request)
            except Rejected as error:
                return told(error)
            except Refused as error:
                return told(from_refused(error))
            except IbrError as error:  # as a trail that cannot be written
                return told(unavailable(type(error).__name__))
            except ClientDisconnect:
                return told(Rejected(Error.BAD, "the connection ended before the message"))
            except Exception as error:
                # The kind alone: an error's own words may hold what was asked.
                _LOG.error("a message of the standard could not be answered (%s)", type(error).__name__)
                return told(Rejected(Error.UNAVAILABLE, "could not check: a defect of this registry", 500))

        return guarded


def standard_router(workspace: Workspace) -> APIRouter:
    """The standard's routes of a workspace, with the threads that work on what is asynchronous."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        service: Service = app.state.service
        loop = asyncio.get_running_loop()
        standard = Standard(service, workspace.home, workspace.registry, loop, now)
        app.state.standard = standard
        threads = [
            Thread("standard answers", partial(answer_next, standard), standard.store.to_answer),
            Thread("standard callbacks", partial(send_next, standard), standard.store.to_send),
        ]
        yield
        for thread in threads:
            await asyncio.to_thread(thread.close)
        await asyncio.to_thread(standard.close)

    router = APIRouter(lifespan=lifespan, route_class=_Route, tags=["DCI standard"])
    _add_sync(router)
    _add_async(router)
    _add_received(router)
    _add_everything_else(router)

    @router.get("/.well-known/jwks.json", response_model=JsonWebKeys)
    async def jwks(request: Request) -> dict[str, Any]:
        """The public keys that messages of this registry are signed with."""
        return {"keys": [_standard(request).signing.jwk]}

    return router


def _add_sync(router: APIRouter) -> None:
    for path, handler, action, header, message, answer in (
        ("search", handlers.search_now, "search", models.Header, models.SearchRequest, SearchResponse),
        ("enrolled", handlers.enrolled_now, "search", models.Header, models.EnrolledRequest, EnrolledResponse),
        ("enrollment/updates", handlers.updates_now, "notify", models.CallbackHeader, models.EnrollmentUpdatesRequest,
         EnrollmentUpdatesResponse),
        ("txn/status", handlers.status_now, "txn-status", models.Header, models.TxnStatusRequest, TxnStatusResponse),
    ):  # fmt: skip
        told_as: Any = Answer[answer]  # type: ignore[valid-type]
        _add(router, f"/registry/sync/{path}", handler, action, header, message, told_as, is_sync=True)


def _add_async(router: APIRouter) -> None:
    for path, handler, action, message in (
        ("search", handlers.take_search, "search", models.SearchRequest),
        ("subscribe", handlers.take_subscribe, "subscribe", models.SubscribeRequest),
        ("unsubscribe", handlers.take_unsubscribe, "unsubscribe", models.UnSubscribeRequest),
        ("txn/status", handlers.take_status, "txn-status", models.TxnStatusRequest),
    ):
        _add(router, f"/registry/{path}", handler, action, models.Header, message, Acknowledgement)


def _add_received(router: APIRouter) -> None:
    for path, action in (
        ("on-search", "on-search"), ("on-subscribe", "on-subscribe"), ("on-unsubscribe", "on-unsubscribe"),
        ("notify", "notify"), ("txn/on-status", "txn-on-status"),
    ):  # fmt: skip
        _add(router, f"/registry/{path}", handlers.receive, action, models.AnyHeader, models.Named, Acknowledgement)


def _add_everything_else(router: APIRouter) -> None:
    """Paths that the standard has not, and methods that its paths are not asked by; added last, it is tried last."""
    known = {route.path for route in router.routes if isinstance(route, APIRoute)}

    async def endpoint(request: Request) -> Response:
        if request.url.path in known:
            raise Rejected(Error.BAD, "expected POST", 405)
        raise Rejected(Error.NOT_FOUND, "the standard has no such path; /openapi.json lists those that there are", 404)

    router.add_api_route("/registry/{path:path}", endpoint, methods=_METHODS, include_in_schema=False)


def _add(
    router: APIRouter, path: str, handler: handlers.Handler, action: str, header: type[models.AnyHeader],
    message: type[BaseModel], answer: type[BaseModel], *, is_sync: bool = False,
) -> None:  # fmt: skip
    async def endpoint(request: Request) -> Response:
        standard = _standard(request)
        key = standard.service.caller(request.headers.get("Authorization"))
        standard.service.spend(key)
        body = await _body(request)
        content = await asyncio.get_running_loop().run_in_executor(standard.messages, _answered, standard, body, key)
        return Response(orjson.dumps(content), media_type="application/json")

    def _answered(standard: Standard, body: bytes, key: Any) -> dict[str, Any]:
        try:
            return handler(standard, opened(body, key, action, header, standard.settings, standard.now()))
        except HeaderRejected as error:
            if not is_sync:
                raise
            words = error.words.removeprefix(f"{error.reason}: ")
            return standard.envelope(answering(action), None, "rjct", key.sender_id, reason=error.reason, words=words)

    router.add_api_route(
        path, endpoint, methods=["POST"], summary=path, description=handler.__doc__,
        operation_id=path.strip("/").replace("/", "_").replace("-", "_"),
        responses={200: {"model": answer}, **_NOT_TAKEN},
        dependencies=[Security(HTTPBearer(auto_error=False))], openapi_extra=request_body(header, message, action),
    )  # fmt: skip


async def _body(request: Request) -> bytes:
    """The message, as far as it may be long. Raises Rejected."""
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Rejected(Error.BAD, "expected Content-Type: application/json; files are not taken", 415)
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > LARGEST_MESSAGE:
            raise Rejected(Error.BAD, f"a message may have {LARGEST_MESSAGE} bytes", 413)
    return bytes(read)


def _standard(request: Request) -> Standard:
    found: Standard = request.app.state.standard
    return found
