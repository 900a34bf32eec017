"""Questions that come at one time are looked up together: a look-up costs the same for one person as for fifty."""

import asyncio
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exchange.service.answers import about, answer, as_rows, household
from exchange.service.keys import Key
from exchange.service.models import Person
from exchange.service.snapshot import Snapshot, Snapshots
from linkage.lookup import Checked, Lookup
from warehouse.audit import Entry, record_all

TOGETHER = 100  # persons that are looked up in one go
MOST_WAITING = 400  # persons; whoever comes then is told to come back


class Overloaded(Exception):
    """More is waiting than can be answered in time."""


@dataclass(frozen=True)
class Asking:
    """Who asks, for which program, and why; `source`: the source that a record of theirs would come from."""

    key: Key
    program: str | None
    purpose: str
    source: str
    is_household: bool = False

    @property
    def with_records(self) -> bool:
        """Whether the programs' records may bear on the answer: else it would tell that there are some."""
        return "enrolments" in self.key.scopes


@dataclass
class _Question:
    persons: Sequence[Person]
    asking: Asking
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[dict[str, Any]]"


class Desk:
    """Threads that look up what is asked, each as much as waits at a time, by the lookup of its place."""

    def __init__(self, home: Path, snapshots: Snapshots, threads: int = 1) -> None:
        self._home, self._snapshots = home, snapshots
        self._waiting: deque[_Question] = deque()
        self._persons = 0
        self._changed = threading.Condition()
        self._is_open = True
        self._threads = [
            threading.Thread(target=self._work, args=[place], name=f"service desk {place}", daemon=True)
            for place in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self) -> int:
        """Persons that wait to be looked up."""
        return self._persons

    async def ask(self, persons: Sequence[Person], asking: Asking) -> dict[str, Any]:
        """The answers on a few persons and the snapshot that they are from, recorded in the trail. Raises Overloaded,
        NotAvailable, and what the trail raises."""
        loop = asyncio.get_running_loop()
        question = _Question(persons, asking, loop, loop.create_future())
        with self._changed:
            if self._persons and self._persons + len(persons) > MOST_WAITING:
                raise Overloaded
            self._persons += len(persons)
            self._waiting.append(question)
            self._changed.notify()
        return await question.future

    def close(self) -> None:
        """Answer what waits, then end."""
        with self._changed:
            self._is_open = False
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _work(self, place: int) -> None:
        while questions := self._next():
            try:
                with self._snapshots.using() as snapshot:
                    found = _looked_up(questions, snapshot, snapshot.lookups[place])
                record_all(self._home, [entry(q.asking, answers) for q, answers in zip(questions, found, strict=True)])
            except Exception as error:
                for question in questions:
                    _tell(question, question.future.set_exception, error)
            else:
                for question, answers in zip(questions, found, strict=True):
                    _tell(question, question.future.set_result, answers)

    def _next(self) -> list[_Question]:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or not self._is_open)
            taken: list[_Question] = []
            size = 0
            while self._waiting and (not taken or size + len(self._waiting[0].persons) <= TOGETHER):
                taken.append(self._waiting.popleft())
                size += len(taken[-1].persons)
            self._persons -= size
            return taken


def _looked_up(questions: Sequence[_Question], snapshot: Snapshot, lookup: Lookup) -> list[dict[str, Any]]:
    """The answers to questions, looked up in one go: those of callers who may know of benefits, and the others."""
    checked: dict[bool, Iterator[Checked]] = {}
    for with_records in {question.asking.with_records for question in questions}:
        alike = [question for question in questions if question.asking.with_records == with_records]
        persons = [person for question in alike for person in question.persons]
        sources = [question.asking.source for question in alike for _ in question.persons]
        checked[with_records] = iter(lookup.check(as_rows(persons, sources), with_records=with_records))
    return [
        told(one.persons, [next(checked[one.asking.with_records]) for _ in one.persons], one.asking, snapshot)
        for one in questions
    ]


def told(
    persons: Sequence[Person], checked: Sequence[Checked], asking: Asking, snapshot: Snapshot
) -> dict[str, Any]:
    """An answer as it is sent."""
    found = [
        answer(one, person, asking.program, asking.key, snapshot)
        for one, person in zip(checked, persons, strict=True)
    ]
    whole = household(checked, asking.program, asking.key, snapshot) if asking.is_household else None
    return {"snapshot": about(snapshot), "persons": found, "household": whole}


def entry(asking: Asking, answers: dict[str, Any]) -> Entry:
    """What the trail keeps of an answer: codes, and whom it told of; no name and no number that was sent."""
    subjects = [one["programs"]["person_uid"] for one in answers["persons"] if one["programs"]]
    return Entry("verification_answered", asking.key.name, tuple(uid for uid in subjects if uid), {
        "purpose": asking.purpose, "program": asking.program, "scopes": list(asking.key.scopes),
        "answers": dict(Counter(one["answer"] for one in answers["persons"])),
        "version": answers["snapshot"]["version"],
    })  # fmt: skip


def _tell(question: _Question, how: Callable[[Any], None], what: Any) -> None:
    def unless_gone() -> None:
        if not question.future.done():
            how(what)

    question.loop.call_soon_threadsafe(unless_gone)
