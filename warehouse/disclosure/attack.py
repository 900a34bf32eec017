"""What can be worked out of a table of which some rows are withheld, by whoever knows its totals."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_matrix, hstack, identity

from ibr.errors import Defect
from warehouse.disclosure.lines import Codes, Counts, Rows

_TOLERANCE = 1e-6


class Attack:
    """All that is known of the withheld rows of one column of counts: their totals, less what is published of them."""

    def __init__(self, equations: csr_matrix, counts: Counts, withheld: Rows, within: Codes) -> None:
        self.rows = np.flatnonzero(withheld)
        here = equations[:, self.rows]
        self.equations = here[np.diff(here.indptr) > 0]
        self.known = self.equations @ counts[self.rows]
        self.part = within[self.rows]

    def press(self, cells: NDArray[np.int64], target: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows of which it is not shown that they may be `target` or more (0: nothing); and those that cannot be.

        `cells`: rows that are withheld. Each linear program looks for one table that agrees with all that is known and
        in which as many of them as can be are so at once: a few do for thousands. Stops at the first that cannot be.
        """
        left = np.searchsorted(self.rows, cells)
        while len(left):
            reached = self._reached(left, target)
            if not reached.any():
                # Together they get nowhere. Parts have no total in common, so of one cell a part each is free to.
                alone = np.unique(self.part[left], return_index=True)[1]
                reached[alone] = self._reached(left[alone], target)
                if not reached[alone].all():
                    return self.rows[left], self.rows[left[alone[~reached[alone]]]]
            left = left[~reached]
        return self.rows[left], self.rows[left]

    def _reached(self, cells: NDArray[np.int64], target: int) -> Rows:
        reached: Rows
        if target:
            reached = self._highest(cells, float(target))[cells] >= target - _TOLERANCE
        else:
            reached = self._lowest(cells)[cells] <= _TOLERANCE
        return reached

    def _highest(self, cells: NDArray[np.int64], target: float) -> Counts:
        """A table in which the cells come as near to `target` as they can: the sum of min(cell, target) is largest."""
        size, lines = len(self.rows), self.equations.shape[0]
        reach = csr_matrix((-np.ones(len(cells)), (np.arange(len(cells)), cells)), shape=(len(cells), size))
        return _solve(
            np.concatenate([np.zeros(size), -np.ones(len(cells))]),
            A_eq=hstack([self.equations, csr_matrix((lines, len(cells)))], format="csr"), b_eq=self.known,
            A_ub=hstack([reach, identity(len(cells))], format="csr"), b_ub=np.zeros(len(cells)),
            bounds=[(0.0, None)] * size + [(0.0, target)] * len(cells),
        )[:size]  # fmt: skip

    def _lowest(self, cells: NDArray[np.int64]) -> Counts:
        """A table in which the cells are as small as they can be."""
        cost = np.zeros(len(self.rows))
        cost[cells] = 1.0
        return _solve(cost, A_eq=self.equations, b_eq=self.known, bounds=(0.0, None))


def _solve(cost: Counts, **program) -> Counts:
    solved = linprog(cost, method="highs", **program)
    if not solved.success:
        # The true table is a solution.
        raise Defect(f"a table could not be attacked ({solved.message})")
    table: Counts = solved.x
    return table
