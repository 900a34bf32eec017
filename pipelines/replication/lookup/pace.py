"""How fast and how long a service is asked: calls a second, calls a run, seconds a run."""

import threading
import time


class Clock:
    """Time as a run sees it; tests have one of their own, whose sleep takes none."""

    def now(self) -> float:
        """Seconds from some beginning."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class Pace:
    """Lets calls through one by one, whichever thread makes them; a further try is a call like any other."""

    def __init__(self, calls_per_second: float, most_calls: int, most_seconds: float, clock: Clock) -> None:
        self._between, self._clock, self._lock = 1 / calls_per_second, clock, threading.Lock()
        self._left = most_calls
        self._free_at = clock.now()
        self._end = self._free_at + most_seconds

    def wait(self) -> bool:
        """Wait for the next call's turn; False where there is none left in this run."""
        with self._lock:
            turn = max(self._free_at, self._clock.now())
            if self._left <= 0 or turn >= self._end:
                return False
            self._left -= 1
            self._free_at = turn + self._between
        self._clock.sleep(max(0.0, turn - self._clock.now()))
        return True

    def hold(self, seconds: float) -> None:
        """Nobody calls for so many seconds from now: the service asked for it, or it is in trouble."""
        with self._lock:
            self._free_at = max(self._free_at, self._clock.now() + seconds)

    def spend(self) -> None:
        """No further calls in this run."""
        with self._lock:
            self._left = 0
