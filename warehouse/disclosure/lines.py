"""The totals of a table, as equations: a line is the rows that add up to one total."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

Codes = NDArray[np.int64]
Counts = NDArray[np.float64]
Rows = NDArray[np.bool_]


def groups(within: Codes, across: Codes) -> Iterator[Codes]:
    """For each way of adding up, the line that every row belongs to, numbered from 0.

    `within`: the part of the table that a row is in; nothing is added up over parts. `across`: a row a row, a column a
    variable to add up over. One variable at a time, then two, ..., then all: a total of many variables is told by
    those of fewer only where these are known themselves.
    """
    variables = range(across.shape[1])
    for size in range(1, across.shape[1] + 1):
        for summed in combinations(variables, size):
            kept = np.column_stack([within, *(across[:, v] for v in variables if v not in summed)])
            yield np.unique(kept, axis=0, return_inverse=True)[1].ravel().astype(np.int64)


def known_totals(lines: list[Codes], counts: Counts, smallest: int) -> csr_matrix:
    """The equations whose totals may be known of a column of counts: a row a line, a column a row of the table.

    A total that is small itself is told to nobody, so it stands in no equation; neither does one of nothing.
    """
    return vstack([_equations(line, counts, smallest) for line in lines], format="csr")


def _equations(line: Codes, counts: Counts, smallest: int) -> csr_matrix:
    totals = np.bincount(line, weights=counts)
    size = (len(totals), len(line))
    equations = csr_matrix((np.ones(len(line)), (line, np.arange(len(line)))), shape=size)
    return equations[totals >= smallest]
