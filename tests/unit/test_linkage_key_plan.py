"""Which keys are worth running, by what they found where they were tried."""

import numpy as np
import pytest

from linkage.key_plan import Trial, worthwhile

# One row a match found: which of three keys find it.
BOTH = [[1, 1, 0]] * 10
CASES = {
    "the cheaper of two that find the same": (BOTH, [100, 50, 10], 20, 0, [1]),
    "a key that finds nothing is left out": ([[1, 0, 0]] * 10, [100, 100, 100], 20, 0, [0]),
    "unless pairs are free and it may be hoped to": ([[1, 0, 0]] * 10, [100, 100, 100], 20, 1_000, [0, 1, 2]),
    "a match must be worth its price": ([[1, 0, 0]] * 10, [300, 1, 1], 20, 0, []),
    "what keys find beyond others counts": ([[1, 0, 0]] * 5 + [[0, 1, 0]] * 5 + [[0, 0, 1]], [50] * 3, 20, 0, [0, 1]),
    "a dear key whose matches two others find": ([[1, 1, 0]] * 6 + [[1, 0, 1]] * 6 + [[0, 1, 0]] * 6 + [[0, 0, 1]] * 6,
                                                 [100, 90, 90], 20, 0, [1, 2]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_keys_worth_running(case):
    matches, pairs, price, free, expected = case
    found = np.array(matches, dtype=bool)
    cost = np.array(pairs, dtype=float)
    stands_for = np.full(3, 4.0 if free else 1.0)
    chosen, adds = worthwhile(Trial(found, found, stands_for, cost, cost), price, free)
    assert chosen == expected
    assert all(adds[key] > 0 for key in chosen) or free


def test_matches_tried_count_for_as_many_as_they_stand_for():
    found = np.ones((3, 1), dtype=bool)
    cost = np.array([1_000.0])
    for stands_for, expected in ((1.0, []), (100.0, [0])):
        assert worthwhile(Trial(found, found, np.array([stands_for]), cost, cost), price=10)[0] == expected
