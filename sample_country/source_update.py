"""Change rows of a source in place, as its own system would: the cursor rises on changed rows, and only there."""

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl

_CURSORS = {"nsnp": "UpdatedAt", "ctovc": "ROWVER", "cfa": "modified_at", "iprs": "updated_at", "hsnp": None}
_VERSIONED = ("HOUSEHOLDS", "MEMBERS", "PAYMENTS", "CASES")


class Source:
    """One open source database. `stamp` is the cursor value of changes (for ROWVER: counted on from the highest)."""

    def __init__(self, folder: Path, name: str, stamp: str):
        self.name, self.stamp = name, stamp
        self.con = sqlite3.connect(folder / f"{name}.db", isolation_level=None)
        self.con.execute("PRAGMA synchronous = OFF")
        self.con.execute("BEGIN")
        self.cursor = _CURSORS[name]
        self.version = 0
        if name == "ctovc":
            self.version = max(
                self.con.execute(f"SELECT coalesce(max(ROWVER), 0) FROM {t}").fetchone()[0] for t in _VERSIONED
            )

    def read(self, query: str, values: Sequence = ()) -> pl.DataFrame:
        """Rows of a query; columns are text or numbers as SQLite holds them."""
        cursor = self.con.execute(query, values)
        return pl.DataFrame(
            cursor.fetchall(), schema=[c[0] for c in cursor.description], orient="row", infer_schema_length=None
        )

    def marks(self, count: int) -> list:
        """Cursor values for `count` changed rows."""
        if self.name != "ctovc":
            return [self.stamp] * count
        first = self.version + 1
        self.version += count
        return list(range(first, first + count))

    def update(self, table: str, key: Sequence[str], keys: Iterable[Sequence], values: dict[str, Iterable]) -> None:
        """Set columns of the rows with these keys."""
        keys = [tuple(k) for k in keys]
        sets, columns = list(values), [list(v) for v in values.values()]
        if self.cursor:
            sets, columns = [*sets, self.cursor], [*columns, self.marks(len(keys))]
        statement = (
            f'UPDATE "{table}" SET {", ".join(f"{c} = ?" for c in sets)} WHERE {" AND ".join(f"{k} = ?" for k in key)}'
        )
        self.con.executemany(statement, [(*new, *k) for new, k in zip(zip(*columns, strict=True), keys, strict=True)])

    def insert(self, table: str, rows: pl.DataFrame) -> None:
        """Add rows; the cursor column, the table's last, is added here."""
        columns = [column.to_list() for column in rows]
        if self.cursor:
            columns.append(self.marks(rows.height))
        self.con.executemany(
            f'INSERT INTO "{table}" VALUES ({", ".join("?" * len(columns))})', list(zip(*columns, strict=True))
        )

    def delete(self, table: str, column: str, keys: Iterable) -> int:
        """Delete rows for real; returns how many went."""
        return self.con.executemany(f'DELETE FROM "{table}" WHERE {column} = ?', [(k,) for k in keys]).rowcount

    def close(self) -> None:
        """Commit."""
        self.con.execute("COMMIT")
        self.con.close()
