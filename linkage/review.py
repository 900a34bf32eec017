"""The review queue: pairs of records that are likely, but not surely, one person, and wait for people."""

from dataclasses import asdict, dataclass
from typing import Any

import duckdb

from linkage.explain import explain_pairs
from linkage.last_run import LastRun, last_run
from linkage.registry import PERSONS, names_once
from linkage.registry_sql import run_script
from linkage.registry_state import published_state

# Lower ends of the bands of probability that the queue is counted by.
BANDS = (0.99, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.0)


@dataclass(frozen=True)
class QueueCount:
    """Pairs that wait: of two programs (the lesser code first) or within one, and of a band of probability."""

    programs: str
    band: str
    pairs: int


@dataclass(frozen=True)
class QueuedPair:
    """A pair that waits. `beside`: another record of the person that both are already. `evidence`: the sum that leads
    to the probability, a line each, without values."""

    record_id_l: str
    record_id_r: str
    programs: str
    match_key: str
    match_probability: float
    is_one_person: bool
    beside: str | None
    evidence: list[str]


@dataclass(frozen=True)
class ReviewQueue:
    """The queue of the last run: counts of all, and the first pairs, the likeliest first."""

    run_id: str
    total: int
    counts: list[QueueCount]
    pairs: list[QueuedPair]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def review_queue(con: duckdb.DuckDBPyConnection, first: int) -> ReviewQueue:
    """Pairs for review that nobody has decided, with evidence on the `first` of them; for none no record is read.

    The connection may be read-only. Raises UsageProblem where nothing was linked yet.
    """
    last = last_run(con, "nothing waits for review")
    run_script(con, "decided_pairs")
    run_script(con, "review_queue", bands=BANDS)
    counts = con.execute(
        "SELECT programs, band, count(*) FROM review_queue GROUP BY ALL ORDER BY programs, band"
    ).fetchall()
    return ReviewQueue(
        run_id=last.run_id,
        total=sum(pairs for *_, pairs in counts),
        counts=[QueueCount(programs, _in_words(band), pairs) for programs, band, pairs in counts],
        pairs=_first_pairs(con, last, first),
    )


def _first_pairs(con: duckdb.DuckDBPyConnection, last: LastRun, first: int) -> list[QueuedPair]:
    rows = con.execute(
        "SELECT * EXCLUDE (band) FROM review_queue ORDER BY match_probability DESC, record_id_l, record_id_r LIMIT ?",
        [first],
    ).fetchall()
    if not rows:
        return []
    pairs = [(left, right) for left, right, *_ in rows]
    told = explain_pairs(con, last.roles, names_once(PERSONS), pairs, last.model, published_state(con))
    return [
        QueuedPair(
            left, right, programs, key, probability, is_one_person, beside, explanation.sum
        )
        for (left, right, programs, key, probability, is_one_person, beside), explanation in zip(
            rows, told, strict=True
        )
    ]


def _in_words(band: int) -> str:
    upper = 1.0 if band == 0 else BANDS[band - 1]
    return f"{BANDS[band]:g} to {upper:g}"
