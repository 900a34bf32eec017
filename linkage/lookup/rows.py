"""Rows by their position: an Arrow file, mapped into memory, of which only the rows that are asked for are read."""

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

ROWS_A_BATCH = 1 << 16


def write_rows(con: duckdb.DuckDBPyConnection, file: Path, query: str) -> None:
    """Write the rows of a query, which come in the order of their positions."""
    reader = con.execute(query).to_arrow_reader(ROWS_A_BATCH)
    with pa.ipc.new_file(str(file), reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)


class Rows:
    """A file of rows."""

    def __init__(self, file: Path) -> None:
        self._reader = pa.ipc.open_file(pa.memory_map(str(file)))
        self._batches = [self._reader.get_batch(i) for i in range(self._reader.num_record_batches)]
        self._begins = np.cumsum([0, *(batch.num_rows for batch in self._batches)])
        self.schema = self._reader.schema

    def __len__(self) -> int:
        return int(self._begins[-1])

    def at(self, positions: np.ndarray) -> Any:
        """An Arrow table of the rows at some positions, each once, in order."""
        positions = np.unique(positions)
        if not len(positions):
            return self.schema.empty_table()
        which = np.searchsorted(self._begins, positions, side="right") - 1
        first = np.flatnonzero(np.diff(which, prepend=-1))
        parts = [
            self._batches[which[begin]].take(pa.array(positions[begin:end] - self._begins[which[begin]]))
            for begin, end in zip(first, [*first[1:], len(positions)], strict=True)
        ]
        return pa.Table.from_batches(parts, self.schema)
