"""A caller of the standard for tests: envelopes, signed or not, sent to an application in this process."""

import asyncio
import base64
import datetime as dt
import hashlib
import itertools
import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jsonschema import Draft202012Validator

from exchange.service.app import make_app
from exchange.service.keys import add
from exchange.spdci.standard import Standard
from ibr.workspace import Workspace

ALL = ("verify", "enrolments")
_numbers = itertools.count(1)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def header(action: str, count: int = 1, /, **more: Any) -> dict[str, Any]:
    made = {
        "version": "1.0.0", "message_id": f"m{next(_numbers)}", "message_ts": now().isoformat(timespec="seconds"),
        "action": action, "sender_id": "test-client", "receiver_id": "ibr", "total_count": count,
    } | more  # fmt: skip
    return {name: value for name, value in made.items() if value is not None}


def search_item(query: Any, kind: str = "idtype-value", reference: str = "r1", **criteria: Any) -> dict[str, Any]:
    return {
        "reference_id": reference, "timestamp": now().isoformat(),
        "search_criteria": {"query_type": kind, "query": query} | criteria,
    }  # fmt: skip


def search(*items: dict[str, Any], **of_header: Any) -> dict[str, Any]:
    message = {"transaction_id": f"t{next(_numbers)}", "search_request": list(items)}
    return {"signature": "unsigned", "header": header("search", len(items), **of_header), "message": message}


def by_id(national_id: str, **criteria: Any) -> dict[str, Any]:
    return search_item({"type": "UIN", "value": national_id}, **criteria)


def signed(envelope: dict[str, Any], key: Ed25519PrivateKey, sender_id: str, **changed: str) -> dict[str, Any]:
    """The envelope with a signature made as docs/standard.md says, by other code than the registry's."""
    created = changed.get("created", str(int(now().timestamp())))
    expires = changed.get("expires", str(int(now().timestamp()) + 300))
    canonical = rfc8785.dumps({"header": envelope["header"], "message": envelope["message"]})
    digest = base64.b64encode(hashlib.blake2b(canonical).digest()).decode()
    string = f"(created): {created}\n(expires): {expires}\ndigest: BLAKE-512={digest}"
    value = base64.b64encode(key.sign(string.encode())).decode()
    return envelope | {"signature": (
        f'Signature: namespace="spdci", kidId="{sender_id}|key-1|ed25519", algorithm="ed25519", created="{created}", '
        f'expires="{expires}", headers="(created) (expires) digest", signature="{value}"'
    )}  # fmt: skip


SPECIFICATION = json.loads((Path(__file__).parents[1] / "data/spdci/ibr_api_v1.0.0.json").read_text(encoding="utf-8"))


def as_specified(body: Any, path: str, *, answer: bool = False) -> Any:
    """The body, which is what the published specification has for a path: as a request, or as its answer."""
    of_path = SPECIFICATION["paths"][f"/registry/{path}"]["post"]
    told = of_path["responses"]["default"] if answer else of_path["requestBody"]
    if told == {"$ref": "#/components/responses/Response"}:
        told = SPECIFICATION["components"]["responses"]["Response"]
    found = told["content"]["application/json"]["schema"] if "content" in told else told
    # Some answers are published as the bare message; ours have an envelope (docs/standard.md).
    held = body if "content" in told else body["message"]
    Draft202012Validator(SPECIFICATION | {"allOf": [found]}).validate(held)
    return body


class Peer:
    """A program's system that speaks the standard."""

    def __init__(self, home: Path, client: httpx.AsyncClient, loop: asyncio.AbstractEventLoop, **key: Any) -> None:
        self.home, self.client, self.loop = home, client, loop
        self.key = add(home, "pension", "PENSION", ALL, now(), **key)

    def post(self, path: str, envelope: Any = None, *, key: str | None = None, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key or self.key}"} | more.pop("headers", {})
        body = {"json": envelope} if envelope is not None else {}
        return self.loop.run_until_complete(self.client.post(path, headers=headers, **body, **more))

    def get(self, path: str) -> httpx.Response:
        return self.loop.run_until_complete(self.client.get(path))

    def searched(self, *items: dict[str, Any]) -> list[dict[str, Any]]:
        done = self.post("/registry/sync/search", search(*items))
        assert done.status_code == 200, done.text
        return as_specified(done.json(), "sync/search", answer=True)["message"]["search_response"]

    @property
    def standard(self) -> Standard:
        """What the application has of the standard."""
        return self.client._transport.app.state.standard  # type: ignore[attr-defined]

    def until(self, holds: Callable[[], Any], seconds: float = 20) -> Any:
        """What holds, once it does; meanwhile the application has the event loop."""
        end = time.monotonic() + seconds
        while not (found := holds()):
            assert time.monotonic() < end, "it did not come"
            self.loop.run_until_complete(asyncio.sleep(0.02))
        return found


@asynccontextmanager
async def running(home: Path):
    app = make_app(Workspace.at(home))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    client = httpx.AsyncClient(transport=transport, base_url="http://ibr", timeout=60)
    async with app.router.lifespan_context(app), client:
        yield client


def peers(made: Path, home: Path, settings: str = "", **key: Any) -> Iterator[Peer]:
    """A peer of a running application on a copy of a workspace; `settings`: of `service.standard`."""
    shutil.copytree(made, home, symlinks=True)
    registry = home / "registry.yml"
    before = "service: {enabled: true}"
    registry.write_text(registry.read_text().replace(before, f"service: {{enabled: true, standard: {{{settings}}}}}"))
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        context = running(home)
        client = loop.run_until_complete(context.__aenter__())
        try:
            yield Peer(home, client, loop, **key)
        finally:
            loop.run_until_complete(context.__aexit__(None, None, None))
