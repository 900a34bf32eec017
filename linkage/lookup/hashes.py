"""Where rows stand by a value: a file of sorted numbers for each kind of value, mapped into memory.

A number is the upper half of a value's hash and the row's position. Finding a value is a binary search, some 20
microseconds among 30 million rows; only the pages that are looked at are in memory. Two values may share the half of a
hash (one search in 140 meets such a stranger): who is found is compared like everybody else.
"""

from pathlib import Path

import duckdb
import numpy as np

HALF = np.uint64(32)
_POSITION = np.uint64((1 << 32) - 1)


def write_hashes(con: duckdb.DuckDBPyConnection, file: Path, query: str) -> None:
    """Write the index of a query (h: hash, position)."""
    packed = f"SELECT ((h >> 32) << 32) | position::UBIGINT AS packed FROM ({query}) WHERE h IS NOT NULL"
    numbers = con.execute(packed).fetchnumpy()["packed"].astype(np.uint64)
    numbers.sort()
    np.save(file, numbers)


class Hashes:
    """An index, read from its file."""

    def __init__(self, file: Path) -> None:
        self._numbers = np.load(file, mmap_mode="r")

    def find(self, hashes: np.ndarray, most: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """For hashes (n): which of them were found, and the position of each row found, both of one length.

        A value with more than `most` rows is left out.
        """
        begin = (hashes.astype(np.uint64) >> HALF) << HALF
        first = np.searchsorted(self._numbers, begin)
        after = np.searchsorted(self._numbers, begin | _POSITION, side="right")
        counts = after - first
        if most is not None:
            counts = np.where(counts > most, 0, counts)
        which = np.repeat(np.arange(len(hashes)), counts)
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        found = self._numbers[np.repeat(first, counts) + within]
        return which, (found & _POSITION).astype(np.int64)
