"""Subscriptions: what a caller wants to be told of somebody, looked at once a publication."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from exchange.service.keys import Key
from exchange.service.models import Person
from exchange.spdci.codes import SubscribeReason, UnsubscribeReason
from exchange.spdci.models import SubscribeItem
from exchange.spdci.query import NotUnderstood, Wanted, wanted
from exchange.spdci.search import purpose_of
from exchange.spdci.store import Store, Transaction, new_id
from exchange.spdci.times import now_text, parsed, text_of

MOST_SUBSCRIPTIONS = 100_000  # of a caller
# As the specification spells them; and death, which its list of notifications leaves out.
EVENTS = {
    "enrollement": "enrolled", "enrolment": "enrolled", "enrollment": "enrolled",
    "enrollementstatuschange": "status_changed", "enrolmentstatuschange": "status_changed",
    "enrollmentstatuschange": "status_changed", "deregister": "left", "death": "died",
}  # fmt: skip


@dataclass(frozen=True)
class Subscription:
    """What is to be told of whom. `state`: what was known when it was last looked at, None where it never was."""

    code: str
    caller: str
    receiver_id: str | None
    transaction_id: str
    reference_id: str
    event: str
    record_type: str
    person: Person
    programme: str | None
    purpose: str
    locale: str | None
    starts_at: str | None
    ends_at: str | None
    state: dict[str, Any] | None

    @property
    def wanted(self) -> Wanted:
        """The person as a query."""
        return Wanted(self.person, self.programme)


_NOT_LOOKED_AT = "ended_at IS NULL AND version IS NOT ?"
# Whom it was about goes at once; that there was one stays a while, so that ending it again is told as such.
_END = "UPDATE standard_subscriptions SET ended_at = ?, person = '', programme = NULL, state = NULL"
_COLUMNS = [one.name for one in fields(Subscription)]


class _NotMade(Exception):
    def __init__(self, reason: SubscribeReason, words: str) -> None:
        super().__init__(words)
        self.reason, self.words = reason, words


def subscribe(store: Store, key: Key, taken: Transaction, correlation_id: str, now: dt.datetime) -> dict[str, Any]:
    """Make the subscriptions of a message; what the caller is told of each."""
    seen: set[str] = set()
    answers = []
    with store.together():
        store.all_looked_at = None
        room = MOST_SUBSCRIPTIONS - _held(store, key)
        for raw in taken.asked["subscribe_request"]:
            item = SubscribeItem.model_validate(raw)
            told: dict[str, Any] = {"reference_id": item.reference_id, "timestamp": now_text(), "status": "succ"}
            try:
                if item.reference_id in seen:
                    raise _NotMade(SubscribeReason.REFERENCE_TWICE, "reference_id stands twice in the message")
                seen.add(item.reference_id)
                code = _make(store, key, taken, item, now, room)
                room -= 1
                told["subscriptions"] = [{"code": code, "status": "subscribe", "timestamp": text_of(now)}]
            except _NotMade as problem:
                told |= {
                    "status": "rjct", "status_reason_code": problem.reason, "status_reason_message": problem.words
                }  # fmt: skip
            answers.append(told)
    return {
        "transaction_id": taken.transaction_id, "correlation_id": correlation_id, "subscribe_response": answers
    }  # fmt: skip


def unsubscribe(
    store: Store, key: Key, taken: Transaction, correlation_id: str, now: dt.datetime
) -> tuple[dict[str, Any], str]:
    """End the subscriptions of a message, all or none; what the caller is told, and its status. Another caller's look
    as none."""
    codes = list(dict.fromkeys(taken.asked["subscription_codes"]))
    told: dict[str, Any] = {
        "transaction_id": taken.transaction_id, "correlation_id": correlation_id, "timestamp": text_of(now),
    }  # fmt: skip
    with store.together():
        known = dict(store.con.execute(
            "SELECT code, ended_at FROM standard_subscriptions WHERE caller = ? "
            "AND code IN (SELECT value FROM json_each(?))", [key.holder, json.dumps(codes)],
        ).fetchall())  # fmt: skip
        reason = None
        if len(known) < len(codes):
            reason, words = UnsubscribeReason.CODE, "a subscription code is none of this caller's; none was ended"
        elif any(known.values()):
            reason, words = UnsubscribeReason.ALREADY, "a subscription was ended before; none was ended now"
        if reason:
            return told | {"status": "rjct", "status_reason_code": reason, "status_reason_message": words}, "rjct"
        store.con.execute(
            f"{_END} WHERE code IN (SELECT value FROM json_each(?))", [now.isoformat(), json.dumps(codes)]
        )
    ended = [{"code": code, "status": "unsubscribe"} for code in codes]
    return told | {"status": "succ", "subscription_status": ended}, "succ"


def _make(store: Store, key: Key, taken: Transaction, item: SubscribeItem, now: dt.datetime, room: int) -> str:
    criteria = item.subscribe_criteria
    event = EVENTS.get(criteria.reg_event_type.rpartition(":")[2].lower().replace("_", "").replace("-", ""))
    if event is None:
        words = "expected enrollement, enrollement_status_change, Deregister or death"
        raise _NotMade(SubscribeReason.NOTIFY_TYPES, words)
    if key.callback is None:
        raise _NotMade(SubscribeReason.NOTIFY_DETAILS, "this caller is registered without a callback to notify")
    try:
        found, purpose = wanted(criteria.filter_type, criteria.filter), purpose_of(criteria.authorize)
    except NotUnderstood as problem:
        raise _NotMade(SubscribeReason.PERSON, str(problem)) from None
    times = criteria.frequency
    starts, ends = (parsed(times.start_time), parsed(times.end_time)) if times else (None, None)
    if ends and starts and not max(starts, now) < ends:
        raise _NotMade(SubscribeReason.NOTIFY_DETAILS, "end_time is before start_time, or in the past")
    person = found.person.model_dump_json(exclude_none=True)
    if _is_held(store, key, person, event, found.programme):
        raise _NotMade(SubscribeReason.ALREADY, "this caller has a subscription to this event of this person")
    if room <= 0:
        raise _NotMade(SubscribeReason.NOTIFY_DETAILS, f"a caller may have {MOST_SUBSCRIPTIONS} subscriptions")
    code = new_id()
    store.con.execute(
        "INSERT INTO standard_subscriptions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL)",
        [code, key.holder, taken.receiver_id, taken.transaction_id, item.reference_id, event,
         criteria.notify_record_type, person, found.programme, purpose, item.locale,
         starts and text_of(starts), ends and text_of(ends), now.isoformat()],
    )  # fmt: skip
    return code


def _held(store: Store, key: Key) -> int:
    query = "SELECT count(*) FROM standard_subscriptions WHERE caller = ? AND ended_at IS NULL"
    (count,) = store.con.execute(query, [key.holder]).fetchone()
    return int(count)


def _is_held(store: Store, key: Key, person: str, event: str, programme: str | None) -> bool:
    alike = "caller = ? AND person = ? AND event = ? AND programme IS ? AND ended_at IS NULL"
    query = f"SELECT EXISTS (SELECT 1 FROM standard_subscriptions WHERE {alike})"
    return bool(store.con.execute(query, [key.holder, person, event, programme]).fetchone()[0])


def to_look_at(store: Store, version: str, most: int) -> list[Subscription]:
    """Subscriptions that were not looked at in a publication, of one caller and one purpose, so that they are looked up
    together."""
    if store.all_looked_at == version:  # this is asked every second
        return []
    with store.lock:
        first = store.con.execute(
            f"SELECT caller, purpose FROM standard_subscriptions WHERE {_NOT_LOOKED_AT} LIMIT 1", [version]
        ).fetchone()
        if first is None:
            store.all_looked_at = version
            return []
        rows = store.con.execute(
            f"SELECT {', '.join(_COLUMNS)} FROM standard_subscriptions "
            f"WHERE {_NOT_LOOKED_AT} AND caller = ? AND purpose = ? LIMIT ?", [version, *first, most]
        ).fetchall()
    return [_read(*row) for row in rows]


def _read(*row: Any) -> Subscription:
    named = dict(zip(_COLUMNS, row, strict=True))
    named["person"] = Person.model_validate_json(named["person"])
    named["state"] = named["state"] and json.loads(named["state"])
    return Subscription(**named)


def end_all(store: Store, caller: str, now: dt.datetime) -> None:
    """End what a caller subscribed to: its key is gone, or may not know any more."""
    with store.lock:
        store.con.execute(f"{_END} WHERE caller = ? AND ended_at IS NULL", [now.isoformat(), caller])


def end_over(store: Store, now: dt.datetime) -> None:
    """End the subscriptions whose end_time has come."""
    with store.lock:
        store.con.execute(f"{_END} WHERE ends_at <= ? AND ended_at IS NULL", [now.isoformat(), text_of(now)])


def looked_at(store: Store, states: Sequence[tuple[Mapping[str, Any] | None, str]], version: str) -> None:
    """Keep what was known in a publication: a state and the code of its subscription. The caller holds the lock, within
    a transaction."""
    store.con.executemany(
        "UPDATE standard_subscriptions SET version = ?, state = coalesce(?, state) WHERE code = ?",
        [(version, None if state is None else json.dumps(state), code) for state, code in states],
    )


