"""The standard beside the service: messages admitted, answered or kept for an answer later, and answers signed."""

import asyncio
import datetime as dt
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from exchange.service.asking import TOGETHER, Asking, Overloaded
from exchange.service.keys import Key
from exchange.service.models import MOST_MEMBERS, Person
from exchange.service.problems import Refused
from exchange.service.service import Service
from exchange.service.snapshot import NotAvailable
from exchange.spdci.codes import Error, HeaderReason, Status
from exchange.spdci.envelope import Envelope
from exchange.spdci.identifying import by_number
from exchange.spdci.models import VERSION
from exchange.spdci.problems import HeaderRejected, Rejected, from_refused, unavailable
from exchange.spdci.signature import SigningKey
from exchange.spdci.store import Store, Transaction, new_id
from exchange.spdci.times import CLOCK_SKEW, now_text
from ibr.config.registry import Registry

Found = tuple[Mapping[str, Any], Mapping[str, Any]]  # the service's answer on a person, and its snapshot
NEEDED = ("verify", "enrolments")


class Standard:
    """What the standard's routes and its threads share: the service, the state, the registry's own key."""

    def __init__(
        self, service: Service, home: Path, registry: Registry, loop: asyncio.AbstractEventLoop,
        now: Callable[[], dt.datetime],
    ) -> None:  # fmt: skip
        self.service, self.home, self.registry, self.now = service, home, registry, now
        self.settings = registry.service.standard
        self.store, self.signing = Store(home), SigningKey(home)
        self.tries: dict[str, threading.Thread] = {}  # by caller: the latest at a callback, which may still run
        # Each message waits in a thread for its look-up; with fewer, fewer would be looked up together.
        self.messages = ThreadPoolExecutor(TOGETHER, "standard message")
        self._loop, self._tidied_at = loop, dt.datetime.min.replace(tzinfo=dt.UTC)

    def close(self) -> None:
        """Answer what is being answered, then let go of the state."""
        self.messages.shutdown()
        self.store.close()

    def tidy(self) -> None:
        """Remove what is kept no longer, once an hour."""
        if self.now() - self._tidied_at > dt.timedelta(hours=1):
            self._tidied_at = self.now()
            self.store.forget(self._tidied_at - dt.timedelta(days=self.registry.service.keep_jobs_days))

    @property
    def id(self) -> str:
        """Whom our messages are from."""
        return self.settings.id or "ibr"

    @contextmanager
    def admitted(self, envelope: Envelope, persons: int) -> Iterator[None]:
        """A message that may be answered: in scope, within its caller's rate, for the first time. Raises Rejected. One
        call was counted when it came, before it was read.

        Where it then cannot be answered it may be sent again.
        """
        key, header = envelope.key, envelope.header
        self.check_scope(key)
        with self.problems():
            self.service.spend(key, persons, spent=1)
        if problem := self.service.snapshots.problem:
            raise unavailable(problem)
        keep = dt.timedelta(minutes=self.settings.message_minutes) + 2 * CLOCK_SKEW
        if not self.store.is_first(key.holder, header.message_id, self.now(), keep):
            raise HeaderRejected(HeaderReason.DUPLICATE, "a message with this message_id was taken already")
        try:
            with self.problems():
                yield
        except Exception:
            self.store.forget_message(key.holder, header.message_id)
            raise

    @contextmanager
    def problems(self) -> Iterator[None]:
        """What the service refuses, told in the standard's codes."""
        try:
            yield
        except Refused as error:
            raise from_refused(error) from None
        except NotAvailable as error:
            raise unavailable(str(error)) from None
        except Overloaded:
            raise unavailable("overloaded") from None

    def check_scope(self, key: Key) -> None:
        """Raises Rejected before anything is looked at, the same whomever it is about."""
        if not set(NEEDED) <= set(key.scopes):
            raise Rejected(Error.FORBIDDEN, f"this key has not the scopes {' and '.join(NEEDED)}", 403)

    def look_up(self, key: Key, purpose: str, persons: Sequence[Person]) -> list[Found]:
        """The service's answers, recorded in the trail: by its desk for a few, in bulk for many. Not for the event
        loop's own thread. Raises what the service raises."""
        asking = self.service.asking(key, None, purpose)
        with self.service.snapshots.using() as snapshot:
            meant = by_number(persons, snapshot)
        answers = orjson.loads(self._asked([one.person for one in meant], asking))
        for one, answer in zip(meant, answers["persons"], strict=True):
            if one.is_in_doubt(answer["population_register"]["status"]):
                answer["programs"]["outcome"] = "possible_match"
        return [(one, answers["snapshot"]) for one in answers["persons"]]

    def _asked(self, persons: Sequence[Person], asking: Asking) -> bytes:
        if len(persons) > MOST_MEMBERS:
            return self.service.many(persons, asking)
        return asyncio.run_coroutine_threadsafe(self.service.few(persons, asking), self._loop).result()

    def take(self, envelope: Envelope, transaction_id: str, references: Sequence[str], url: str | None) -> str:
        """Keep a message for an answer later; the number of its acknowledgement."""
        return self._keep(envelope, transaction_id, references, url, None)

    def keep_answer(
        self, envelope: Envelope, transaction_id: str, references: Sequence[str], answered: dict[str, Any]
    ) -> None:
        """Keep an answer that was given at once, for a caller whose connection breaks."""
        self._keep(envelope, transaction_id, references, None, answered)

    def _keep(
        self, envelope: Envelope, transaction_id: str, references: Sequence[str], url: str | None,
        answered: dict[str, Any] | None,
    ) -> str:  # fmt: skip
        correlation_id = answered["correlation_id"] if answered else new_id()
        self.store.keep(Transaction(
            correlation_id, envelope.key.holder, envelope.header.action, transaction_id, envelope.header.sender_id, url,
            envelope.message, answered,
        ), references, self.now())  # fmt: skip
        return str(correlation_id)

    def envelope(
        self, action: str, message: Mapping[str, Any] | None, status: str, receiver_id: str | None, *,
        message_id: str | None = None, words: str | None = None, reason: str | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """A message of ours, signed."""
        total, completed = _counts(message or {}, status)
        header: dict[str, Any] = {
            "version": VERSION, "message_id": message_id or new_id(), "message_ts": now_text(), "action": action,
            "status": str(status), "total_count": total, "completed_count": completed, "sender_id": self.id,
            "is_msg_encrypted": False,
        }  # fmt: skip
        beside = {"receiver_id": receiver_id, "status_reason_code": reason, "status_reason_message": words}
        header |= {name: value for name, value in beside.items() if value is not None}
        signature = self.signing.sign(header, {} if message is None else message, self.id, self.now())
        sent: dict[str, Any] = {"signature": signature, "header": header}
        return sent if message is None else sent | {"message": message}


def _counts(message: Mapping[str, Any], status: str) -> tuple[int, int]:
    """How many answers a message of ours holds, and how many of them are no longer pending."""
    lists = [part for name, part in message.items() if name.endswith("_response") and isinstance(part, list)]
    statuses = [one["status"] for one in lists[0]] if lists and lists[0] else [status]
    return len(statuses), sum(one != Status.PENDING for one in statuses)


def overall(answers: Sequence[Mapping[str, Any]]) -> Status:
    """The status of a message: rejected where every request in it was."""
    statuses = {one["status"] for one in answers}
    if statuses == {Status.REJECTED}:
        return Status.REJECTED
    return Status.PENDING if statuses == {Status.PENDING} else Status.SUCCESS
