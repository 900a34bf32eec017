"""Which batches arrived and what became of them, in `ops.batches`: a row for each file and table."""

from pathlib import Path

import duckdb

from pipelines.replication.inbox.batch import Batch, history_of
from pipelines.replication.inbox.store import Store


def record_accepted(con: duckdb.DuckDBPyConnection, home: Path, code: str, names: list[str], run_id: str) -> None:
    """Write the batches that are being merged, in the transaction of their merge.

    A file is `applied`, or `superseded` where a newer full batch of its table was there before it.
    """
    batches = Store(home, code).batches()
    for batch in [one for one in batches if one.batch in names]:
        for table in _tables(batch):
            is_applied = any(one is batch for one, _ in history_of(batches, table or ""))
            _write(con, code, batch, table, "applied" if is_applied else "superseded", run_id)


def record_refused(con: duckdb.DuckDBPyConnection, home: Path, code: str) -> None:
    """Write the batches in quarantine. What takes a batch does not open the warehouse, so they are written later."""
    for batch in Store(home, code).refused():
        for table in _tables(batch):
            _write(con, code, batch, table, "refused", None)


def _tables(batch: Batch) -> list[str | None]:
    """The tables of a batch; None for one that nobody could read."""
    return list(dict.fromkeys(file.table for file in batch.files)) or [None]


def _write(
    con: duckdb.DuckDBPyConnection, code: str, batch: Batch, table: str | None, status: str, run_id: str | None
) -> None:
    con.execute(
        "DELETE FROM ops.batches WHERE source = ? AND batch = ? AND table_name IS NOT DISTINCT FROM ?",
        [code, batch.batch, table],
    )
    files = batch.of_table(table) if table else []
    rows: list[tuple] = [(file.file, file.sends, file.rows, file.size, file.sha256) for file in files]
    decided = (status, batch.reason, batch.received_at, run_id)
    for row in rows or [(", ".join(batch.others), None, None, None, None)]:
        con.execute(
            "INSERT INTO ops.batches VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [code, batch.batch, batch.date, batch.version, table, *row, *decided],
        )
