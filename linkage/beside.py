"""Work beside other work, each on a connection of its own: many statements are too small for more than one core.

Where both would not fit into memory, one comes after the other.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, Protocol

import duckdb

from linkage.sql import cursor, single

Progress = Callable[[str], None]


class Started(Protocol):
    """What was started; `result` waits for it, and raises what went wrong in it."""

    def result(self) -> Any: ...


class _BrokenOff(Exception):
    """Nobody waits for the result any more."""


def has_memory(con: duckdb.DuckDBPyConnection, rows: int, bytes_a_row: int) -> bool:
    """Whether the connection's memory limit is as much as so many rows take."""
    return single(con, "SELECT parse_formatted_bytes(current_setting('memory_limit'))") >= rows * bytes_a_row


@contextmanager
def beside(con: duckdb.DuckDBPyConnection, *, at_once: bool = True) -> Iterator[Callable[..., Started]]:
    """Starts functions of (connection, ..., progress=) on a connection of their own: in a thread, or, if not `at_once`,
    here, when the result is asked for. When something fails here, what runs there is broken off: its statement now,
    itself at its next stage."""
    if not at_once:
        with cursor(con) as other:
            yield lambda function, *arguments, **named: _Later(partial(function, other, *arguments, **named))
        return
    other, stop = cursor(con), threading.Event()

    def start(function: Callable[..., Any], *arguments: Any, progress: Progress, **named: Any) -> Started:
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


class _Later:
    """Work that is done when its result is asked for."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work

    def result(self) -> Any:
        return self._work()
