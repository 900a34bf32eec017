"""Messages that are taken answered: the same for those answered at once and for those that are called back."""

from collections.abc import Mapping, Sequence
from typing import Any

from exchange.service.keys import Key
from exchange.spdci import search
from exchange.spdci.codes import Status
from exchange.spdci.models import TxnStatusQuery
from exchange.spdci.query import NotUnderstood, announced, announced_status
from exchange.spdci.records import Untold, has_status
from exchange.spdci.standard import Standard
from exchange.spdci.store import Transaction
from exchange.spdci.times import now_text
from warehouse.audit import Entry, record_all

NO_TRANSACTION = "this caller has no such transaction, or its answer is no longer kept"
OF_TYPE = {"search": "search", "subscribe": "subscribe", "receipt": "notify"}


def searched(
    standard: Standard, key: Key, searches: Sequence[search.Search], transaction_id: str, correlation_id: str
) -> dict[str, Any]:
    """The answers to searches."""
    found: dict[int, Any] = {}
    for purpose, places in search.by_purpose(searches).items():
        persons = [one.person for place in places if (one := searches[place].wanted)]
        found |= dict(zip(places, standard.look_up(key, purpose, persons), strict=True))
    answers = [search.answer(one, found.get(place), standard.registry) for place, one in enumerate(searches)]
    return {"transaction_id": transaction_id, "correlation_id": correlation_id, "search_response": answers}


def announced_as(standard: Standard, key: Key, beneficiaries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Of beneficiaries that a programme announces, whether the registry has them so already.

    Nothing is taken over: what a programme pays is copied from its own system (docs/standard.md).
    """
    told: list[dict[str, Any]] = []
    persons, places, statuses = [], [], []
    for number, one in enumerate(beneficiaries, start=1):
        told.append({"reference_id": str(number), "timestamp": now_text(), "status": Status.REJECTED})
        try:
            wanted, status = announced(one), announced_status(one)
        except NotUnderstood as error:
            told[-1]["status_reason_message"] = str(error)
            continue
        if key.program is None or wanted.programme not in (None, key.program):
            told[-1]["status_reason_message"] = "a key announces beneficiaries of its own programme"
            continue
        persons.append(wanted.person)
        places.append(number - 1)
        statuses.append(status)
    found = standard.look_up(key, "enrolment announced", persons) if persons else []
    for place, status, (answer, _) in zip(places, statuses, found, strict=True):
        try:
            has = has_status(answer, key.program, status)
            told[place]["status"] = Status.SUCCESS if has else Status.PENDING
            if not has:
                told[place]["status_reason_message"] = "not so in the registry yet; it comes with the programme's data"
        except Untold as problem:
            told[place]["status_reason_message"] = problem.words
    return told


def status_of(
    standard: Standard, key: Key, message: Mapping[str, Any], correlation_id: str
) -> tuple[dict[str, Any], Status]:
    """The message that says how far an earlier one of the caller is; the status, rejected where there is none."""
    query, values, found = _asked_for(standard, key, message)
    told = _told(standard, key, found, values if query.attribute_type == "reference_id_list" else None)
    if found is not None:
        record_all(standard.home, [
            Entry("transaction_told", key.name, _subjects(told), {"txn_type": query.txn_type})
        ])  # fmt: skip
    answer = {
        "transaction_id": message["transaction_id"], "correlation_id": correlation_id,
        "txnstatus_response": {"txn_type": query.txn_type, "txn_status": told},
    }  # fmt: skip
    if found is None:
        return answer, Status.REJECTED
    return answer, Status.PENDING if found.answered is None else Status.SUCCESS


def words_of(action: str, status: str) -> str | None:
    """What the header of an answer says beside its status, where the status has one reason alone."""
    return NO_TRANSACTION if (action, status) == ("txn-on-status", Status.REJECTED) else None


def asked_again(standard: Standard, key: Key, message: Mapping[str, Any]) -> int:
    """How many persons have to be looked up to say how far an earlier message is: those of a receipt, which is compared
    anew; else nobody, which counts as one."""
    _, _, found = _asked_for(standard, key, message)
    if found is None or found.action != "notify":
        return 1
    return len(found.asked["enrolled_updates"]["beneficiaries"])


def _asked_for(
    standard: Standard, key: Key, message: Mapping[str, Any]
) -> tuple[TxnStatusQuery, Sequence[str], Transaction | None]:
    query = TxnStatusQuery.model_validate(message["txnstatus_request"])
    values = [query.attribute_value] if isinstance(query.attribute_value, str) else query.attribute_value
    return query, values, standard.store.find(key.holder, OF_TYPE[query.txn_type], query.attribute_type, values)


def _subjects(told: Mapping[str, Any]) -> tuple[str, ...]:
    """Whom the answer to a search tells of, each once. Those of a receipt are in the trail of its new look-up."""
    records = [
        record for one in told.get("search_response", ()) for record in one.get("data", {}).get("reg_records", ())
    ]
    return tuple(dict.fromkeys(record["member"]["member_identifier"] for record in records))


def _told(
    standard: Standard, key: Key, found: Transaction | None, references: Sequence[str] | None
) -> dict[str, Any]:
    """The answer to an earlier message as it is now, of all of its requests or of some."""
    if found is None:
        return {"transaction_id": "", "correlation_id": "", "search_response": []}
    if found.action == "notify":
        beneficiaries = found.asked["enrolled_updates"]["beneficiaries"]
        told = announced_as(standard, key, beneficiaries)
        return {"transaction_id": found.transaction_id, "receipt_information": {"beneficiaries": told}}
    name = f"{found.action}_response"
    items = found.answered[name] if found.answered else search.pending(found.asked[f"{found.action}_request"])
    if references is not None:
        items = [one for one in items if one["reference_id"] in references]
    return {"transaction_id": found.transaction_id, "correlation_id": found.correlation_id, name: items}


