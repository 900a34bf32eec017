"""Figures of the service in Prometheus' text form: counts, and how long requests took."""

import threading
from collections import Counter, defaultdict

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Counts since the process began."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, int]] = Counter()
        self._answers: Counter[str] = Counter()
        self._within: Counter[tuple[str, float]] = Counter()
        self._seconds: defaultdict[str, float] = defaultdict(float)

    def request(self, route: str, status: int, seconds: float) -> None:
        """A request was answered. `route`: its pattern, so that nothing of a path is kept."""
        with self._lock:
            self._requests[route, status] += 1
            self._seconds[route] += seconds
            for bound in _BUCKETS:
                if seconds <= bound:
                    self._within[route, bound] += 1

    def answers(self, words: Counter[str]) -> None:
        """Persons were answered for, by the word of the answer."""
        with self._lock:
            self._answers.update(words)

    def text(self, gauges: dict[str, float]) -> str:
        """All of it."""
        with self._lock:
            lines = ["# TYPE ibr_requests_total counter"]
            lines += [
                f'ibr_requests_total{{route="{route}",status="{status}"}} {n}'
                for (route, status), n in sorted(self._requests.items())
            ]
            lines += ["# TYPE ibr_answers_total counter"]
            lines += [f'ibr_answers_total{{answer="{word}"}} {n}' for word, n in sorted(self._answers.items())]
            lines += ["# TYPE ibr_request_seconds histogram"]
            totals: Counter[str] = Counter()
            for (route, _), n in self._requests.items():
                totals[route] += n
            for route, total in sorted(totals.items()):
                lines += [
                    f'ibr_request_seconds_bucket{{route="{route}",le="{bound}"}} {self._within[route, bound]}'
                    for bound in _BUCKETS
                ]
                lines += [
                    f'ibr_request_seconds_bucket{{route="{route}",le="+Inf"}} {total}',
                    f'ibr_request_seconds_sum{{route="{route}"}} {self._seconds[route]}',
                    f'ibr_request_seconds_count{{route="{route}"}} {total}',
                ]
        for name, value in gauges.items():
            lines += [f"# TYPE {name} gauge", f"{name} {value}"]
        return "\n".join(lines) + "\n"
