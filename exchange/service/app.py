"""The web application: its routes."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request, Response, Security
from fastapi.responses import JSONResponse, PlainTextResponse
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from starlette.requests import ClientDisconnect

from exchange.pages import add_pages
from exchange.service.keys import Key
from exchange.service.models import MOST_IN_A_CALL, Answers, Job, Problem, VerifyBatch, VerifyPerson
from exchange.service.problems import BoundedBodies, Refused, WithoutWords, tell_problems
from exchange.service.service import Service, now
from exchange.service.shedding import SheddingLoad
from exchange.spdci import problems as standard_problems
from exchange.spdci.routes import standard_router
from ibr.workspace import Workspace

_LOG = logging.getLogger("ibr.service")
LOOKS_EVERY = 2.0  # seconds, for a new publication
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The body is no JSON"},
    401: {"model": Problem, "description": "No key, or one that was revoked"},
    403: {"model": Problem, "description": "Not in the key's scope; the same whomever it is about"},
    413: {"model": Problem, "description": "The body is too large"},
    422: {"model": Problem, "description": "Not as described here"},
    429: {"model": Problem, "description": "The key asks more than it may; Retry-After says when it may again"},
    503: {"model": Problem, "description": "Could not check, which says nothing about a person; error says why"},
}


def make_app(workspace: Workspace) -> FastAPI:
    """The service of a workspace."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.service = await asyncio.to_thread(Service, workspace.home, workspace.registry)
        beside = [
            asyncio.create_task(_look_for_publications(app.state.service)), asyncio.create_task(SheddingLoad.watch())
        ]  # fmt: skip
        yield
        for task in beside:
            task.cancel()
        await asyncio.to_thread(app.state.service.close)

    app = FastAPI(
        title="Integrated beneficiary registry: verification", version="1.0.0", lifespan=lifespan, docs_url=None,
        redoc_url=None,
    )  # fmt: skip
    tell_problems(app)
    app.add_middleware(BoundedBodies)  # innermost: what it raises goes to the route as it is
    app.add_middleware(WithoutWords)
    app.middleware("http")(_measured)
    app.add_middleware(SheddingLoad, told_below={"/registry": standard_problems.overloaded})
    _add_verification(app)
    _add_state(app)
    add_pages(app, workspace)
    app.include_router(standard_router(workspace))
    return app


def service_of(request: Request) -> Service:
    """The service that answers a request."""
    found: Service = request.app.state.service
    return found


class _KeyFirst(APIRoute):
    """A route that looks at the key, and counts a call, before it reads a body."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            service = service_of(request)
            request.state.key = service.caller(request.headers.get("Authorization"))
            if request.method == "POST":
                service.spend(request.state.key)
                await _read(request)
            return await handle(request)

        return guarded


async def _read(request: Request) -> None:
    """Have the body read here, where what refuses one that is too large is told as it is."""
    try:
        await request.body()
    except ClientDisconnect:
        raise Refused(400, "disconnected", "the connection ended before the request") from None


async def caller(request: Request) -> Key:
    """Whose key the request bears."""
    found: Key = request.state.key
    return found


Caller = Annotated[Key, Depends(caller)]


def _add_verification(app: FastAPI) -> None:
    router = APIRouter(route_class=_KeyFirst, dependencies=[Security(HTTPBearer(auto_error=False))])

    @router.post("/verify", response_model=Answers, responses=_PROBLEMS)
    async def verify(asked: VerifyPerson, request: Request, key: Caller) -> Response:
        """Whether the register knows a person, alive, and what they receive already; or a whole household, with the
        verdict of the household's rule."""
        service = service_of(request)
        asking = service.asking(key, asked.program, asked.purpose, is_household=asked.household is not None)
        persons = asked.household or ([asked.person] if asked.person else [])
        service.spend(key, len(persons), spent=1)
        return _json(await service.few(persons, asking))

    @router.post("/verify/batch", response_model=Answers, responses=_PROBLEMS | {202: {"model": Job}})
    async def batch(asked: VerifyBatch, request: Request, key: Caller) -> Response:
        """The same for up to 10,000 persons at once; more become a job (202), whose answers are fetched in parts."""
        service = service_of(request)
        asking = service.asking(key, asked.program, asked.purpose)
        service.spend(key, len(asked.persons), spent=1)
        if len(asked.persons) <= MOST_IN_A_CALL:
            return _json(await asyncio.to_thread(service.many, asked.persons, asking))
        job_id = await asyncio.to_thread(
            service.jobs.accept, key, asking.program, asking.purpose, asked.persons, now()
        )
        return JSONResponse(await _job(request, key, job_id), 202, {"Location": f"/verify/jobs/{job_id}"})

    @router.get("/verify/jobs/{job_id}", response_model=Job, responses=_PROBLEMS | {404: {"model": Problem}})
    async def job(job_id: str, request: Request, key: Caller) -> Response:
        """How far a job of this key is."""
        return JSONResponse(await _job(request, key, job_id))

    @router.get(
        "/verify/jobs/{job_id}/parts/{part}", response_model=Answers, responses=_PROBLEMS | {404: {"model": Problem}}
    )
    async def answers(job_id: str, part: int, request: Request, key: Caller) -> Response:
        """The answers of a part of a job, in the order in which was asked."""
        await _job(request, key, job_id)
        jobs = service_of(request).jobs
        found = await asyncio.to_thread(jobs.part, job_id, part) if 0 <= part < 1 << 31 else None
        if found is None:
            raise Refused(404, "no_answers", "there are no answers of this part, or not yet")
        await asyncio.to_thread(service_of(request).told_again, key, job_id, part)
        return _json(found.encode())

    app.include_router(router)


async def _job(request: Request, key: Key, job_id: str) -> dict[str, Any]:
    # In a thread: while a large job is kept, this waits, and everybody else would wait with it.
    state = await asyncio.to_thread(service_of(request).jobs.state, job_id, key.holder)
    if state is None:
        raise Refused(404, "no_job", "this key has no job of this number")
    return state


def _add_state(app: FastAPI) -> None:
    @app.get("/health")
    async def health(request: Request) -> Response:
        """Whether questions can be answered, and from which publication; 503 with the reason where not."""
        snapshots = service_of(request).snapshots
        snapshot, problem, age = snapshots.snapshot, snapshots.problem, snapshots.age
        content = {
            "status": "could_not_check" if problem else "ok", "reason": problem, "unopened": snapshots.unopened,
            "version": snapshot.version if snapshot else None,
            "reporting_date": snapshot.reporting_date.isoformat() if snapshot else None,
            "age_hours": round(age.total_seconds() / 3600, 2) if age else None,
            "stale_sources": snapshot.stale_sources if snapshot else [],
        }  # fmt: skip
        return JSONResponse(content, 503 if problem else 200)

    @app.get("/metrics", response_class=PlainTextResponse)
    async def metrics(request: Request) -> Response:
        """Figures for Prometheus."""
        service = service_of(request)
        age = service.snapshots.age
        gauges = {
            "ibr_waiting_persons": float(service.desk.waiting),
            "ibr_publication_switches": float(service.snapshots.switches),
            "ibr_publication_age_seconds": age.total_seconds() if age else -1.0,
        }
        return PlainTextResponse(service.metrics.text(gauges), media_type="text/plain; version=0.0.4")


async def _measured(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    begun = time.perf_counter()
    response = await call_next(request)
    route = request.scope.get("route")
    service_of(request).metrics.request(
        getattr(route, "path", "none"), response.status_code, time.perf_counter() - begun
    )
    response.headers.setdefault("Cache-Control", "no-store")
    return response


async def _look_for_publications(service: Service) -> None:
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, "publications") as alone:  # batches may have all threads that are shared
        while True:
            await asyncio.sleep(LOOKS_EVERY)
            for work in (service.snapshots.refresh, service.tidy):
                await loop.run_in_executor(alone, _try, work)


def _try(work: Callable[[], object]) -> None:
    """Do what is done again and again: one fault must not be the end of it."""
    try:
        work()
    except Exception as error:  # as a full disk, or a state that somebody else has locked
        _LOG.warning("%s failed (%s); it is tried again", work.__name__, type(error).__name__)


def _json(content: bytes) -> Response:
    return Response(content, media_type="application/json")
