"""Small cells of any table, attacked by all that is published: no subtraction gives one back, or tells it small."""

import itertools

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from exchange.sharing.request import Item
from exchange.sharing.table import count_table
from warehouse.disclosure import cells_to_withhold, withheld_sums
from warehouse.disclosure.cells import TOTAL

LEVEL = 10


@st.composite
def tables(draw) -> np.ndarray:
    """The inner cells of a table of one to three variables; many small, many empty."""
    shape = draw(st.sampled_from([(2,), (5,), (2, 2), (2, 5), (4, 3), (2, 2, 2), (3, 2, 2)]))
    size = int(np.prod(shape))
    counts = st.sampled_from([0, 0, 1, 3, 9, 10, 12, 40, 300])
    return np.array(draw(st.lists(counts, min_size=size, max_size=size))).reshape(shape)


def cube(inner: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every cell that is not zero: its codes, its count, and which inner cells it is the sum of."""
    codes, values, parts = [], [], []
    for code in itertools.product(*[range(size + 1) for size in inner.shape]):
        chosen = np.zeros(inner.shape, bool)
        chosen[tuple(slice(None) if part == TOTAL else slice(part - 1, part) for part in code)] = True
        if count := int(inner[chosen].sum()):
            codes.append(code)
            values.append(count)
            parts.append(chosen.ravel())
    return np.array(codes).reshape(-1, inner.ndim), np.array(values, float), np.array(parts, float)


def bounds(parts: np.ndarray, values: np.ndarray, withheld: np.ndarray, cell: int) -> tuple[float, float]:
    """The least and the most that a cell can be, by everything that is published.

    An attack of its own: it knows the inner cells, none below zero, and that what is not listed is zero.
    """
    possible = [(0, None) if seen else (0, 0) for seen in parts.any(axis=0)]
    # An inner cell that is not listed is zero.
    inner = parts.sum(axis=1) == 1
    listed = parts[inner].any(axis=0)
    possible = [limit if is_listed else (0, 0) for limit, is_listed in zip(possible, listed, strict=True)]
    known = ~withheld
    equal = {"A_eq": parts[known], "b_eq": values[known]} if known.any() else {}
    ends = [linprog(sign * parts[cell], bounds=possible, method="highs", **equal) for sign in (1, -1)]
    least = ends[0].fun if ends[0].status == 0 else -np.inf
    most = -ends[1].fun if ends[1].status == 0 else np.inf
    return least, most


@settings(deadline=None, max_examples=80, derandomize=True)
@given(tables())
def test_what_is_published_leaves_every_small_cell_open(inner):
    codes, values, parts = cube(inner)
    if not len(values):
        return
    small = values < LEVEL
    withheld = cells_to_withhold(codes, values, small, float(LEVEL), lambda message: None)
    assert withheld[small].all()
    for cell in np.flatnonzero(small):
        least, most = bounds(parts, values, withheld, cell)
        assert least <= 1e-6, "the cell could be told from zero"
        assert most >= values[cell] + LEVEL - 1e-6, "the cell could be told to be small"


def test_the_attack_finds_what_primary_suppression_alone_gives_away():
    """The test above can fail: one small cell of a row, and its total, are one subtraction."""
    _, values, parts = cube(np.array([[3, 40], [50, 60]]))
    (cell,) = np.flatnonzero(values < LEVEL)
    assert bounds(parts, values, values < LEVEL, cell) == pytest.approx((3, 3))


@settings(deadline=None, max_examples=40, derandomize=True)
@given(tables())
def test_nothing_is_withheld_where_nothing_is_small(inner):
    codes, values, _ = cube(np.where(inner > 0, inner + LEVEL, 0))
    if len(values):
        assert not cells_to_withhold(codes, values, values < LEVEL, float(LEVEL), lambda message: None).any()


@settings(deadline=None, max_examples=60, derandomize=True)
@given(tables())
def test_no_sum_that_is_told_has_a_withheld_cell_in_it(inner):
    """So a sum beside the number of rows is never a second equation on a withheld cell."""
    codes, values, parts = cube(inner)
    if not len(values):
        return
    withheld = cells_to_withhold(codes, values, values < LEVEL, float(LEVEL), lambda message: None)
    no_sums = withheld_sums(codes, withheld)
    inside = (parts @ parts[withheld].T == parts[withheld].sum(axis=1)).any(axis=1) if withheld.any() else withheld
    assert (no_sums == inside).all()


def test_a_cell_is_small_by_its_people_and_not_by_its_rows():
    item = Item.model_construct(mart="m", by=["place"], sums=["paid"], fields=[], where={}, in_clear=[])
    with duckdb.connect() as con:
        # Three people with twenty rows each, and forty with one.
        con.execute(
            "CREATE TEMP TABLE asked AS SELECT 'A' AS place, number % 3 AS subject, 5 AS paid "
            "FROM range(60) t (number) UNION ALL SELECT 'B', 100 + number, 5 FROM range(40) t (number) "
            "UNION ALL SELECT NULL, 200 + number, 5 FROM range(30) t (number)"
        )
        held = count_table(con, "asked", item, "counted", LEVEL)
        cells = {row[0]: row[1:] for row in con.execute("SELECT place, rows, paid FROM counted").fetchall()}
    assert (held.cells, held.small) == (4, 1)
    assert cells["A"] == (None, None)
    # The total is told, so a second cell is not; and no sum above them.
    assert cells["(all)"] == (130, None)
    assert [cells["B"][0], cells["(not known)"][0]].count(None) == 1
