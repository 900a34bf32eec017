"""One process at a time changes a warehouse, or copies a source, and the next one learns who it is waiting for."""

import datetime as dt
import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ibr.errors import WarehouseBusy

_POLL_SECONDS = 0.1


@contextmanager
def warehouse_lock(home: Path, holder: str, wait_seconds: float = 0) -> Iterator[None]:
    """Hold `<home>/warehouse.lock` while the block runs; as `lock`."""
    with lock(home / "warehouse.lock", "the warehouse", holder, wait_seconds):
        yield


@contextmanager
def lock(path: Path, what: str, holder: str, wait_seconds: float = 0) -> Iterator[None]:
    """Hold a lock file while the block runs; `what` is in use meanwhile.

    `holder` is what others are told, e.g. `ibr run 20260630T0100`. Waits up to `wait_seconds`.
    The operating system releases the lock when the process ends, however it ends; the file stays,
    because removing it would let two processes lock two files of the same name.
    Raises WarehouseBusy naming the holder and since when. Not re-entrant.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("a+", encoding="utf-8") as file:
        _acquire(file, what, wait_seconds)
        _sign(file, holder)
        try:
            yield
        finally:
            file.truncate(0)
            fcntl.flock(file, fcntl.LOCK_UN)


def _acquire(file: IO[str], what: str, wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise WarehouseBusy(_describe(file, what)) from None
            time.sleep(_POLL_SECONDS)


def _sign(file: IO[str], holder: str) -> None:
    # The wall clock is right here: "since when" is for the person waiting, and computes nothing.
    since = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    file.truncate(0)
    json.dump({"pid": os.getpid(), "holder": holder, "since": since}, file)
    file.flush()


def _describe(file: IO[str], what: str) -> str:
    file.seek(0)
    try:
        held = json.loads(file.read())
        who = f"{held['holder']} (process {held['pid']}) since {held['since']}"
    except (ValueError, KeyError):
        # Between taking the lock and signing it lies an instant.
        who = "another process since a moment ago"
    return f"{what} is in use by {who}; wait for it to end, then try again"
