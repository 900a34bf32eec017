"""How much one caller may ask: a bucket that fills at a rate and holds a burst."""

import time
from collections.abc import Callable


class Limits:
    """A bucket a caller."""

    def __init__(self, a_second: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = a_second, burst, clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait(self, caller: str, cost: float = 1.0) -> float:
        """Seconds until the caller may ask; 0 where it may now, and then it has."""
        now = self._clock()
        held, at = self._buckets.get(caller, (float(self._burst), now))
        held = min(self._burst, held + (now - at) * self._rate)
        cost = min(cost, self._burst)
        if held < cost:
            self._buckets[caller] = (held, now)
            return (cost - held) / self._rate
        self._buckets[caller] = (held - cost, now)
        return 0.0
