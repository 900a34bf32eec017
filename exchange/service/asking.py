"""Questions that come at one time are looked up together: a look-up costs the same for one person as for fifty."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from exchange.service.answers import about, answer, as_rows
from exchange.service.models import Person
from exchange.service.snapshot import Snapshot, Snapshots

TOGETHER = 100  # persons that are looked up in one go
MOST_WAITING = 400  # persons; whoever comes then is told to come back


class Overloaded(Exception):
    """More is waiting than can be answered in time."""


@dataclass
class _Question:
    persons: Sequence[Person]
    source: str
    program: str | None
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[dict[str, Any]]"


class Desk:
    """One thread that looks up what is asked, as much as waits at a time."""

    def __init__(self, snapshots: Snapshots) -> None:
        self._snapshots = snapshots
        self._waiting: deque[_Question] = deque()
        self._persons = 0
        self._changed = threading.Condition()
        self._is_open = True
        self._thread = threading.Thread(target=self._work, name="service desk", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Persons that wait to be looked up."""
        return self._persons

    async def ask(self, persons: Sequence[Person], source: str, program: str | None) -> dict[str, Any]:
        """The answers on a few persons and the snapshot that they are from. Raises Overloaded, or as `Snapshots.using`."""
        loop = asyncio.get_running_loop()
        question = _Question(persons, source, program, loop, loop.create_future())
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
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        while questions := self._next():
            try:
                with self._snapshots.using() as snapshot:
                    found = look_up(questions, snapshot)
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


def look_up(questions: Sequence[_Question], snapshot: Snapshot) -> list[dict[str, Any]]:
    """The answers to questions, all looked up in one go."""
    persons = [person for question in questions for person in question.persons]
    sources = [question.source for question in questions for _ in question.persons]
    checked = iter(snapshot.lookup.check(as_rows(persons, sources)))
    return [
        {
            "snapshot": about(snapshot),
            "persons": [answer(next(checked), person, question.program, snapshot) for person in question.persons],
        }
        for question in questions
    ]


def _tell(question: _Question, how: Callable[[Any], None], what: Any) -> None:
    def unless_gone() -> None:
        if not question.future.done():
            how(what)

    question.loop.call_soon_threadsafe(unless_gone)
