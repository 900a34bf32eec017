"""Complementary suppression of single cells of a table that is published with all its totals, as cells of it.

For each small cell the cheapest set of cells among which it could be larger, and one in which it could be smaller, by
as much as is asked for, while all that is published stays true (J. Kelly, B. Golden, A. Assad 1992, Networks 22(4)).
The cells that move are withheld; cells once withheld cost nothing for the next.
"""

from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_matrix

from ibr.errors import Defect
from warehouse.disclosure.change import MOVED, change, price
from warehouse.disclosure.lines import Codes, Counts, Rows

TOTAL = 0  # the code of "all" in a variable


def margins(codes: Codes) -> csr_matrix:
    """The equations of a table: a row a total of one variable, 1 at the total and -1 at its parts.

    `codes`: a row a cell, a column a variable, TOTAL where the cell is a total of it. Cells that are not there are
    zero, and known to be.
    """
    cells, variables = codes.shape
    rows, columns, signs = [], [], []
    begun = 0
    for variable in range(variables):
        others = np.delete(codes, variable, axis=1)
        _, line = np.unique(others, axis=0, return_inverse=True)
        rows.append(begun + line.ravel())
        columns.append(np.arange(cells))
        signs.append(np.where(codes[:, variable] == TOTAL, 1.0, -1.0))
        begun += int(line.max(initial=-1)) + 1
    place = (np.concatenate(rows), np.concatenate(columns))
    return csr_matrix((np.concatenate(signs), place), shape=(begun, cells))


def cells_to_withhold(
    codes: Codes, values: Counts, small: Rows, level: float, progress: Callable[[str], None]
) -> Rows:
    """The cells to withhold, the small ones among them.

    `values`: what each cell holds, at least 0, every total there. After suppression, what is published leaves it open
    whether a small cell is larger by `level`, or smaller by it (or zero).
    """
    equations = margins(codes)
    withheld = small.copy()
    open_up, open_down = np.zeros(len(values), bool), np.zeros(len(values), bool)
    down = np.minimum(values, level)
    for number, cell in enumerate(np.flatnonzero(small), start=1):
        for target, is_open in ((level, open_up), (-down[cell], open_down)):
            if is_open[cell]:
                continue
            moved = _cheapest(equations, values, withheld, int(cell), float(target))
            withheld |= moved != 0
            # One solution opens other small cells too, and so does the way back from it.
            for by in (moved, _back(moved, values)):
                open_up |= by >= level - MOVED
                open_down |= by <= -down + MOVED
        if number % 200 == 0:
            progress(f"{number:,} of {small.sum():,} small cells protected")
    return withheld


def withheld_sums(codes: Codes, withheld: Rows) -> Rows:
    """The cells whose sums are withheld: those withheld, and every total that a withheld cell is a part of.

    What a person gets is public. A sum beside the number of rows is a second equation on the same cells, and two
    equations tell two cells apart.
    """
    equations = margins(codes)
    totals, parts = (equations > 0).astype(np.int64), (equations < 0).astype(np.int64)
    found = withheld.copy()
    # One variable is added up in each pass.
    for _ in range(codes.shape[1]):
        lines = parts @ found.astype(np.int64) > 0
        found = found | (totals.T @ lines.astype(np.int64) > 0)
    return found


def _back(moved: Counts, values: Counts) -> Counts:
    """The opposite of a change, as far as no cell falls below zero."""
    rising = moved > MOVED
    return -moved * min(1.0, float((values[rising] / moved[rising]).min(initial=1.0)))


def _cheapest(equations: csr_matrix, values: Counts, withheld: Rows, cell: int, target: float) -> Counts:
    """By how much each cell moves in the cheapest change of the table in which one differs by `target`."""
    cost = price(values, withheld)
    moved = change(equations, values, cell, (target, target), (cost, cost))
    if moved is None:
        # Every table can be scaled, so there is always a solution.
        raise Defect("no way was found to protect a small cell of the table")
    return moved
