"""The record of each request: `sharing/<request>/`, a file a step, written whole, never changed, chained by sums."""

import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from ibr.durable import on_disk
from ibr.errors import ContractBroken, UsageProblem
from warehouse import audit
from warehouse.lock import lock

_WAIT_SECONDS = 10


class Step(StrEnum):
    """What can happen to a request."""

    REQUESTED = "requested"
    ASSESSED = "assessed"
    APPROVED = "approved"
    REFUSED = "refused"
    EXTRACTED = "extracted"
    DISPOSED = "disposed"


@dataclass(frozen=True)
class Event:
    """A step that was taken: by whom, on which day, when it was recorded, what belongs to it; `sha256` of its file."""

    step: Step
    day: dt.date
    at: dt.datetime
    by: str
    content: dict[str, Any]
    sha256: str


@dataclass(frozen=True)
class Case:
    """A request and all that came of it."""

    request_id: str
    folder: Path
    events: tuple[Event, ...]

    @property
    def request(self) -> dict[str, Any]:
        return self.events[0].content

    @property
    def until(self) -> dt.date:
        return dt.date.fromisoformat(self.request["until"])

    @cached_property
    def assessment(self) -> Event | None:
        """The last assessment: the one that counts."""
        return next((event for event in reversed(self.events) if event.step is Step.ASSESSED), None)

    @property
    def approvals(self) -> list[Event]:
        """The approvals of the request as last assessed; earlier ones count no more."""
        return [
            event for event in self.of(Step.APPROVED)
            if self.assessment and event.content["assessment"] == self.assessment.sha256
        ]

    @property
    def is_approved(self) -> bool:
        """Whether two people have approved it as it was last assessed."""
        return len(self.approvals) > 1

    def of(self, step: Step) -> list[Event]:
        """The events of one kind, in their order."""
        return [event for event in self.events if event.step is step]

    def state(self, today: dt.date) -> str:
        """One word for where it stands: requested, assessed, half_approved, approved, refused, lapsed, extracted,
        disposed; overdue where the data ought to have been disposed of."""
        if self.of(Step.DISPOSED):
            return "disposed"
        if self.of(Step.REFUSED):
            return "refused"
        if self.of(Step.EXTRACTED):
            return "overdue" if today > self.until else "extracted"
        if today > self.until:
            return "lapsed"
        if self.assessment is None:
            return "requested"
        if self.is_approved:
            return "approved"
        return "half_approved" if self.approvals else "assessed"

    def add(
        self, step: Step, *, today: dt.date, at: dt.datetime, by: str, content: dict[str, Any],
        subjects: Iterable[str] = (),
    ) -> "Case":
        """Put a step on record and into the audit trail, whole or not at all. The caller holds the lock (`changing`).

        `subjects`: the persons whose data it is about. Raises UsageProblem for a day before that of the last step.
        """
        if self.events and today < self.events[-1].day:
            last = self.events[-1]
            raise UsageProblem(f"{self.request_id} was {last.step} on {last.day}; a step of {today} cannot follow")
        previous = self.events[-1].sha256 if self.events else None
        written: dict[str, Any] = {
            "step": step, "day": today.isoformat(), "at": at.isoformat(), "by": named(by), "previous": previous,
            "content": content,
        }
        text = json.dumps(written, indent=1, default=str, ensure_ascii=False) + "\n"
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # The trail first: no step that it does not know.
        audit.record(self.folder.parents[1], f"share_{step}", written["by"], subjects=subjects, details={
            "request": self.request_id, "day": written["day"], "record": hashlib.sha256(text.encode()).hexdigest(),
        })
        put(self.folder / f"{len(self.events) + 1:04d}-{step}.json", text.encode())
        return _read(self.folder)


def named(person: str) -> str:
    """A person's name without needless blanks. Raises UsageProblem for none."""
    name = " ".join(person.split())
    if not name:
        raise UsageProblem("no name is given; write who takes this step, as --by 'A. Otieno'")
    return name


def put(path: Path, content: bytes) -> None:
    """Write a file of the record, which appears whole and is not there yet; it is on disk when this returns."""
    if path.exists():
        raise ContractBroken(f"{path} is there already, and a record is never written over; look into it by hand")
    partial = path.with_name(f".{path.name}.part")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.chmod(0o600)
    partial.replace(path)
    on_disk(path.parent)


@contextmanager
def changing(home: Path, holder: str) -> Iterator[None]:
    """Hold the lock of the whole register while a step is taken."""
    with lock(home / "sharing.lock", "the register of shared data", holder, _WAIT_SECONDS):
        yield


def new_case(home: Path, today: dt.date) -> Case:
    """The next number of the year, with nothing on record yet. The caller holds the lock."""
    year = f"S{today.year}-"
    taken = [int(folder.name.removeprefix(year)) for folder in _folders(home) if folder.name.startswith(year)]
    request_id = f"{year}{max(taken, default=0) + 1:03d}"
    return Case(request_id, home / "sharing" / request_id, ())


def open_case(home: Path, request_id: str) -> Case:
    """A request by its number. Raises UsageProblem if there is none, ContractBroken if its record was changed."""
    for folder in _folders(home):
        if folder.name.lower() == request_id.lower():
            return _read(folder)
    raise UsageProblem(f"there is no request {request_id}; `ibr share list` lists them")


def cases(home: Path) -> list[Case]:
    """Every request, in order of their numbers, but for those whose record is `broken`."""
    return [case for folder in _folders(home) if (case := _intact(folder))]


def broken(home: Path) -> list[str]:
    """The numbers of requests whose record was changed: they hold up no others."""
    return [folder.name for folder in _folders(home) if _intact(folder) is None]


def _folders(home: Path) -> list[Path]:
    """A folder without its first file is what a killed process left: nothing was requested."""
    return sorted(path.parent for path in (home / "sharing").glob("*/0001-*.json"))


def _intact(folder: Path) -> Case | None:
    try:
        return _read(folder)
    except ContractBroken:
        return None


def _read(folder: Path) -> Case:
    events: list[Event] = []
    for place, path in enumerate(sorted(folder.glob("[0-9]*.json")), start=1):
        content = path.read_bytes()
        try:
            held = json.loads(content)
            step = Step(held["step"])
            is_next = path.name == f"{place:04d}-{step}.json"
            if not is_next or held["previous"] != (events[-1].sha256 if events else None):
                raise ValueError
            events.append(Event(
                step, dt.date.fromisoformat(held["day"]), dt.datetime.fromisoformat(held["at"]), held["by"],
                held["content"], hashlib.sha256(content).hexdigest(),
            ))
        except (ValueError, KeyError):
            raise ContractBroken(
                f"the record of {folder.name} was changed at {path.name}, or a file before it is gone; nothing more is "
                "done with this request: put the folder back from a backup"
            ) from None
    return Case(folder.name, folder, tuple(events))
