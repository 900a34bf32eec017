"""What each message of the standard is answered with: at once, or by an acknowledgement and a callback."""

from collections.abc import Callable
from typing import Any

from exchange.spdci import search
from exchange.spdci.answering import announced_as, asked_again, searched, status_of, words_of
from exchange.spdci.callbacks import callback_for
from exchange.spdci.codes import Error, Status
from exchange.spdci.envelope import Envelope, check_count, whole
from exchange.spdci.models import (
    EnrolledRequest,
    EnrollmentUpdatesRequest,
    Named,
    SubscribeItem,
    TxnStatusRequest,
    UnSubscribeRequest,
)
from exchange.spdci.problems import Rejected, acknowledgement
from exchange.spdci.query import NotUnderstood, wanted
from exchange.spdci.records import Untold, is_enrolled
from exchange.spdci.search import purpose_of
from exchange.spdci.standard import Standard, overall
from exchange.spdci.store import answering, new_id
from exchange.spdci.times import now_text

Handler = Callable[[Standard, Envelope], dict[str, Any]]


def search_now(standard: Standard, envelope: Envelope) -> dict[str, Any]:
    """/registry/sync/search."""
    transaction_id, items = _batch(envelope, "search_request")
    searches = search.read_all(items, whole=False)
    with standard.admitted(envelope, len(items)):
        message = searched(standard, envelope.key, searches, transaction_id, new_id())
        standard.keep_answer(envelope, transaction_id, [one.reference_id for one in searches], message)
    return _answer(standard, envelope, message, overall(message["search_response"]))


def enrolled_now(standard: Standard, envelope: Envelope) -> dict[str, Any]:
    """/registry/sync/enrolled. What could not be told is no `no`: then there is no answer, and the header says why."""
    asked = whole(EnrolledRequest, envelope.message)
    criteria = asked.enrolled_criteria
    message: dict[str, Any] = {
        "transaction_id": asked.transaction_id, "correlation_id": new_id(), "enrolled_response": [],
    }  # fmt: skip
    with standard.admitted(envelope, 1):
        try:
            found, purpose = wanted(criteria.query_type, criteria.query), purpose_of(criteria.authorize)
            if found.programme is not None and found.programme not in standard.registry.programs:
                raise NotUnderstood("the programme is none that this registry has")
            ((answer, _),) = standard.look_up(envelope.key, purpose, [found.person])
            told = "yes" if is_enrolled(answer, found.programme) else "no"
        except (NotUnderstood, Untold) as problem:
            return _answer(standard, envelope, message, Status.REJECTED, words=str(problem))
    message["enrolled_response"] = [{
        "reference_id": asked.transaction_id, "timestamp": now_text(), "status": Status.SUCCESS,
        "enrolled_status": told,
    }]  # fmt: skip
    return _answer(standard, envelope, message, Status.SUCCESS)


def updates_now(standard: Standard, envelope: Envelope) -> dict[str, Any]:
    """/registry/sync/enrollment/updates: what of it the registry has already. Nothing is taken over."""
    asked = whole(EnrollmentUpdatesRequest, envelope.message)
    beneficiaries = asked.enrolled_updates.beneficiaries
    with standard.admitted(envelope, len(beneficiaries)):
        told = announced_as(standard, envelope.key, beneficiaries)
        message = {
            "transaction_id": asked.transaction_id, "correlation_id": new_id(), "enrolled_response": told
        }  # fmt: skip
        standard.keep_answer(envelope, asked.transaction_id, [one["reference_id"] for one in told], message)
    return _answer(standard, envelope, message, overall(told))


def status_now(standard: Standard, envelope: Envelope) -> dict[str, Any]:
    """/registry/sync/txn/status."""
    whole(TxnStatusRequest, envelope.message)
    with standard.admitted(envelope, asked_again(standard, envelope.key, envelope.message)):
        message, status = status_of(standard, envelope.key, envelope.message, new_id())
    return _answer(standard, envelope, message, status, words=words_of(answering(envelope.header.action), status))


def take_search(standard: Standard, envelope: Envelope) -> dict[str, Any]:
    """/registry/search."""
    transaction_id, items = _batch(envelope, "search_request")
    references = [one.reference_id for one in search.read_all(items, whole=True)]
    return _taken(standard, envelope, transaction_id, references)


def take_subscribe(standard: Standard, envelope: Envelope) -> dict[str, Any]:
    """/registry/subscribe."""
    transaction_id, items = _batch(envelope, "subscribe_request")
    references = [
        whole(SubscribeItem, one, f"message.subscribe_request.{place}").reference_id for place, one in enumerate(items)
    ]
    return _taken(standard, envelope, transaction_id, references)


def take_unsubscribe(standard: Standard, envelope: Envelope) -> dict[str, Any]:
    """/registry/unsubscribe."""
    return _taken(standard, envelope, whole(UnSubscribeRequest, envelope.message).transaction_id, [])


def take_status(standard: Standard, envelope: Envelope) -> dict[str, Any]:
    """/registry/txn/status."""
    transaction_id = whole(TxnStatusRequest, envelope.message).transaction_id
    persons = asked_again(standard, envelope.key, envelope.message)
    return _taken(standard, envelope, transaction_id, [], persons)


def receive(standard: Standard, envelope: Envelope) -> dict[str, Any]:
    """A callback, or a notification: this registry asks nobody, so it is acknowledged and nothing follows."""
    with standard.admitted(envelope, 1):
        told = envelope.message.get("correlation_id")
    return acknowledgement(told if isinstance(told, str) and 0 < len(told) <= 99 else new_id(), "NACK")


def _batch(envelope: Envelope, name: str) -> tuple[str, list[Any]]:
    """The transaction's number and the requests of a message, as many as its header says. Raises Rejected."""
    transaction_id = whole(Named, envelope.message).transaction_id
    items = envelope.message.get(name)
    if not isinstance(items, list) or not items:
        raise Rejected(Error.BAD, f"expected message.{name}, a list that is not empty")
    check_count(envelope.header, len(items))
    return transaction_id, items


def _taken(
    standard: Standard, envelope: Envelope, transaction_id: str, references: list[str], persons: int | None = None
) -> dict[str, Any]:
    url = callback_for(envelope.key, envelope.sender_uri, answering(envelope.header.action))
    with standard.admitted(envelope, len(references) if persons is None else persons):
        correlation_id = standard.take(envelope, transaction_id, references, url)
    return acknowledgement(correlation_id, "ACK")


def _answer(
    standard: Standard, envelope: Envelope, message: dict[str, Any], status: Status, *, words: str | None = None
) -> dict[str, Any]:
    action = answering(envelope.header.action)
    return standard.envelope(action, message, status, envelope.header.sender_id, words=words)
