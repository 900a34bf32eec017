"""One event as one line of JSON, which holds the hash of the line before it and its own."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
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
    def head(self) -> Head:
        return Head(self.sequence, _hash(_body(vars(self))))

    @property
    def line(self) -> bytes:
        body = _body(vars(self))
        return _line(body, _hash(body))

    @classmethod
    def parse(cls, line: bytes) -> "tuple[Event, str]":
        """The event of a line, and its hash. Raises ValueError where it is none, or not as it was written."""
        try:
            content = json.loads(line)
            stated = content.pop("hash")
            event = cls(**content)
        except (ValueError, TypeError, KeyError, AttributeError):
            raise ValueError("is no event") from None
        body = _body(content)
        hash_ = _hash(body)
        if _line(body, hash_) != line:
            wrong = "the line" if stated == hash_ else "the event or its hash"
            raise ValueError(f"was altered: {wrong} is not as it was written")
        return event, hash_


def _body(content: Mapping[str, Any]) -> str:
    """An event in its one spelling: whatever is written otherwise was not written here."""
    return json.dumps(content, separators=(",", ":"), allow_nan=False, default=str)


def _hash(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()


def _line(body: str, hash_: str) -> bytes:
    return f'{body[:-1]},"hash":"{hash_}"}}\n'.encode()
