"""Attacks on tables of which rows are withheld: what can be worked out by whoever knows every total."""

import numpy as np
import pytest
from scipy.optimize import linprog

from warehouse.disclosure import rows_to_withhold
from warehouse.disclosure.lines import all_lines
from warehouse.disclosure.suppression import known

SMALLEST = 10


def random_table(seed: int, shape: tuple[int, ...], parts: int = 1):
    """Codes and counts of a table, many of its cells small and some empty."""
    random = np.random.default_rng(seed)
    codes = np.array(list(np.ndindex(parts, *shape)))
    codes = codes[random.random(len(codes)) < 0.9]
    counts = random.choice([0, 1, 3, 7, 9, 10, 14, 40, 300], size=len(codes)).astype(float)
    return codes[:, 0], codes[:, 1:], counts


def every_total(within, across, counts):
    """The rows of each total of a table, and whether it may be told: of one variable, of two, ..., part by part."""
    for way in all_lines(within, across):
        is_known = known(way, within, across, counts, SMALLEST)
        for line, may_be_told in enumerate(is_known):
            yield way.of == line, may_be_told


def told(within, across, counts, withheld, rows):
    """The least and the most that some withheld rows add up to, by all that is known: a linear program each."""
    totals = [total for total, may_be_told in every_total(within, across, counts) if may_be_told]
    aim = rows[withheld].astype(float)
    equations = {
        "A_eq": np.array([total[withheld] for total in totals], dtype=float),
        "b_eq": [counts[total & withheld].sum() for total in totals],
    } if totals else {}  # fmt: skip
    least, most = (linprog(sign * aim, **equations, bounds=(0, None), method="highs") for sign in (1.0, -1.0))
    return least.fun, np.inf if most.status == 3 else -most.fun


def row(cell, counts):
    return np.arange(len(counts)) == cell


def small_cells(counts):
    return np.flatnonzero((counts > 0) & (counts < SMALLEST))


@pytest.mark.parametrize("shape", [(8,), (6, 5), (4, 3, 3)])
@pytest.mark.parametrize("seed", range(4))
def test_nobody_who_knows_all_totals_learns_a_small_number(shape, seed):
    within, across, counts = random_table(seed, shape, parts=2)
    withheld = rows_to_withhold(within, across, counts[:, None], SMALLEST)
    assert withheld[small_cells(counts)].all()
    for cell in small_cells(counts):
        least, most = told(within, across, counts, withheld, row(cell, counts))
        if least > 1e-6 or most < SMALLEST - 1e-6:
            # Totals alone may tell more than that; then no more is told than if all numbers were withheld.
            at_least, at_most = told(within, across, counts, counts > 0, row(cell, counts))
            assert least <= max(0, at_least) + 1e-6, f"cell {cell} is at least {least}"
            assert most >= min(SMALLEST, at_most) - 1e-6, f"cell {cell} is at most {most}"
    for rows, may_be_told in every_total(within, across, counts):
        if 0 < counts[rows].sum() < SMALLEST:
            assert not may_be_told
            most = told(within, across, counts, withheld, rows)[1]
            assert most >= SMALLEST - 1e-6, f"a total of {counts[rows].sum()} is at most {most}"


def test_small_numbers_alone_withheld_are_given_back():
    """The attack is one: it succeeds where complementary suppression is left out."""
    within, across, counts = random_table(1, (6, 5))
    primary = (counts > 0) & (counts < SMALLEST)
    found = [told(within, across, counts, primary, row(cell, counts)) for cell in small_cells(counts)]
    assert any(most < SMALLEST for _, most in found)


def test_some_of_a_table_is_still_published():
    within, across, counts = random_table(3, (20, 6))
    withheld = rows_to_withhold(within, across, counts[:, None], SMALLEST)
    assert (~withheld & (counts >= SMALLEST)).sum() > 10


def test_each_kind_of_count_is_protected_and_rows_go_whole():
    codes = np.arange(4)[:, None]
    counts = np.array([[500, 480], [400, 5], [300, 200], [90, 80]], dtype=float)
    withheld = rows_to_withhold(np.zeros(4, dtype=int), codes, counts, SMALLEST)
    assert withheld.tolist() == [False, True, False, True]


def test_what_nobody_adds_up_has_no_complement():
    counts = np.array([[500.0], [5.0], [0.0], [9.0], [10.0]])
    withheld = rows_to_withhold(np.zeros(5, dtype=int), np.zeros((5, 0), dtype=int), counts, SMALLEST)
    assert withheld.tolist() == [False, True, False, True, False]


def test_a_total_that_is_small_itself_is_told_to_nobody():
    """Two parts; of the first all is small, so its total gives nothing away, and nothing else has to go."""
    within, across = np.array([0, 0, 1, 1]), np.array([[0], [1], [0], [1]])
    counts = np.array([[3.0], [4.0], [40.0], [50.0]])
    assert rows_to_withhold(within, across, counts, SMALLEST).tolist() == [True, True, False, False]


def test_a_small_total_is_not_given_back_by_others():
    """Five whose sex is not known: as their total, too, is withheld, no county has to be withheld whole."""
    across = np.array([(county, sex) for county in range(10) for sex in range(3)])
    counts = np.array([[100.0 + county, 120.0, float(county < 5)][sex] for county in range(10) for sex in range(3)])
    withheld = rows_to_withhold(np.zeros(30, dtype=int), across, counts[:, None], SMALLEST)
    by_sex = next(way for way in all_lines(np.zeros(30, dtype=int), across) if way.kept == [1])
    assert known(by_sex, np.zeros(30, dtype=int), across, counts, SMALLEST).tolist() == [False, True, False]
    assert 5 < withheld.sum() < 15


def test_the_same_table_is_always_withheld_alike():
    within, across, counts = random_table(5, (10, 6))
    first = rows_to_withhold(within, across, counts[:, None], SMALLEST)
    assert (first == rows_to_withhold(within, across, counts[:, None], SMALLEST)).all()


def test_an_empty_table():
    nothing = rows_to_withhold(np.zeros(0, dtype=int), np.zeros((0, 2), dtype=int), np.zeros((0, 1)), SMALLEST)
    assert nothing.tolist() == []
