"""The searches of a message: whom each is for, and its answer; one that cannot be answered does not stop the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from exchange.enquiries.question import holds_a_number
from exchange.spdci.codes import Error, SearchReason, Status
from exchange.spdci.envelope import fault
from exchange.spdci.models import SearchItem
from exchange.spdci.problems import Rejected
from exchange.spdci.query import NotUnderstood, Wanted, wanted
from exchange.spdci.records import Untold, beneficiary, benefits, data, ordered, page
from exchange.spdci.times import now_text
from ibr.config.registry import Registry

PURPOSE = "message of the standard"  # where it says none
_MOST_PURPOSE, _MOST_PURPOSES = 200, 10


@dataclass(frozen=True)
class Search:
    """One search of a message, or why it cannot be asked."""

    reference_id: str
    item: SearchItem | None
    wanted: Wanted | None
    purpose: str
    problem: Untold | None


def read_all(items: Sequence[Any], *, whole: bool) -> list[Search]:
    """The searches of a message. `whole`: one that has not the standard's form refuses the message (Rejected); else it
    is told for itself."""
    seen: set[str] = set()
    found = []
    for place, raw in enumerate(items):
        try:
            item = SearchItem.model_validate(raw)
        except ValidationError as error:
            words = fault(error, f"message.search_request.{place}")
            reason = _reason(error)
            if whole:
                raise Rejected(Error.BAD, f"{reason}: {words}") from None
            found.append(Search(_reference(raw), None, None, PURPOSE, Untold(reason, words)))
        else:
            found.append(_read(item, item.reference_id in seen))
            seen.add(item.reference_id)
    if len({one.purpose for one in found}) > _MOST_PURPOSES:
        raise Rejected(Error.BAD, f"a message may have {_MOST_PURPOSES} different purposes")
    return found


def by_purpose(searches: Sequence[Search]) -> dict[str, list[int]]:
    """The places of those that can be asked, by why they are asked."""
    groups: dict[str, list[int]] = {}
    for place, one in enumerate(searches):
        if one.problem is None:
            groups.setdefault(one.purpose, []).append(place)
    return groups


def answer(
    one: Search, found: tuple[Mapping[str, Any], Mapping[str, Any]] | None, registry: Registry
) -> dict[str, Any]:
    """The standard's answer to a search; `found`: the service's answer and the snapshot that it is from."""
    told: dict[str, Any] = {"reference_id": one.reference_id, "timestamp": now_text(), "status": Status.SUCCESS}
    if one.item and one.item.locale:
        told["locale"] = one.item.locale
    try:
        if one.problem or one.item is None or one.wanted is None or found is None:
            raise one.problem or Untold(None, "could_not_check: not asked")
        service_answer, snapshot = found
        records = [
            beneficiary(service_answer, benefit, one.wanted, registry)
            for benefit in benefits(service_answer, one.wanted.programme)
        ]
        records = ordered(records, one.item.search_criteria.sort or [])
        shown, told["pagination"] = page(records, one.item.search_criteria.pagination or one.item.pagination)
        told["data"] = data(service_answer, snapshot, shown)
    except Untold as problem:
        told |= {"status": Status.REJECTED, "status_reason_message": problem.words}
        if problem.reason:
            told["status_reason_code"] = problem.reason
    return told


def pending(items: Sequence[Any]) -> list[dict[str, Any]]:
    """The answers to searches that wait."""
    return [
        {"reference_id": _reference(one), "timestamp": now_text(), "status": Status.PENDING} for one in items
    ]


def purpose_of(*stated: Mapping[str, Any] | None) -> str:
    """Why it is asked: the text of the purpose of an authorization or a consent. Raises NotUnderstood."""
    for one in stated:
        purpose = (one or {}).get("purpose")
        text = purpose.get("text") if isinstance(purpose, dict) else None
        if isinstance(text, str) and text.strip():
            if len(text) > _MOST_PURPOSE or holds_a_number(text):
                raise NotUnderstood("a purpose is too long or holds a number; it is kept, so leave numbers out")
            return text.strip()
    return PURPOSE


def _read(item: SearchItem, is_again: bool) -> Search:
    criteria = item.search_criteria
    problem, found, purpose = None, None, PURPOSE
    if is_again:
        problem = Untold(SearchReason.REFERENCE_TWICE, "reference_id stands twice in the message")
    else:
        try:
            purpose = purpose_of(criteria.authorize, criteria.consent)
            found = wanted(criteria.query_type, criteria.query)
        except NotUnderstood as error:
            problem = Untold(SearchReason.CRITERIA, str(error))
    return Search(item.reference_id, item, found, purpose, problem)


def _reason(error: ValidationError) -> SearchReason:
    """The standard's reason for the first fault of a search."""
    place = error.errors()[0]["loc"]
    if "pagination" in place:
        return SearchReason.PAGINATION
    if "sort" in place:
        return SearchReason.SORT
    top = {"reference_id": SearchReason.REFERENCE, "timestamp": SearchReason.TIMESTAMP}
    return top.get(str(place[0]), SearchReason.CRITERIA) if place else SearchReason.CRITERIA


def _reference(raw: Any) -> str:
    found = raw.get("reference_id") if isinstance(raw, dict) else None
    return found if isinstance(found, str) and len(found) <= 99 else ""
