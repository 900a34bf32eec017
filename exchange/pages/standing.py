"""The cases that wait for somebody of the secretariat: those of the publication, less what has been said since."""

from collections.abc import Sequence
from dataclasses import dataclass

from exchange.review.inbox import Left
from exchange.review.published import Waiting
from ibr.people import is_same_person, person

MORE_TIME = "need more time"


@dataclass(frozen=True)
class Standing:
    """A case that waits for a person; `heard`: who said what about it already."""

    case: Waiting
    heard: list[tuple[str, str]]


def for_person(cases: Sequence[Waiting], left: Sequence[Left], by: str, two_people: Sequence[str]) -> list[Standing]:
    """The cases that a person can decide on, in their order; those for which somebody asked for time come last.

    Left out: what somebody decided since the publication, and what waits for a second person after this one's word.
    """
    since: dict[tuple[str, ...], list[Left]] = {}
    for one in left:
        since.setdefault(tuple(one.subject), []).append(one)
    found = []
    for case in cases:
        new = since.get(tuple(sorted(case.pair)), [])
        heard = [*case.said, *((one.by, one.decision) for one in new)]
        state = _state(case, new, two_people)
        waits_for_others = state == "to_confirm" and any(is_same_person(name, by) for name, _ in heard)
        if state != "in_force" and not waits_for_others:
            found.append((state == "more_time", Standing(case, heard)))
    return [one for _, one in sorted(found, key=lambda pair: pair[0])]


def _state(case: Waiting, new: Sequence[Left], two_people: Sequence[str]) -> str | None:
    """The state that the publication has, and after what was said since the one that `ops.review_answers` will have."""
    state, said_by = case.state, set(map(person, case.said_by))
    last = case.said[-1][1] if case.said else None
    for one in new:
        said_by = {person(one.by)} | (said_by if one.decision == last else set())
        is_to_confirm = one.decision in two_people and len(said_by) < 2
        last, state = one.decision, "to_confirm" if is_to_confirm else "in_force"
    return "more_time" if last == MORE_TIME else state


def beside(standing: Sequence[Standing], case_id: str) -> tuple[str | None, str | None]:
    """The cases before and after one, which need not be there itself any more."""
    ids = [one.case.case_id for one in standing]
    if case_id not in ids:
        return None, ids[0] if ids else None
    place = ids.index(case_id)
    return ids[place - 1] if place else None, ids[place + 1] if place + 1 < len(ids) else None
