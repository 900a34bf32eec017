"""Secondary suppression: which further cells of a table are withheld, so that totals do not give small ones back.

Method: J. Kelly, B. Golden, A. Assad (1992), Networks 22(4), as in M. Fischetti, J. Salazar (1999), Mathematical
Programming 84: for each small cell the cheapest set of cells among which it could be larger, and one in which it could
be smaller, by as much as is asked for, while all that is published stays true. Each is a linear program (HiGHS); the
cells that move in its solution are withheld. Cells once withheld cost nothing for the next.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_matrix, hstack

from ibr.errors import Defect

Codes = NDArray[np.int64]
Cells = NDArray[np.bool_]

TOTAL = 0  # the code of "all" in a variable
_MOVED = 1e-6


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


def suppress(
    codes: Codes, values: NDArray[np.float64], small: Cells, level: float, progress: Callable[[str], None]
) -> Cells:
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
            withheld |= np.abs(moved) > _MOVED
            # One solution opens other small cells too, and so does the way back from it.
            for change in (moved, _back(moved, values)):
                open_up |= change >= level - _MOVED
                open_down |= change <= -down + _MOVED
        if number % 200 == 0:
            progress(f"{number:,} of {small.sum():,} small cells protected")
    return withheld


def withheld_sums(codes: Codes, withheld: Cells) -> Cells:
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


def _back(moved: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The opposite of a change, as far as no cell falls below zero."""
    rising = moved > _MOVED
    return -moved * min(1.0, float((values[rising] / moved[rising]).min(initial=1.0)))


def _cheapest(
    equations: csr_matrix, values: NDArray[np.float64], withheld: Cells, cell: int, target: float
) -> NDArray[np.float64]:
    """The deviation of every cell in the cheapest change of the table in which one cell differs by `target`."""
    cells = len(values)
    # Large cells tell more, so they cost more; by their logarithm, or one large cell would weigh as much as all others.
    cost = np.where(withheld, 0.0, 1.0 + np.log1p(values))
    # The first half of the variables rise, the second half fall, and no cell below zero.
    bounds = np.zeros((2 * cells, 2))
    bounds[:, 1] = np.concatenate([np.full(cells, np.inf), values])
    bounds[cell], bounds[cells + cell] = max(target, 0.0), max(-target, 0.0)
    # To simplify each program first took 0.46 s of CPU and its solution 0.03 (4,288 cells, 1,092 of them small).
    solved = linprog(
        np.concatenate([cost, cost]), A_eq=hstack([equations, -equations], format="csr"),
        b_eq=np.zeros(equations.shape[0]), bounds=bounds, method="highs-ds", options={"presolve": False},
    )
    if not solved.success:
        # Every table can be scaled, so there is always a solution.
        raise Defect(f"no way was found to protect a small cell of the table ({solved.message})")
    moved: NDArray[np.float64] = solved.x[:cells] - solved.x[cells:]
    return moved
