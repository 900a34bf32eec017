"""What the standard keeps in service.sqlite: messages seen, transactions and their answers, callbacks that are due."""

import datetime as dt
import json
import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exchange.service.state import open_state
from exchange.spdci.schema import SCHEMA


@dataclass(frozen=True)
class Transaction:
    """A message that was taken. `caller`: the holder of its key; `asked`: its message; `answered`: ours, None as long
    as it waits."""

    correlation_id: str
    caller: str
    action: str
    transaction_id: str
    receiver_id: str | None
    url: str | None
    asked: dict[str, Any]
    answered: dict[str, Any] | None


@dataclass(frozen=True)
class Delivery:
    """A message to a caller that is due, tried `attempts` times so far."""

    delivery_id: str
    caller: str
    receiver_id: str | None
    url: str
    action: str
    status: str
    message: dict[str, Any]
    attempts: int


_BY = {
    "transaction_id": "transaction_id IN (SELECT value FROM json_each(?))",
    "correlation_id": "correlation_id IN (SELECT value FROM json_each(?))",
    "reference_id_list":
        "correlation_id IN (SELECT correlation_id FROM standard_references "
        "WHERE reference_id IN (SELECT value FROM json_each(?)))",
}  # fmt: skip
_TOGETHER = 200  # rows that are deleted in one go: transactions with three references each take 30 milliseconds


def new_id() -> str:
    """A number that nobody guesses."""
    return secrets.token_hex(12)


class Store:
    """The tables, over one connection; `to_answer` and `to_send` are set where there is something to do."""

    def __init__(self, home: Path) -> None:
        self.con = open_state(home, SCHEMA)
        self.lock = threading.RLock()
        self.all_looked_at: str | None = None  # the publication in which no subscription is left to look at
        self.to_answer, self.to_send = threading.Event(), threading.Event()

    def close(self) -> None:
        with self.lock:
            self.con.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """All changes inside or none; inside another, a part of it."""
        with self.lock:
            if self.con.in_transaction:
                yield
                return
            with self.con:
                self.con.execute("BEGIN IMMEDIATE")
                yield

    def is_first(self, caller: str, message_id: str, now: dt.datetime, keep: dt.timedelta) -> bool:
        """Whether a caller's message_id was not used yet; from now on it is. Those too old to be sent again go."""
        with self.lock:
            self.con.execute("DELETE FROM standard_messages WHERE seen_at < ?", [(now - keep).timestamp()])
            done = self.con.execute(
                "INSERT OR IGNORE INTO standard_messages VALUES (?, ?, ?)", [caller, message_id, now.timestamp()]
            )
            return done.rowcount == 1

    def forget_message(self, caller: str, message_id: str) -> None:
        """Let a message be sent again: it could not be answered."""
        with self.lock:
            self.con.execute("DELETE FROM standard_messages WHERE caller = ? AND message_id = ?", [caller, message_id])

    def keep(self, one: Transaction, references: Sequence[str], now: dt.datetime) -> None:
        """Keep a transaction, whole on disk before it is told of."""
        with self.together():
            self.con.execute(
                "INSERT INTO standard_transactions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [one.correlation_id, one.caller, one.action, one.transaction_id, one.receiver_id, one.url,
                 json.dumps(one.asked), None if one.answered is None else json.dumps(one.answered), now.isoformat(),
                 now.timestamp()],
            )  # fmt: skip
            self.con.executemany(
                "INSERT OR IGNORE INTO standard_references VALUES (?, ?)",
                [(one.correlation_id, reference) for reference in references],
            )
        self.to_answer.set()

    def waiting(self, now: dt.datetime) -> Transaction | None:
        """The oldest that waits for its answer, and may be tried."""
        return self._transaction("answered IS NULL AND due <= ? ORDER BY accepted_at", [now.timestamp()])

    def defer(self, one: Transaction, until: dt.datetime) -> None:
        """Try a transaction again later, so that it holds up no other."""
        with self.lock:
            self.con.execute(
                "UPDATE standard_transactions SET due = ? WHERE correlation_id = ?",
                [until.timestamp(), one.correlation_id],
            )

    def find(self, caller: str, action: str, attribute: str, values: Sequence[str]) -> Transaction | None:
        """A caller's latest transaction of an action, by one of the values that the standard lets it be asked by."""
        where = f"caller = ? AND action = ? AND {_BY[attribute]} ORDER BY accepted_at DESC"
        return self._transaction(where, [caller, action, json.dumps(list(values))])

    def answer(self, one: Transaction, answered: Mapping[str, Any], status: str, now: dt.datetime) -> None:
        """Keep the answer, and where the caller has a place for it, send it: both or neither."""
        with self.together():
            self.con.execute(
                "UPDATE standard_transactions SET answered = ? WHERE correlation_id = ?",
                [json.dumps(answered), one.correlation_id],
            )
            if one.url:
                self.send(Delivery(
                    new_id(), one.caller, one.receiver_id, one.url, answering(one.action), status, dict(answered), 0
                ), now)  # fmt: skip
        self.to_send.set()

    def drop(self, one: Transaction) -> None:
        """Forget a transaction: its caller may not ask any more."""
        with self.lock:
            self.con.execute("DELETE FROM standard_transactions WHERE correlation_id = ?", [one.correlation_id])

    def send(self, one: Delivery, now: dt.datetime) -> None:
        """Put a message among those to be sent."""
        self.con.execute(
            "INSERT INTO standard_deliveries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [one.delivery_id, one.caller, one.receiver_id, one.url, one.action, one.status, json.dumps(one.message),
             one.attempts, now.timestamp()],
        )  # fmt: skip

    def due(self, now: dt.datetime) -> Delivery | None:
        """The message that should be sent next. Where one of a caller fails its others wait for it: a system that does
        not answer takes no more time than that of one message, and callers whose system does come first."""
        with self.lock:
            row = self.con.execute(
                "SELECT delivery_id, caller, receiver_id, url, action, status, message, attempts FROM "
                "standard_deliveries WHERE due <= ? AND (attempts > 0 OR caller NOT IN (SELECT caller FROM "
                "standard_deliveries WHERE attempts > 0)) ORDER BY attempts, due LIMIT 1", [now.timestamp()],
            ).fetchone()  # fmt: skip
        if row is None:
            return None
        *first, message, attempts = row
        return Delivery(*[*first, json.loads(message), attempts])

    def delivered(self, one: Delivery) -> None:
        """Forget a message that was sent, or is given up."""
        with self.lock:
            self.con.execute("DELETE FROM standard_deliveries WHERE delivery_id = ?", [one.delivery_id])

    def postpone(self, one: Delivery, until: dt.datetime) -> None:
        """Try a message again later."""
        with self.lock:
            self.con.execute(
                "UPDATE standard_deliveries SET attempts = attempts + 1, due = ? WHERE delivery_id = ?",
                [until.timestamp(), one.delivery_id],
            )

    def forget(self, before: dt.datetime) -> None:
        """Remove the transactions that were taken before a moment, the subscriptions that ended before it, and the
        messages that were due before it; some at a time, so that nobody waits for all."""
        for table, column, value in (
            ("transactions", "accepted_at", before.isoformat()), ("subscriptions", "ended_at", before.isoformat()),
            ("deliveries", "due", before.timestamp()),
        ):  # fmt: skip
            old = f"SELECT rowid FROM standard_{table} WHERE {column} < ? LIMIT {_TOGETHER}"
            deleted = _TOGETHER
            while deleted == _TOGETHER:
                with self.lock:
                    done = self.con.execute(f"DELETE FROM standard_{table} WHERE rowid IN ({old})", [value])
                deleted = done.rowcount

    def _transaction(self, where: str, values: Sequence[Any]) -> Transaction | None:
        with self.lock:
            row: tuple[Any, ...] | None = self.con.execute(
                "SELECT correlation_id, caller, action, transaction_id, receiver_id, url, asked, answered "
                f"FROM standard_transactions WHERE {where} LIMIT 1", values,
            ).fetchone()  # fmt: skip
        if row is None:
            return None
        *first, asked, answered = row
        return Transaction(*[*first, json.loads(asked), None if answered is None else json.loads(answered)])


def answering(action: str) -> str:
    """The action of an answer to an action; the standard has none to `notify` but itself."""
    return {"txn-status": "txn-on-status", "notify": "notify"}.get(action, f"on-{action}")


