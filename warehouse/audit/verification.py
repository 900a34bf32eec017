"""Whether anything in the log was changed, removed, added or moved since it was written, in either copy.

What is found: any byte changed in either copy, events removed from or put into the middle, events moved, a copy cut off
or lost, and both copies cut off or written anew behind an anchor: the head of the log that a publication's manifest,
`ops.runs`, or somebody's notebook kept. What cannot be: both copies cut off, or written anew, behind the last anchor;
and events added at the end by somebody who may write to both places.
"""

import gzip
import hashlib
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from warehouse.audit.event import EMPTY, Event, Head
from warehouse.audit.log import held_still
from warehouse.audit.places import Place, places

MOST_TOLD = 100


@dataclass(frozen=True)
class Fault:
    """What is wrong: in which copy (or anchor), at which line (0: of the whole), and what was found and expected."""

    place: str
    line: int
    fault: str

    def __str__(self) -> str:
        return f"{self.place}, line {self.line}: {self.fault}" if self.line else f"{self.place}: {self.fault}"


@dataclass(frozen=True)
class Verification:
    """What was checked: events of the first copy, its head, how many anchors, and the first faults of all."""

    events: int
    head: Head
    anchors: int
    faults: list[Fault]

    @property
    def passed(self) -> bool:
        return not self.faults


def verify(home: Path, anchors: Mapping[str, Head]) -> Verification:
    """Check both copies of a workspace's log, their lists of subjects, and the log against what others kept of it.

    `anchors`: by where each was kept, the head that the log had then. Others may append meanwhile. At most 100 faults
    are told. Reads all of it: 100,000 events of 400 bytes took 11 s beside other work on two cores.
    """
    both = places(home)
    with held_still(home):
        # What is there now is what is checked; the lines behind it are for the next time.
        sizes = [place.log.stat().st_size if place.log.is_file() else None for place in both]
    chains = [_Chain(str(place.log), place, size) for place, size in zip(both, sizes, strict=True)]
    wanted = {anchor.sequence for anchor in anchors.values()}
    faults = [fault for chain in chains for fault in chain.check(wanted)]
    first, second = chains
    if None in sizes and first.head != second.head:
        missing = first if sizes[0] is None else second
        faults.append(Fault(missing.name, 0, "is not there, and the other copy is"))
    elif first.head != second.head:
        faults.append(Fault(
            second.name, 0, f"ends with event {second.head.sequence}, the first copy with {first.head.sequence}: one "
            "was cut off or written anew; where one is the beginning of the other, the next event fills it up"
        ))  # fmt: skip
    faults += _against(first, anchors)
    return Verification(first.events, first.head, len(anchors), faults[:MOST_TOLD])


def _against(chain: "_Chain", anchors: Mapping[str, Head]) -> Iterator[Fault]:
    for name, anchor in anchors.items():
        if anchor == EMPTY:
            continue
        found = chain.seen.get(anchor.sequence)
        if found is None:
            yield Fault(name, 0, f"knew event {anchor.sequence}, which the log does not have: it was cut off")
        elif found != anchor.hash:
            yield Fault(name, 0, f"knew another event {anchor.sequence} than the log has: it was written anew")


class _Chain:
    """One copy, read once from its beginning to its end. A chain of hashes can be followed in no other way than line
    by line; one line is held at a time."""

    def __init__(self, name: str, place: Place, size: int | None) -> None:
        self.name, self._place, self._size = name, place, size or 0
        self.events, self.head = 0, EMPTY
        self.seen: dict[int, str] = {}

    def check(self, wanted: Iterable[int]) -> Iterator[Fault]:
        """Every fault of the copy; fills `events`, `head`, and `seen` with the hashes of the wanted events."""
        wanted, lists = set(wanted), dict[str, int]()
        for number, line in enumerate(self._lines(), start=1):
            if not line.endswith(b"\n"):
                yield Fault(self.name, number, "is half an event, as a crash leaves it; the next event cuts it off")
                return
            self.events = number
            try:
                event, hash_ = Event.parse(line)
            except ValueError as problem:
                yield Fault(self.name, number, str(problem))
                self.head = _stated(line)
                continue
            yield from self._in_place(event, number)
            self.head = Head(event.sequence, hash_)
            if event.sequence in wanted:
                self.seen.setdefault(event.sequence, hash_)
            if event.subjects_list:
                lists.setdefault(event.subjects_list, number)
        for sum_, number in lists.items():
            if fault := _list_fault(self._place.subjects(sum_), sum_):
                yield Fault(self.name, number, fault)

    def _in_place(self, event: Event, number: int) -> Iterator[Fault]:
        # After a line that says nothing of itself any event fits.
        if self.head.hash and event.previous != self.head.hash:
            yield Fault(
                self.name, number, f"event {event.sequence} does not follow the event before it, "
                f"{self.head.sequence}: events were removed, added, moved or changed here",
            )  # fmt: skip
        elif self.head.hash and event.sequence != self.head.sequence + 1:
            yield Fault(self.name, number, f"has number {event.sequence}, expected {self.head.sequence + 1}")

    def _lines(self) -> Iterator[bytes]:
        if not self._size:
            return
        with self._place.log.open("rb") as file:
            while (left := self._size - file.tell()) > 0:
                yield file.readline(left)


def _stated(line: bytes) -> Head:
    """What an altered line says of itself, so that one altered line is one fault; its successor is checked by it."""
    try:
        return Head.stated(line)
    except ValueError:
        return Head(0, "")


def _list_fault(path: Path, sum_: str) -> str | None:
    try:
        text = gzip.decompress(path.read_bytes())
    except FileNotFoundError:
        return f"names the list of subjects {sum_[:12]}..., which is not there"
    except (OSError, EOFError, zlib.error):
        return f"names the list of subjects {sum_[:12]}..., which cannot be read"
    if hashlib.sha256(text).hexdigest() != sum_:
        return f"names the list of subjects {sum_[:12]}..., which was altered"
    return None
