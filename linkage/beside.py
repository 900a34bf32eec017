"""Work beside other work, each on a connection of its own: many statements are too small for more than one core."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import duckdb

from linkage.sql import cursor

Progress = Callable[[str], None]


class _BrokenOff(Exception):
    """Nobody waits for the result any more."""


@contextmanager
def beside(con: duckdb.DuckDBPyConnection) -> Iterator[Callable[..., Future[Any]]]:
    """Starts functions of (connection, ..., progress=) in a thread with a connection of its own. When something fails
    here, what runs there is broken off: its statement now, itself at its next stage."""
    other, stop = cursor(con), threading.Event()

    def start(function: Callable[..., Any], *arguments: Any, progress: Progress, **named: Any) -> Future[Any]:
        def say(message: str) -> None:
            if stop.is_set():
                raise _BrokenOff
            progress(message)

        return pool.submit(function, other, *arguments, progress=say, **named)

    try:
        with ThreadPoolExecutor(max_workers=1) as pool:
            try:
                yield start
            except BaseException:
                stop.set()
                other.interrupt()
                raise
    finally:
        other.close()
