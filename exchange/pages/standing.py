"""The cases that wait for somebody of the secretariat: those of the publication, less what has been said since."""

from collections.abc import Sequence
from dataclasses import dataclass

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
        new = since.get(tuple(sorted(case.pair)), [])
        last = new[-1].decision if new else case.last_said
        heard = [(name, case.last_said or "") for name in case.said_by] + [(one.by, one.decision) for one in new]
        said_it = {name.casefold() for name, word in heard if word == last}
        is_settled = last not in (None, MORE_TIME) and (last not in two_people or len(said_it) > 1)
        waits_for_others = last in two_people and any(same(name, by) for name, word in heard if word == last)
        if not is_settled and not waits_for_others:
            found.append((last == MORE_TIME, Standing(case, heard)))
    return [one for _, one in sorted(found, key=lambda pair: pair[0])]


def beside(standing: Sequence[Standing], case_id: str) -> tuple[str | None, str | None]:
    """The cases before and after one, which need not be there itself any more."""
    ids = [one.case.case_id for one in standing]
    if case_id not in ids:
        return None, ids[0] if ids else None
    place = ids.index(case_id)
    return ids[place - 1] if place else None, ids[place + 1] if place + 1 < len(ids) else None
