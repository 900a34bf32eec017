"""What a linkage run hands back, and the clock it is measured with."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from linkage.evidence import Evidence

Progress = Callable[[str], None]


@dataclass
class KeyYield:
    """One match key's yield: candidate pairs, pairs no earlier key had found, and what became of them.

    `expected_matches`: what the planner expected it to add; None where it did not ask. A key that was not worth its
    pairs is not used: `pairs` then says what it would have brought, estimated where only a part was looked at.
    `limit`: the most records of a block that it pairs.
    """

    name: str
    pairs: int = 0
    new_pairs: int = 0
    blocks_skipped: int = 0
    matches: int = 0
    new_matches: int = 0
    estimated_precision: float | None = None
    seconds: float = 0.0
    is_used: bool = False
    expected_matches: float | None = None
    limit: int | None = None


@dataclass
class LinkageResult:
    """The outcome of one run; the rows themselves are in the output schema.

    `counts`: records, candidate pairs, pairs by verdict, entities. `seconds` per stage. `model`: parameters per
    level, ready for YAML. `histogram`: (lower edge of match weight in bits, pairs). `notes`: what the user should know.
    """

    model: dict[str, Any]
    keys: list[KeyYield]
    counts: dict[str, int]
    thresholds: dict[str, float]
    seconds: dict[str, float]
    histogram: list[tuple[int, int]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    evidence: "Evidence | None" = None


@dataclass
class Seconds:
    """A measured time."""

    value: float = 0.0


class Stopwatch:
    """Seconds per stage; never an input to a result."""

    def __init__(self, progress: Progress | None = None) -> None:
        self.stages: dict[str, float] = {}
        self._progress = progress
        self._told = ""

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        if self._progress and name != self._told:
            self._progress(name)
            self._told = name
        start = time.perf_counter()
        try:
            yield
        finally:
            self.stages[name] = round(self.stages.get(name, 0.0) + time.perf_counter() - start, 3)

    @contextmanager
    def measure(self) -> Iterator[Seconds]:
        seconds = Seconds()
        start = time.perf_counter()
        try:
            yield seconds
        finally:
            seconds.value = round(time.perf_counter() - start, 3)
