"""The review queue: pairs of records that are likely, but not surely, one person, and wait for people."""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from linkage.explain import explain_pairs
from linkage.registry.last_run import LastRun, last_run
from linkage.registry.scripts import run_script
from linkage.registry.settings import PERSONS, names_once
from linkage.registry.state import published_state

# Lower ends of the bands of probability that the queue is counted by.
BANDS = (0.99, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.0)


@dataclass(frozen=True)
class QueueCount:
    """Pairs that wait: of two programs (the lesser code first) or within one, and of a band of probability."""

    programs: str
    band: str
    pairs: int


def gather_queue(con: duckdb.DuckDBPyConnection) -> LastRun:
    """Make the temporary table `review_queue` of the pairs for review that nobody has decided; returns the last run.

    The connection may be read-only. Raises UsageProblem where nothing was linked yet.
    """
    last = last_run(con, "nothing waits for review")
    run_script(con, "decided_pairs")
    run_script(con, "review_queue", bands=BANDS)
    return last


def queue_counts(con: duckdb.DuckDBPyConnection) -> list[QueueCount]:
    """How many pairs of `review_queue` there are, by programs and probability."""
    counts = con.execute(
        "SELECT programs, band, count(*) FROM review_queue GROUP BY ALL ORDER BY programs, band"
    ).fetchall()
    return [QueueCount(programs, _in_words(band), pairs) for programs, band, pairs in counts]


def evidence_on(con: duckdb.DuckDBPyConnection, last: LastRun, pairs: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Of each pair the sum that leads to its probability, a line each, without values; for none no record is read."""
    if not pairs:
        return []
    told = explain_pairs(con, last.roles, names_once(PERSONS), pairs, last.model, published_state(con))
    return [explanation.sum for explanation in told]


def _in_words(band: int) -> str:
    upper = 1.0 if band == 0 else BANDS[band - 1]
    return f"{BANDS[band]:g} to {upper:g}"
