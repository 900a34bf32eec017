"""A night in a process of its own, which is killed in the middle of it."""

import datetime as dt
import os
import pkgutil
import signal
from pathlib import Path
from typing import Any

from tests.integration.batches import KILLED, Inbox


def die_at(function: str, call: int) -> None:
    """Be killed just before a call of the function (MODULE:NAME or MODULE:CLASS.NAME) is carried out."""
    module, _, name = function.partition(":")
    holder: Any = pkgutil.resolve_name(module)
    *outer, last = name.split(".")
    for part in outer:
        holder = getattr(holder, part)
    real, calls = getattr(holder, last), [0]

    def counted(*arguments: Any, **named: Any) -> Any:
        calls[0] += 1
        if calls[0] == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **named)

    setattr(holder, last, counted)


def night(home: Path, function: str, call: int) -> None:
    inbox = Inbox(home, **KILLED)
    die_at(function, call)
    inbox.run("killed", dt.datetime.now(dt.UTC) + dt.timedelta(hours=1))
