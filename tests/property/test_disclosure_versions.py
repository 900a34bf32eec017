"""A table told again and again, attacked with all versions beside each other: nothing comes back, nor a small change.

The attack is formulated apart from the protection: its unknowns are the numbers themselves. Whoever carries it out
knows all that was told, and which numbers have changed from version to version.
"""

import itertools

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from warehouse.disclosure import Version, retell, suppress
from warehouse.disclosure.lines import all_lines

SMALLEST = 10
COUNTS = [0, 0, 2, 5, 9, 10, 12, 25, 60, 300]
CHANGES = [-300, -30, -10, -3, -1, 0, 0, 0, 0, 0, 0, 1, 4, 10, 30]


@st.composite
def histories(draw) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """A table of one or two variables in two parts, and its true numbers in two or three versions."""
    shape = draw(st.sampled_from([(5,), (3, 3), (4, 2)]))
    codes = np.array(list(np.ndindex(2, *shape)))
    size = len(codes)
    counts = np.array(draw(st.lists(st.sampled_from(COUNTS), min_size=size, max_size=size)), dtype=float)
    versions = [counts]
    for _ in range(draw(st.integers(1, 2))):
        change = draw(st.lists(st.sampled_from(CHANGES), min_size=size, max_size=size))
        versions.append(np.maximum(versions[-1] + change, 0.0))
    return codes[:, 0], codes[:, 1:], versions


def told(within, across, true, is_lasting, remembers=True):
    """Every version as it is told: its numbers, which rows are withheld, and of which lines the totals are told."""
    lines = list(all_lines(within, across))
    made, earlier = [], []
    for counts in true:
        told_now = retell(within, across, counts[:, None], SMALLEST, earlier if remembers else [])
        found = told_now.suppression
        withheld_totals = found.totals_withheld(told_now.counts)
        made.append((told_now.counts[:, 0], found.withheld, [~rows for rows in withheld_totals]))
        earlier.append(Version(told_now.counts, found.withheld, found.known, is_lasting))
    return lines, made


def unknowns(made, is_lasting):
    """A number for each unknown: of each version's rows; the same where a row has the same number.

    Of numbers that are not lasting only those that are withheld each time count as the same.
    """
    names: dict[tuple, int] = {}
    found = []
    for version, (counts, withheld, _) in enumerate(made):
        own = [
            (row, value) if is_lasting or is_hidden else (row, value, version)
            for row, (value, is_hidden) in enumerate(zip(counts, withheld, strict=True))
        ]
        found.append(np.array([names.setdefault(name, len(names)) for name in own]))
    return found, len(names)


def bounds(lines, made, of, size, unknown):
    """The least and the most that an unknown can be, by all that was told in all versions."""
    equations, values = [], []
    limits = [(0, None)] * size
    for (counts, withheld, totals), own in zip(made, of, strict=True):
        for row in np.flatnonzero(~withheld):
            limits[own[row]] = (counts[row], counts[row])
        for way, is_told in zip(lines, totals, strict=True):
            for line in np.flatnonzero(is_told):
                equation = np.zeros(size)
                np.add.at(equation, own[way.of == line], 1.0)
                equations.append(equation)
                values.append(counts[way.of == line].sum())
    known = {"A_eq": np.array(equations), "b_eq": values} if equations else {}
    aim = np.arange(size) == unknown
    least, most = (linprog(sign * aim, **known, bounds=limits, method="highs") for sign in (1.0, -1.0))
    assert least.status == 0
    return least.fun, np.inf if most.status == 3 else -most.fun


def given_back(lines, made, is_lasting):
    """The small numbers that are told to be nearer than nothing to the threshold.

    Totals alone may tell more of a number: then no more than those of a version that has it, were all else withheld.
    """
    of, size = unknowns(made, is_lasting)
    found = []
    for version, (counts, _, _) in enumerate(made):
        for row in np.flatnonzero((counts > 0) & (counts < SMALLEST)):
            least, most = bounds(lines, made, of, size, of[version][row])
            if least <= 1e-6 and most >= SMALLEST - 1e-6:
                continue
            having = [other for other, own in zip(made, of, strict=True) if own[row] == of[version][row]]
            by_totals = [alone(lines, *other, row) for other in having]
            at_least, at_most = max(low for low, _ in by_totals), min(high for _, high in by_totals)
            if least > max(0.0, at_least) + 1e-6 or most < min(SMALLEST, at_most) - 1e-6:
                found.append((version, int(row), float(counts[row]), least, most))
    return found


def alone(lines, counts, _, totals, row):
    """The least and the most that a number can be by the totals of one version."""
    made = [(counts, counts > 0, totals)]
    of, size = unknowns(made, True)
    return bounds(lines, made, of, size, of[0][row])


def row(*versions: list[int]) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """A history of a table of one variable in one part."""
    size = len(versions[0])
    return np.zeros(size, dtype=int), np.arange(size)[:, None], [np.array(counts, dtype=float) for counts in versions]


@settings(deadline=None, max_examples=25, derandomize=True)
@given(histories())
@example(row([10, 0, 0, 2, 0], [7, 0, 10, 12, 0], [0, 0, 7, 0, 0]))  # a number of two earlier versions alone
def test_versions_of_lasting_numbers_beside_each_other_give_nothing_back(history):
    within, across, true = history
    lines, made = told(within, across, true, is_lasting=True)
    assert given_back(lines, made, True) == []
    for (before, withheld, _), (after, still_withheld, _) in itertools.pairwise(made):
        change = np.abs(after - before)[~withheld & ~still_withheld]
        assert not ((change > 0) & (change < SMALLEST)).any()
        assert still_withheld[withheld & (after == before)].all()


@settings(deadline=None, max_examples=25, derandomize=True)
@given(histories())
@example(  # of one part nothing can be mended, of the other something
    (np.repeat([0, 1], 9), np.array(list(np.ndindex(2, 3, 3)))[:, 1:], [np.array(counts, dtype=float) for counts in (
        [5, 0, 5, 300, 0, 5, 0, 25, 5, 60, 9, 2, 9, 0, 60, 0, 10, 10],
        [0, 4, 5, 300, 0, 5, 0, 55, 5, 57, 19, 2, 8, 4, 90, 0, 20, 9],
        [0, 0, 15, 304, 0, 5, 0, 0, 5, 67, 20, 2, 0, 3, 87, 0, 24, 10],
    )])
)  # fmt: skip
@example(row([2, 10], [0, 10]))  # no row is left that could hide it
def test_versions_as_at_other_days_give_nothing_back_where_withheld_numbers_are_the_same(history):
    within, across, true = history
    lines, made = told(within, across, true, is_lasting=False)
    assert given_back(lines, made, False) == []
    assert all((counts == now).all() for (counts, _, _), now in zip(made, true, strict=True))
    for (before, withheld, _), (after, still_withheld, _) in itertools.pairwise(made):
        assert still_withheld[withheld & (after == before)].all()


# Both rows are withheld for the first is small; in the next version it is not, and the other has not changed.
LATER = [np.array([9.0, 60.0, 300.0]), np.array([30.0, 60.0, 300.0])]
ONE_PART, IN_A_ROW = np.zeros(3, dtype=int), np.arange(3)[:, None]


@pytest.mark.parametrize("is_lasting", [True, False])
def test_without_a_memory_the_next_version_gives_a_small_number_back(is_lasting):
    """The attack is one: it succeeds where each version is protected by itself."""
    lines, made = told(ONE_PART, IN_A_ROW, LATER, is_lasting, remembers=False)
    of, size = unknowns(made, is_lasting=True)
    assert bounds(lines, made, of, size, of[0][0]) == pytest.approx((9.0, 9.0))
    lines, made = told(ONE_PART, IN_A_ROW, LATER, is_lasting)
    assert given_back(lines, made, is_lasting) == []


def test_a_change_of_a_few_is_not_told_until_it_is_one_of_ten():
    true = [np.array([25.0 + late, 60.0, 300.0]) for late in (0, 4, 9, 10)]
    _, made = told(ONE_PART, IN_A_ROW, true, is_lasting=True)
    assert [counts[0] for counts, _, _ in made] == [25, 25, 25, 35]
    assert not any(withheld.any() for _, withheld, _ in made)


def test_what_has_not_changed_is_told_again_as_it_was():
    counts = np.array([9.0, 60.0, 300.0])
    _, ((_, withheld, totals), (_, again, again_totals)) = told(ONE_PART, IN_A_ROW, [counts, counts], is_lasting=True)
    assert withheld.tolist() == again.tolist() == suppress(ONE_PART, IN_A_ROW, counts[:, None], 10).withheld.tolist()
    assert [rows.tolist() for rows in totals] == [rows.tolist() for rows in again_totals]


def test_a_large_change_is_told_where_nothing_speaks_against_it():
    true = [np.array([5.0, 60.0, 40.0, 300.0]), np.array([5.0, 60.0, 40.0, 700.0])]
    _, ((_, before, _), (counts, after, _)) = told(np.zeros(4, dtype=int), np.arange(4)[:, None], true, True)
    assert counts[3] == 700
    assert before.tolist() == after.tolist()
