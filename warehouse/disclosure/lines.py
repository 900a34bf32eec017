"""The totals of a table, as equations: a line is the rows that add up to one total."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Codes = NDArray[np.int64]
Counts = NDArray[np.float64]
Rows = NDArray[np.bool_]


@dataclass(frozen=True)
class Lines:
    """One way of adding up. `of`: the line that each row belongs to, numbered from 0; `kept`: what is not added up."""

    of: Codes
    kept: list[int]

    def totals(self, counts: Counts) -> Counts:
        """What each line adds up to."""
        return np.bincount(self.of, weights=counts).astype(np.float64)

    @property
    def first_rows(self) -> Codes:
        """A row of each line, by the line's number."""
        return np.unique(self.of, return_index=True)[1]

    def equations(self, known: Rows) -> csr_matrix:
        """A row each line of which the total is known, a column each row of the table."""
        size = (len(known), len(self.of))
        return csr_matrix((np.ones(len(self.of)), (self.of, np.arange(len(self.of)))), shape=size)[known]


def all_lines(within: Codes, across: Codes) -> Iterator[Lines]:
    """Each way of adding up a table: over one variable at a time, over two, ..., over all.

    `within`: the part of the table that a row is in; nothing is added up over parts. `across`: a row a row, a column a
    variable to add up over.
    """
    variables = range(across.shape[1])
    for size in range(1, across.shape[1] + 1):
        for summed in combinations(variables, size):
            kept = [variable for variable in variables if variable not in summed]
            codes = np.column_stack([within, across[:, kept]])
            yield Lines(np.unique(codes, axis=0, return_inverse=True)[1].ravel().astype(np.int64), kept)
