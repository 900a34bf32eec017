"""Appending to the log: one process at a time, both copies on disk before the caller goes on.

An event is written before what it tells of is shown or sent, so that nothing can be seen without a trace. Where it
cannot be written in both places it is written in neither, and the caller does not go on either.
"""

import datetime as dt
import fcntl
import getpass
import gzip
import hashlib
import mmap
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ibr.disk import full_disk
from ibr.durable import on_disk
from ibr.errors import ConfigurationProblem
from warehouse.audit.event import EMPTY, Event, Head
from warehouse.audit.mending import last_line, mended, put_list
from warehouse.audit.places import FOLDER, Places, places

ACTOR_VARIABLE = "IBR_ACTOR"
MENDED = "audit_mended"
MOST_SUBJECTS = 50  # that stand in the event itself; more are a list beside the log
_ACTION = re.compile(r"[a-z]+(_[a-z]+)*")


def record(
    home: Path,
    action: str,
    actor: str | None = None,
    *,
    subjects: Iterable[str] = (),
    details: Mapping[str, Any] | None = None,
) -> Event:
    """Append an event to both copies of a workspace's log, and return it.

    `action`: what was done, in lower case with underscores, as `decisions_imported`; `actor`: who did it, by default
    `$IBR_ACTOR`, else the operating system's user; `subjects`: person_uids, record_ids and the like; `details`: codes,
    counts and sums. Neither holds names or other values of anybody: the log is kept longer than they may be.
    Safe from several processes at once. Raises ConfigurationProblem, or DiskFull, where a copy cannot be written.
    """
    if not _ACTION.fullmatch(action):
        raise ValueError(f"action {action!r}; expected words in lower case with underscores between")
    both = places(home)
    named = sorted(set(subjects))
    with _held(home), _told(both):
        sum_ = _keep_list(both, named) if len(named) > MOST_SUBJECTS else None
        for repair in mended(both):
            _append(both, MENDED, None, [], None, repair)
        return _append(both, action, actor, [] if sum_ else named, sum_, details or {})


@dataclass(frozen=True)
class Entry:
    """What an event will say, as the arguments of `record`."""

    action: str
    actor: str
    subjects: tuple[str, ...]
    details: Mapping[str, Any]


def record_all(home: Path, entries: Sequence[Entry]) -> None:
    """Append several events at once: writing them costs the same as writing one. Errors as `record`."""
    both = places(home)
    with _held(home), _told(both):
        for repair in mended(both):
            _append(both, MENDED, None, [], None, repair)
        before, lines = _head(both), b""
        for entry in entries:
            assert _ACTION.fullmatch(entry.action)
            subjects = sorted(set(entry.subjects))
            sum_ = _keep_list(both, subjects) if len(subjects) > MOST_SUBJECTS else None
            named = [] if sum_ else subjects
            event = _event(before, entry.action, entry.actor, named, sum_, entry.details)
            lines, before = lines + event.line, event.head
        if lines:
            _write(both, lines)


def actor_name(actor: str | None = None) -> str:
    """Who acts: the one named, else `$IBR_ACTOR`, else the operating system's user."""
    return " ".join((actor or os.environ.get(ACTOR_VARIABLE) or _user()).split())


def head(home: Path) -> Head:
    """The last event of the first copy; sequence 0 where there is none."""
    return _head(places(home))


def last(home: Path, action: str) -> Event | None:
    """The last event of an action, found from the end of the log; None where there is none."""
    line = _line(places(home).first.log, f'"action":"{action}","subjects":')
    return Event.parse(line)[0] if line else None


def find_event(home: Path, sequence: int) -> Event | None:
    """The event of a number; None where there is none. Raises ValueError where its line was altered."""
    line = _line(places(home).first.log, f'{{"sequence":{sequence},"at":')
    return Event.parse(line)[0] if line else None


@contextmanager
def held_still(home: Path) -> Iterator[None]:
    """Nobody appends while the block runs; where the log may only be read, as a copy kept as evidence, nobody can."""
    if os.access(home / FOLDER, os.W_OK):
        with _held(home):
            yield
    else:
        yield


def _line(log: Path, part: str) -> bytes | None:
    """The last line of a log that holds `part`: quotes of a value are escaped, so no value can look like it."""
    if not log.is_file() or not log.stat().st_size:
        return None
    with log.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        found = text.rfind(part.encode())
        if found < 0:
            return None
        return text[text.rfind(b"\n", 0, found) + 1 : text.find(b"\n", found) + 1]


def _append(
    both: Places, action: str, actor: str | None, subjects: list[str], sum_: str | None, details: Mapping[str, Any]
) -> Event:
    event = _event(_head(both), action, actor, subjects, sum_, details)
    _write(both, event.line)
    return event


def _event(
    before: Head, action: str, actor: str | None, subjects: list[str], sum_: str | None, details: Mapping[str, Any]
) -> Event:
    return Event(
        before.sequence + 1, dt.datetime.now(dt.UTC).isoformat(timespec="microseconds"),
        actor_name(actor), _user(), action, subjects, sum_, dict(details), before.hash,
    )  # fmt: skip


def _head(both: Places) -> Head:
    """What the last lines say of themselves: that a line was altered is for `verify` to tell, and stops no work."""
    lines = [line for place in both if (line := last_line(place.log))]
    for line in lines:
        try:
            return Head.stated(line)
        except ValueError:
            continue
    return Head(0, hashlib.sha256(lines[0]).hexdigest()) if lines else EMPTY


def _write(both: Places, line: bytes) -> None:
    """The line at the end of both copies and on disk, or on neither."""
    sizes: list[tuple[Path, int]] = []
    try:
        for place in both:
            _make_folder(place.folder)
            descriptor = os.open(place.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(descriptor, "ab") as file:
                sizes.append((place.log, os.fstat(file.fileno()).st_size))
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
            if not sizes[-1][1]:
                on_disk(place.folder)
    except OSError:
        for log, size in sizes:
            os.truncate(log, size)
        raise


def _keep_list(both: Places, subjects: list[str]) -> str:
    """Keep a long list of subjects under its sum, in both places; the same list again is kept once."""
    text = "".join(f"{subject}\n" for subject in subjects).encode()
    sum_ = hashlib.sha256(text).hexdigest()
    packed = gzip.compress(text, mtime=0)
    for place in both:
        target = place.subjects(sum_)
        if target.is_file():
            continue
        _make_folder(place.folder)
        put_list(target, packed)
    return sum_


@contextmanager
def _held(home: Path) -> Iterator[None]:
    """The log's lock, waited for: an event takes milliseconds."""
    folder = home / FOLDER
    _make_folder(folder)
    with (folder / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _told(both: Places) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise full_disk(error) or ConfigurationProblem(
            f"the audit log cannot be written in both {both.first.folder} and {both.second.folder} "
            f"({error.strerror}), and nothing goes on without it; make both writable, or change audit.copy_to in "
            "registry.yml"
        ) from None


def _make_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in some containers
        return str(os.getuid())
