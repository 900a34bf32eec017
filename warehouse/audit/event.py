"""One event as one line of JSON, which holds the hash of the line before it and its own."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

GENESIS = "0" * 64  # what stands for the hash before the first event


@dataclass(frozen=True)
class Head:
    """The last event of a log: kept elsewhere, it proves that nothing up to it was changed or cut off since."""

    sequence: int
    hash: str

    def __str__(self) -> str:
        return f"{self.sequence}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> "Head":
        """`<sequence>:<hash>`. Raises ValueError for anything else."""
        sequence, _, hash_ = text.strip().partition(":")
        if not sequence.isdigit() or len(hash_) != len(GENESIS):
            raise ValueError("expected SEQUENCE:HASH, as `ibr audit verify` prints it")
        return cls(int(sequence), hash_.lower())

    @classmethod
    def stated(cls, line: bytes) -> "Head":
        """What a line says of itself, whether or not it is true. Raises ValueError where it says nothing."""
        try:
            content = json.loads(line)
            return cls(int(content["sequence"]), str(content["hash"]))
        except (ValueError, TypeError, KeyError):
            raise ValueError("is no event") from None


EMPTY = Head(0, GENESIS)


@dataclass(frozen=True)
class Event:
    """What happened. `at`: UTC; `actor`: who says to have done it, `user`: the operating system's account that did;
    `subjects`: person_uids and record ids, no names; `subjects_list`: the SHA-256 of the list that holds them where
    they are many; `details`: codes and counts; `previous`: the hash of the event before."""

    sequence: int
    at: str
    actor: str
    user: str
    action: str
    subjects: list[str]
    subjects_list: str | None
    details: Mapping[str, Any]
    previous: str

    @property
    def body(self) -> str:
        """The event in its one spelling: whatever is written otherwise was not written here."""
        return json.dumps(asdict(self), separators=(",", ":"), allow_nan=False, default=str)

    @property
    def head(self) -> Head:
        return Head(self.sequence, hashlib.sha256(self.body.encode()).hexdigest())

    @property
    def line(self) -> bytes:
        return f'{self.body[:-1]},"hash":"{self.head.hash}"}}\n'.encode()

    @classmethod
    def parse(cls, line: bytes) -> "Event":
        """The event of a line. Raises ValueError where it is none, or not as it was written."""
        try:
            content = json.loads(line)
            stated = content.pop("hash")
            event = cls(**content)
            is_as_written = event.line == line
        except (ValueError, TypeError, KeyError, AttributeError):
            raise ValueError("is no event") from None
        if not is_as_written:
            wrong = "the line" if stated == event.head.hash else "the event or its hash"
            raise ValueError(f"was altered: {wrong} is not as it was written")
        return event
