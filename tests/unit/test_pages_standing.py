"""Which cases wait for whom at the pages: what was said before counts as `ibr review` counts it."""

import datetime as dt

import pytest

from exchange.pages.standing import beside, for_person
from exchange.review.inbox import Left
from exchange.review.published import Waiting

SAME, DIFFERENT, TIME = "same person", "different people", "need more time"


def case(number: int, *said: tuple[str, str]) -> Waiting:
    """A case, of which what was said was to be confirmed when the run ended."""
    said_by, state = [name.lower() for name, _ in said[-1:]], "to_confirm" if said else None
    return Waiting(f"c{number}", (f"a:{number}", f"b:{number}"), "A and B", 0.9, None, list(said), said_by, state)


def left(number: int, by: str, decision: str) -> Left:
    return Left("x", [f"a:{number}", f"b:{number}"], decision, by, dt.datetime(2026, 7, 1, tzinfo=dt.UTC))


@pytest.mark.parametrize(
    ("said", "since", "two_people", "waits_for"),
    [
        ([], [], [], {"Amina", "Baraka"}),
        ([], [("Amina", SAME)], [], set()),
        ([], [("Amina", SAME)], [SAME], {"Baraka"}),
        ([], [("amina", SAME), ("AMINA", SAME)], [SAME], {"Baraka"}),
        ([], [("Am Ina", SAME), ("Am. Ina", SAME)], [SAME], {"Baraka"}),
        ([("AM. INA", SAME)], [("Am Ina", SAME)], [SAME], {"Baraka"}),
        ([], [("Amina", SAME), ("Baraka", SAME)], [SAME], set()),
        ([("Amina", SAME)], [("Baraka", SAME)], [SAME], set()),
        ([], [("Amina", SAME), ("Baraka", DIFFERENT)], [SAME], set()),
        # Who said otherwise in between starts the counting anew.
        ([("Amina", SAME)], [("Chebet", DIFFERENT), ("Baraka", SAME)], [SAME, DIFFERENT], set()),
        ([("Chebet", SAME)], [("Amina", DIFFERENT)], [SAME, DIFFERENT], {"Baraka"}),
        ([], [("Amina", TIME)], [TIME], {"Amina", "Baraka"}),
        # What had to be confirmed when it was said has to be, whatever registry.yml says since.
        ([("Amina", SAME)], [], [], {"Baraka"}),
    ],
)
def test_for_whom_a_case_waits(said, since, two_people, waits_for):
    cases, new = [case(1, *said)], [left(1, by, word) for by, word in since]
    assert {by for by in ("Amina", "Baraka") if for_person(cases, new, by, two_people)} == waits_for


def test_cases_for_which_time_was_asked_come_last_and_their_neighbours_are_known():
    found = for_person([case(1), case(2), case(3)], [left(1, "Amina", TIME)], "Amina", [])
    assert [one.case.case_id for one in found] == ["c2", "c3", "c1"]
    assert beside(found, "c2") == (None, "c3")
    assert beside(found, "c1") == ("c3", None)
    assert beside(found, "gone") == (None, "c2")
