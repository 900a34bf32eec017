"""More than can be answered in time is refused at once; health can always be asked."""

import asyncio
import time

import httpx
import pytest
from starlette.responses import PlainTextResponse

from exchange.service import shedding
from exchange.service.shedding import SheddingLoad
from exchange.spdci.codes import Error
from exchange.spdci.problems import overloaded


async def statuses(paths, waits=0.0):
    """Asked all at once."""
    async def answers(scope, receive, send):
        await asyncio.sleep(waits)
        await PlainTextResponse("ok")(scope, receive, send)

    transport = httpx.ASGITransport(SheddingLoad(answers))
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        return [found.status_code for found in await asyncio.gather(*map(client.get, paths))]


def test_more_than_fit_inside_are_refused_and_the_others_answered(monkeypatch):
    monkeypatch.setattr(shedding, "MOST_INSIDE", 3)
    assert asyncio.run(statuses(["/verify"] * 5 + ["/health"], waits=0.05)) == [200] * 3 + [503] * 2 + [200]


@pytest.mark.parametrize(("times", "status"), [(1, 200), (2, 503)])
def test_while_the_server_is_late_twice_running_nothing_is_taken(times, status):
    async def late():
        watching = asyncio.create_task(SheddingLoad.watch())
        await asyncio.sleep(0.01)
        for _ in range(times):
            time.sleep(1.2)  # noqa: ASYNC251, RUF100 - the loop is held up on purpose
            await asyncio.sleep(0.01)
        found = await statuses(["/verify", "/health"])
        watching.cancel()
        return found

    assert asyncio.run(late()) == [status, 200]
    assert SheddingLoad.late == 0.0


def test_a_refusal_has_the_shape_of_its_path(monkeypatch):
    monkeypatch.setattr(shedding, "MOST_INSIDE", 0)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(SheddingLoad(None, {"/registry": overloaded})))

    async def asked(path: str) -> httpx.Response:
        return await client.post(f"http://ibr{path}")

    standard, other = (asyncio.run(asked(path)) for path in ("/registry/sync/search", "/verify"))
    assert (standard.status_code, standard.json()["errors"][0]["code"]) == (503, Error.UNAVAILABLE)
    assert (other.status_code, other.json()["error"]) == (503, "overloaded")
    assert standard.headers["Retry-After"] == other.headers["Retry-After"]
