"""The cases that wait for somebody of the secretariat: those of the publication, less what has been said since."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from exchange.pages.staff import same
from exchange.review.inbox import Left
from exchange.review.published import Waiting

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
        heard = [*case.said, *((one.by, one.decision) for one in since.get(tuple(sorted(case.pair)), []))]
        last = heard[-1][1] if heard else None
        is_to_confirm = last in two_people and last != MORE_TIME and len(_behind_the_last(heard)) < 2
        is_settled = last not in (None, MORE_TIME) and not is_to_confirm
        waits_for_others = is_to_confirm and any(same(name, by) for name, _ in heard)
        if not is_settled and not waits_for_others:
            found.append((last == MORE_TIME, Standing(case, heard)))
    return [one for _, one in sorted(found, key=lambda pair: pair[0])]


def _behind_the_last(heard: Sequence[tuple[str, str]]) -> set[str]:
    """Who stands for the last word, counted as `ops.review_answers` does: who said otherwise in between starts anew."""
    return {name.casefold() for name, _ in takewhile(lambda one: one[1] == heard[-1][1], reversed(heard))}


def beside(standing: Sequence[Standing], case_id: str) -> tuple[str | None, str | None]:
    """The cases before and after one, which need not be there itself any more."""
    ids = [one.case.case_id for one in standing]
    if case_id not in ids:
        return None, ids[0] if ids else None
    place = ids.index(case_id)
    return ids[place - 1] if place else None, ids[place + 1] if place + 1 < len(ids) else None
