"""Verifications too many for one call: kept in service.sqlite, worked off part by part, taken up again after a kill."""

import datetime as dt
import json
import logging
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from exchange.service.keys import Key
from exchange.service.models import Person
from exchange.service.state import open_state

_LOG = logging.getLogger("ibr.service")
PERSONS_A_PART = 1_000
_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    job_id TEXT PRIMARY KEY, caller TEXT NOT NULL, key TEXT NOT NULL, program TEXT, purpose TEXT NOT NULL,
    persons INTEGER NOT NULL, accepted_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS job_parts (
    job_id TEXT NOT NULL REFERENCES jobs ON DELETE CASCADE, part INTEGER NOT NULL, asked TEXT NOT NULL, answered TEXT,
    PRIMARY KEY (job_id, part)
);
"""


@dataclass(frozen=True)
class Part:
    """What is to be answered next."""

    job_id: str
    part: int
    key: Key
    program: str | None
    purpose: str
    persons: list[Person]


class Jobs:
    """The jobs of a service; its file may be read by its owner alone."""

    def __init__(self, home: Path) -> None:
        self._con = open_state(home, _SCHEMA)
        self._lock = threading.Lock()
        self._last_turn = 0  # whose turn it was: the rowid of the job
        self.changed = threading.Event()

    def accept(self, key: Key, program: str | None, purpose: str, persons: Sequence[Person], now: dt.datetime) -> str:
        """Keep a job, whole on disk before it is told of; its number."""
        job_id = secrets.token_hex(12)
        # Written out before the lock is taken: for 200,000 persons it takes seconds.
        parts = [
            json.dumps([one.model_dump(mode="json") for one in persons[begin : begin + PERSONS_A_PART]])
            for begin in range(0, len(persons), PERSONS_A_PART)
        ]
        with self._lock, self._con:
            self._con.execute("BEGIN")
            self._con.execute(
                "INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?)",
                [job_id, key.holder, json.dumps(asdict(key)), program, purpose, len(persons), now.isoformat()],
            )
            self._con.executemany(
                "INSERT INTO job_parts VALUES (?, ?, ?, NULL)",
                ((job_id, part, asked) for part, asked in enumerate(parts)),
            )
        self.changed.set()
        return job_id

    def next(self) -> Part | None:
        """A part that waits. Jobs take turns, so that no long one holds up a short one, nor short ones a long one."""
        with self._lock:
            row = self._con.execute(
                "SELECT jobs.rowid, job_id, part, key, program, purpose, asked FROM job_parts JOIN jobs USING (job_id) "
                "WHERE answered IS NULL ORDER BY jobs.rowid <= ?, jobs.rowid, part LIMIT 1", [self._last_turn],
            ).fetchone()
        if row is None:
            return None
        self._last_turn, job_id, part, key, program, purpose, asked = row
        known = json.loads(key)
        return Part(
            job_id, part, Key(**{**known, "scopes": tuple(known["scopes"])}), program, purpose,
            [Person.model_validate(one) for one in json.loads(asked)],
        )  # fmt: skip

    def answer(self, part: Part, answers: bytes) -> None:
        """Keep the answers of a part; what was asked is not needed any more."""
        with self._lock:
            self._con.execute(
                "UPDATE job_parts SET answered = ?, asked = '' WHERE job_id = ? AND part = ?",
                [answers.decode(), part.job_id, part.part],
            )

    def state(self, job_id: str, caller: str) -> dict[str, Any] | None:
        """How far a job of a caller (its key's holder) is; None where it has none of that number."""
        with self._lock:
            row = self._con.execute(
                "SELECT persons, accepted_at, count(*), count(answered) FROM jobs JOIN job_parts USING (job_id) "
                "WHERE job_id = ? AND caller = ? GROUP BY job_id",
                [job_id, caller],
            ).fetchone()
        if row is None:
            return None
        persons, accepted_at, parts, answered = row
        return {
            "job_id": job_id, "state": "done" if answered == parts else "working", "persons": persons,
            "accepted_at": accepted_at, "parts": parts, "parts_answered": answered,
        }  # fmt: skip

    def part(self, job_id: str, part: int) -> str | None:
        """The answers of a part as JSON, or None where there are none yet."""
        with self._lock:
            row = self._con.execute(
                "SELECT answered FROM job_parts WHERE job_id = ? AND part = ?", [job_id, part]
            ).fetchone()
        return row[0] if row else None

    def drop(self, job_id: str) -> None:
        """Remove a job with its parts."""
        with self._lock:
            self._con.execute("DELETE FROM jobs WHERE job_id = ?", [job_id])

    def forget(self, before: dt.datetime) -> None:
        """Remove the jobs that were accepted before a moment."""
        with self._lock:
            self._con.execute("DELETE FROM jobs WHERE accepted_at < ?", [before.isoformat()])

    def close(self) -> None:
        with self._lock:
            self._con.close()


class Worker:
    """One thread that answers the parts of jobs, one after the other."""

    def __init__(self, jobs: Jobs, answer: Callable[[Part], bytes | None]) -> None:
        self._jobs, self._answer, self._stop = jobs, answer, threading.Event()
        self._thread = threading.Thread(target=self._work, name="service jobs", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End after the part that is being answered."""
        self._stop.set()
        self._jobs.changed.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stop.is_set():
            self._jobs.changed.clear()
            try:
                is_answered = self._answer_next()
            except Exception as error:  # as a trail that cannot be written, a full disk: the thread has to outlive it
                # The kind alone: an error's own words may hold what was asked.
                _LOG.warning("a part of a job could not be answered (%s); it is tried again", type(error).__name__)
                is_answered = False
            if not is_answered:
                self._jobs.changed.wait(timeout=2)

    def _answer_next(self) -> bool:
        part = self._jobs.next()
        answers = self._answer(part) if part else None
        if part is None or answers is None:
            return False
        self._jobs.answer(part, answers)
        return True
