"""The arithmetic of clerical samples, against values worked out by hand or by others."""

import math

import pytest

from linkage.clerical.estimates import Answers, Zone, allocate, precision, recall, strata, wilson

JOINED, REVIEW, APART = Zone.JOINED, Zone.REVIEW, Zone.APART


@pytest.mark.parametrize(
    ("right", "of", "low", "high"),
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3: score without continuity correction.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_as_published(right, of, low, high):
    assert wilson(right, of) == pytest.approx((low, high), abs=5e-5)


def test_wilson_of_nothing():
    assert wilson(0, 0) == (0, 1)


def test_one_stratum_is_wilson_itself():
    found = precision([Answers(JOINED, 1e12, 263, 81)], [JOINED])
    assert (found.value, found.low, found.high) == pytest.approx((81 / 263, 0.2553, 0.3662), abs=5e-5)
    assert found.judged == 263


def test_strata_are_weighed_by_their_pairs():
    answers = [Answers(JOINED, 900, 30, 30), Answers(JOINED, 100, 20, 10), Answers(APART, 500, 10, 1)]
    assert precision(answers, [JOINED]).value == pytest.approx(0.95)
    # 900 + 50 found, 50 missed.
    assert recall(answers, [JOINED]).value == pytest.approx(0.95)
    assert recall(answers, [JOINED, APART]).value == 1


def test_review_counted_as_found():
    answers = [Answers(JOINED, 100, 50, 50), Answers(REVIEW, 40, 20, 15), Answers(APART, 200, 20, 1)]
    # 100 in, 30 in review, 10 left out.
    assert recall(answers, [JOINED]).value == pytest.approx(100 / 140)
    assert recall(answers, [JOINED, REVIEW]).value == pytest.approx(130 / 140)
    assert precision(answers, [JOINED, REVIEW]).value == pytest.approx(130 / 140)


def test_two_strata_by_hand():
    """MOVER: the distances to Wilson's limits, weighed, as the legs of a right triangle."""
    first, second = (30, 30), (20, 10)
    low_1, low_2 = wilson(30, 30)[0], wilson(10, 20)[0]
    high_2 = wilson(10, 20)[1]
    found = precision([Answers(JOINED, 9e9, *first), Answers(JOINED, 1e9, *second)], [JOINED])
    assert found.low == pytest.approx(0.95 - math.hypot(0.9 * (1 - low_1), 0.1 * (0.5 - low_2)))
    assert found.high == pytest.approx(0.95 + 0.1 * (high_2 - 0.5))


def test_the_more_of_a_stratum_is_judged_the_narrower():
    """Cochran's finite population correction, of Wilson's distances."""
    found = precision([Answers(JOINED, 1000, 20, 20)], [JOINED])
    assert found.high == 1
    assert found.low == pytest.approx(1 - math.sqrt(1 - 20 / 1000) * (1 - wilson(20, 20)[0]))


def test_a_stratum_judged_whole_leaves_no_doubt():
    found = precision([Answers(JOINED, 40, 40, 39)], [JOINED])
    assert (found.low, found.value, found.high) == (39 / 40, 39 / 40, 39 / 40)


def test_nothing_wrong_in_a_sample_is_not_nothing_wrong():
    found = precision([Answers(JOINED, 100_000, 60, 60)], [JOINED])
    assert found.value == found.high == 1
    assert found.low == pytest.approx(0.9398, abs=1e-3)
    missed = recall([Answers(JOINED, 1000, 60, 60), Answers(APART, 1000, 60, 0)], [JOINED])
    assert missed.value == missed.high == 1
    # All found but perhaps 6% of a thousand missed.
    assert missed.low == pytest.approx(1 / 1.06, abs=0.004)


def test_a_stratum_that_nobody_judged_widens_and_does_not_stop():
    answers = [Answers(JOINED, 100, 50, 50), Answers(REVIEW, 10, 0, 0)]
    found = recall(answers, [JOINED])
    assert found.low < 100 / 109 < found.value < found.high == 1


@pytest.mark.parametrize("answers", [[], [Answers(JOINED, 10, 0, 0)], [Answers(JOINED, 0, 0, 0)]])
def test_without_answers_there_is_no_estimate(answers):
    assert precision(answers, [JOINED]) is None
    assert recall(answers, [JOINED]) is None


def test_strata_lie_around_the_thresholds():
    named = {s.name: s for s in strata(0.99, 0.5)}
    assert named["joined, near the threshold"].least_odds == pytest.approx(99)
    assert named["joined, sure"].least_odds == pytest.approx(990)
    assert named["review, likely"].least_odds == pytest.approx(math.sqrt(99))
    assert named["review, unlikely"].least_odds == 1
    assert named["apart, near the threshold"].least_odds == pytest.approx(0.1)
    assert named["apart, unlikely"].least_odds == pytest.approx(0.001)


@pytest.mark.parametrize(
    ("sizes", "size"),
    [({"a": 1800, "b": 700, "c": 9, "d": 86, "e": 22, "f": 30, "g": 400}, 200), ({"a": 5, "b": 3}, 200),
     ({"a": 10**6, "b": 10}, 100), ({"a": 10**6, "b": 10**6, "c": 10**6}, 4), ({"a": 100, "b": 0}, 30), ({}, 10)],
)  # fmt: skip
def test_a_sample_is_as_large_as_asked_and_as_there_is(sizes, size):
    drawn = allocate(sizes, size)
    assert sum(drawn.values()) == min(size, sum(sizes.values()))
    assert all(0 < drawn[name] <= sizes[name] for name in drawn)
    assert set(drawn) == {name for name, pairs in sizes.items() if pairs}


def test_small_strata_are_seen_and_large_ones_more():
    drawn = allocate({"large": 10_000, "small": 100, "tiny": 4}, 200)
    assert drawn["tiny"] == 4
    assert drawn["small"] >= 10
    assert drawn["large"] > 5 * drawn["small"]
