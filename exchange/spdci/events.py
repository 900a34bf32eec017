"""What a new publication shows of those whom callers subscribed to: the events, and the messages that tell of them."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from exchange.service.answers import ENROLLED
from exchange.service.keys import Key
from exchange.spdci.callbacks import PATHS
from exchange.spdci.records import REGISTRY_TYPE, Untold, beneficiary, benefits
from exchange.spdci.standard import Found, Standard
from exchange.spdci.store import Delivery, new_id
from exchange.spdci.subscriptions import Subscription, looked_at
from exchange.spdci.times import now_text, parsed

Benefit = Mapping[str, Any]
TOLD_AS = {
    "enrolled": "enrollement", "status_changed": "enrollement_status_change", "left": "Deregister", "died": "death",
}  # fmt: skip


def compare(standard: Standard, key: Key, subscriptions: Sequence[Subscription], found: Sequence[Found]) -> int:
    """Keep what a publication shows of each, and put what its subscriber wants to know among what is sent: both or
    neither. How many messages that were."""
    now, store = standard.now(), standard.store
    version = found[0][1]["version"]
    states, messages = [], []
    for one, (answer, _) in zip(subscriptions, found, strict=True):
        state = known(answer, one.programme, one.state)
        states.append((state, one.code))
        if state is not None and one.state is not None and _holds(one, now):
            records = list(_told(one, answer, state, standard))
            if records:
                messages.append(_message(one, key, records))
    with store.lock, store.con:
        store.con.execute("BEGIN")
        looked_at(store, states, version)
        for message in messages:
            store.send(message, now)
    return len(messages)


def known(
    answer: Mapping[str, Any], programme: str | None, before: Mapping[str, Any] | None = None
) -> dict[str, Any] | None:
    """What events are seen from; None where nothing can be told, and what was known stays. `is_dead` is what was known
    `before` where the register could not be asked, None where that is nothing."""
    try:
        found = benefits(answer, programme)
    except Untold:
        return None
    statuses: dict[str, str] = {}
    for one in found:  # the strongest status of a programme stands first
        statuses.setdefault(one["program"], one["status"])
    life = answer["population_register"]["life"]["state"]
    is_dead = (before or {}).get("is_dead") if life == "could_not_check" else life == "deceased"
    return {"is_dead": is_dead, "benefits": statuses}


def changed(event: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str | None]:
    """The programmes in which an event happened; None stands for the person."""
    if event == "died":
        return [None] if after["is_dead"] and before["is_dead"] is False else []
    programmes = sorted({*before["benefits"], *after["benefits"]})
    return [one for one in programmes if _happened(event, before["benefits"].get(one), after["benefits"].get(one))]


def _happened(event: str, before: str | None, after: str | None) -> bool:
    if event == "enrolled":
        return after in ENROLLED and before not in ENROLLED
    if event == "left":
        return before in ENROLLED and after not in ENROLLED
    return before is not None and before != after


def _told(
    one: Subscription, answer: Mapping[str, Any], state: Mapping[str, Any], standard: Standard
) -> Iterator[dict[str, Any]]:
    """The records that a subscriber is told of; a benefit that is gone is told by its last status."""
    assert one.state is not None
    by_programme = {found["program"]: found for found in reversed(benefits(answer, one.programme))}
    for programme in changed(one.event, one.state, state):
        benefit = by_programme.get(programme or "", _gone(programme))
        yield beneficiary(answer, benefit, one.wanted, standard.registry)


def _gone(programme: str | None) -> Benefit:
    return {
        "program": programme, "status": "exited" if programme else None, "enrolled_date": None, "exit_date": None,
        "verdict": None, "rule_code": None, "roles": None, "is_source_stale": None,
    }  # fmt: skip


def _holds(one: Subscription, now: dt.datetime) -> bool:
    has_begun = one.starts_at is None or parsed(one.starts_at) <= now
    return has_begun and (one.ends_at is None or now < parsed(one.ends_at))


def _message(one: Subscription, key: Key, records: Sequence[dict[str, Any]]) -> Delivery:
    events = [
        {
            "reference_id": one.reference_id, "timestamp": now_text(),
            "data": {
                "version": "1.0.0", "reg_type": REGISTRY_TYPE, "reg_event_type": TOLD_AS[one.event],
                "reg_record_type": one.record_type, "reg_records": record,
            },
        } | ({"locale": one.locale} if one.locale else {})
        for record in records
    ]  # fmt: skip
    message = {"transaction_id": one.transaction_id, "notify_event": events}
    return Delivery(
        new_id(), one.caller, one.receiver_id, f"{key.callback}{PATHS['notify']}", "notify", "succ", message, 0
    )
