"""What cannot be answered in time is refused at once: a caller that waits asks again, and makes it worse."""

import asyncio
from collections.abc import Callable, Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from exchange.service.problems import told

MOST_INSIDE = 300  # requests that are being answered
MOST_LATE = 1.0  # seconds that the server may be behind with what has arrived
_LOOKS_EVERY = 0.1  # seconds
_ALWAYS = ("/health", "/metrics")


class SheddingLoad:
    """Refuses requests with 503 where too many are inside, or where the server is late: then they wait unseen, in front
    of every other limit. Only `watch`, run beside it in the same loop, knows how late."""

    late = 0.0

    def __init__(self, app: ASGIApp, told_below: Mapping[str, Callable[[], ASGIApp]] | None = None) -> None:
        """`told_below`: answers in another shape, by the path that they are for."""
        self._app, self._inside, self._told_below = app, 0, told_below or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _ALWAYS:
            await self._app(scope, receive, send)
            return
        if self._inside >= MOST_INSIDE or SheddingLoad.late > MOST_LATE:
            await self._refusal(scope["path"])(scope, receive, send)
            return
        self._inside += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._inside -= 1

    def _refusal(self, path: str) -> ASGIApp:
        for below, refusal in self._told_below.items():
            if path.startswith(f"{below}/"):
                return refusal()
        return told(503, "overloaded", "could not check: more is asked than can be answered in time; ask again", 1)

    @classmethod
    async def watch(cls) -> None:
        """Look how late the loop is, for ever."""
        loop = asyncio.get_running_loop()
        before = 0.0
        try:
            while True:
                due = loop.time() + _LOOKS_EVERY
                await asyncio.sleep(_LOOKS_EVERY)
                now = max(0.0, loop.time() - due)
                cls.late, before = min(before, now), now  # twice running: one hiccup is no overload
        finally:
            cls.late = 0.0
