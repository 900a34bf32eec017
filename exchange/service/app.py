"""The web application: routes, and what each problem answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from exchange.service.asking import Desk
from exchange.service.models import VerifyPerson
from exchange.service.snapshot import Snapshots


def make_app(home: Path) -> FastAPI:
    """The service of a workspace."""
    snapshots = Snapshots(home)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        snapshots.refresh()
        app.state.desk = Desk(snapshots)
        yield
        app.state.desk.close()

    app = FastAPI(title="Integrated beneficiary registry", lifespan=lifespan)

    @app.post("/verify")
    async def verify(asked: VerifyPerson) -> dict[str, Any]:
        """Whether the register knows a person, alive, and what they already receive."""
        return await app.state.desk.ask([asked.person], "", asked.program)

    return app
