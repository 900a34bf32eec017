"""How long a run will still take, by what its stages last took."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files

import duckdb

from ibr.config import Stage

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Took:
    """Seconds that a stage last took, and the rows of the registry it then dealt with."""

    seconds: float
    registry_rows: int | None


@dataclass
class TimeLeft:
    """What a run still has before it. It knows nothing while one of its stages was never done before.

    `stages`: those of the run, in order; `past`: what each last took.
    """

    stages: Sequence[Stage]
    past: dict[str, Took]
    clock: Callable[[], float] = time.monotonic
    _current: Stage | None = None
    _since: float = 0.0
    _registry_rows: int | None = None

    def begin(self, stage: Stage) -> None:
        """A stage begins."""
        self._current, self._since = stage, self.clock()

    def built(self, registry_rows: int) -> None:
        """The registry of this run is built: later stages take longer or shorter as it is larger or smaller."""
        self._registry_rows = registry_rows

    @property
    def seconds(self) -> float | None:
        """About how long it will still take; None where that is not known."""
        if self._current not in self.stages:
            return None
        ahead = self.stages[self.stages.index(self._current):]
        if any(stage not in self.past for stage in ahead):
            return None
        expected = [self._expected(stage) for stage in ahead]
        return max(0.0, expected[0] - (self.clock() - self._since)) + sum(expected[1:])

    def telling(self, progress: Progress) -> Progress:
        """A progress that adds the time left to each message, where it is known."""
        return lambda message: progress(f"{message} … {words}" if (words := in_words(self.seconds)) else message)

    def _expected(self, stage: Stage) -> float:
        took = self.past[stage]
        if self._registry_rows and took.registry_rows and stage not in ("replicate", "registry"):
            return took.seconds * self._registry_rows / took.registry_rows
        return took.seconds


def in_words(seconds: float | None) -> str:
    """`about 4 min left`; nothing where it is not known."""
    if seconds is None:
        return ""
    if seconds < 60:
        return "less than a minute left"
    minutes = round(seconds / 60)
    return f"about {minutes} min left" if minutes < 100 else f"about {seconds / 3600:.1f} h left"


def past_durations(con: duckdb.DuckDBPyConnection, sources: Sequence[str]) -> dict[str, Took]:
    """What each stage took when it was last done, replicate of at least these sources; by ops.runs."""
    query = files("pipelines").joinpath("sql/durations.sql").read_text(encoding="utf-8")
    rows = con.execute(query, {"sources": list(sources)}).fetchall()
    return {stage: Took(seconds, registry_rows) for stage, seconds, registry_rows in rows}
