"""How many sources are copied beside each other: as many as there is memory for, and none waits for one that hangs."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Semaphore

LONGEST_WAIT = 60.0  # seconds


class Places:
    """So many places; who has waited `longest_wait` seconds for one begins without.

    Or else as many sources that hang as there are places would hold all others up. While they hang they take no memory;
    where more than there are places for copy longer than that, they take more than their part of the budget.
    """

    def __init__(self, many: int, longest_wait: float = LONGEST_WAIT) -> None:
        self._free, self._longest_wait = Semaphore(many), longest_wait

    @contextmanager
    def one(self) -> Iterator[None]:
        """Wait for a place, and have it meanwhile."""
        has_place = self._free.acquire(timeout=self._longest_wait)
        try:
            yield
        finally:
            if has_place:
                self._free.release()
