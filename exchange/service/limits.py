"""How much one caller may ask: a bucket that fills at a rate and holds a burst."""

import threading
import time
from collections.abc import Callable


class Limits:
    """A bucket a caller; threads may share them."""

    def __init__(self, a_second: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = a_second, burst, clock
        self._buckets: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def wait(self, caller: str, cost: float = 1.0, spent: float = 0.0) -> float:
        """Seconds until the caller may ask; 0 where it may now, and then it has. `spent`: what it paid of the cost, and
        will pay again when it comes back."""
        with self._lock:
            now = self._clock()
            held, at = self._buckets.get(caller, (float(self._burst), now))
            held = min(self._burst, held + (now - at) * self._rate)
            cost = max(0.0, min(cost, self._burst) - spent)
            is_free = held >= cost
            self._buckets[caller] = (held - cost if is_free else held, now)
        return 0.0 if is_free else (cost + spent - held) / self._rate

    def refill(self, caller: str) -> None:
        """Have a caller begin anew."""
        with self._lock:
            self._buckets.pop(caller, None)
