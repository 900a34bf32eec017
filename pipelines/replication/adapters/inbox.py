"""A source that arrives in batches: what its batches say together, in the order of their dates."""

import hashlib
from pathlib import Path

import duckdb

from ibr.config import Source
from ibr.errors import ContractBroken, SourceUnreachable
from pipelines.replication.adapters.base import REASON
from pipelines.replication.adapters.files import FileAdapter
from pipelines.replication.inbox.batch import Batch, BatchFile, State, history_of
from pipelines.replication.inbox.store import Store
from warehouse.connection import literal, quoted

_GONE = "_ibr_gone"


class InboxAdapter(FileAdapter):
    """The batches that were accepted, and the one just taken. A table is its last full batch and all changes since.

    So the order in which batches arrive does not matter, and one that comes late changes only what no later one does.
    """

    def __init__(
        self, con: duckdb.DuckDBPyConnection, code: str, source: Source, store: Store, scratch: Path
    ) -> None:
        super().__init__(con, code, source, store.inbox, scratch)
        self._store, self._batches = store, store.batches()

    def position(self, table: str) -> str | None:
        """The batches that make the table."""
        made_of = [[batch.batch, *(file.sha256 for file in files)] for batch, files in self._history(table)]
        return hashlib.blake2b(repr(made_of).encode(), digest_size=16).hexdigest()

    def _history(self, table: str) -> list[tuple[Batch, list[BatchFile]]]:
        history = history_of(self._batches, table)
        if not history:
            raise SourceUnreachable(
                f"source {self._code}: no batch with table {table} has arrived yet; batches are dropped into "
                f"{self._store.inbox}, and `ibr status` says what one that lies there waits for"
            )
        return history

    def _read(self, table: str) -> str:
        view = f"file_{len(self._views)}"
        parts: list[list[str]] = []
        for batch, files in self._history(table):
            parts.append([])
            for file in files:
                name = f"{view}_{len(parts)}_{len(parts[-1])}"
                self._read_file(self._store.file(batch, file.file), table, name)
                self._count(batch, file, name)
                self._mark_deletions(table, file, name)
                parts[-1].append(name)
        self._require_whole_rows(table, parts)
        self._compose(view, parts, self._source.tables[table].key)
        for name in (name for part in parts for name in part):
            self._con.execute(f"DROP TABLE {name}")
        return view

    def _count(self, batch: Batch, file: BatchFile, name: str) -> None:
        """Hold a new file against the rows that its manifest tells; remember how many there are."""
        if batch.state is not State.TAKEN:
            return
        counts = f"count(*), count(*) FILTER ({REASON} IS DISTINCT FROM 'TOTALS_ROW')"
        found, without_totals = self._con.execute(f"SELECT {counts} FROM {name}").fetchone() or (0, 0)
        if file.rows is not None and file.rows not in (found, without_totals):
            raise ContractBroken(
                f"source {self._code}, table {file.table}: {file.file} has {without_totals:,} rows, and its manifest "
                f"says {file.rows:,}; send the whole file again, with a manifest that fits"
            )
        file.rows = found
        self._store.save(batch)

    def _mark_deletions(self, table: str, file: BatchFile, name: str) -> None:
        """Whether a row of changes says that it is gone; what says so is no column of the table."""
        marks = self._source.tables[table].deleted
        there = {row[0] for row in self._con.execute(f"DESCRIBE {name}").fetchall()}
        missing = [column for column in marks if column not in there]
        if missing and file.sends == "changes":
            raise ContractBroken(
                f"source {self._code}, table {table}: {file.file} lacks the column {', '.join(missing)}, which marks "
                "deletions; send it in every file of changes"
            )
        is_gone = " AND ".join(
            f"coalesce(lower(trim({quoted(column)})) = {literal(value.lower())}, false)"
            for column, value in marks.items()
        )
        marked = is_gone if marks and not missing else "false"
        self._con.execute(f"ALTER TABLE {name} ADD COLUMN {_GONE} BOOLEAN")
        self._con.execute(f"UPDATE {name} SET {_GONE} = {marked}")
        for column in there.intersection(marks):
            self._con.execute(f"ALTER TABLE {name} DROP COLUMN {quoted(column)}")

    def _require_whole_rows(self, table: str, parts: list[list[str]]) -> None:
        """A row of changes takes the place of a whole row: it must have every column that rows had before."""
        known: set[str] = set()
        for part in parts:
            columns = {row[0] for name in part for row in self._con.execute(f"DESCRIBE {name}").fetchall()}
            if lacking := sorted(known - columns):
                raise ContractBroken(
                    f"source {self._code}, table {table}: changes lack the column(s) {', '.join(lacking)}, which the "
                    "table has; send whole rows"
                )
            known |= columns

    def _compose(self, view: str, parts: list[list[str]], key: list[str]) -> None:
        """The rows of the first part, where no later one has their key; of each later key its last state."""
        first, *later = [" UNION ALL BY NAME ".join(f"SELECT * FROM {name}" for name in part) for part in parts]
        if not later:
            rows = f"SELECT * EXCLUDE ({_GONE}) FROM ({first}) WHERE NOT {_GONE}"
            self._con.execute(f"CREATE TEMP TABLE {view} AS {rows}")
            return
        keys = ", ".join(quoted(k) for k in key)
        same = " AND ".join(f"old.{quoted(k)} = new.{quoted(k)}" for k in key)
        has_key = " AND ".join(f"{quoted(k)} IS NOT NULL" for k in key) + f" AND {REASON} IS NULL"
        numbered = [f"SELECT *, {place} AS _ibr_part FROM ({part})" for place, part in enumerate(later)]
        changes = " UNION ALL BY NAME ".join(numbered)
        self._con.execute(f"""
            CREATE TEMP TABLE {view} AS
            WITH changes AS MATERIALIZED ({changes}),
            latest AS MATERIALIZED (
                SELECT *, bool_and({_GONE}) OVER (PARTITION BY {keys}) AS is_gone FROM (
                    SELECT * FROM changes WHERE {has_key}
                    QUALIFY _ibr_part = max(_ibr_part) OVER (PARTITION BY {keys})
                )
            )
            SELECT * EXCLUDE ({_GONE}) FROM ({first}) AS old
            WHERE NOT {_GONE} AND NOT EXISTS (SELECT 1 FROM latest AS new WHERE {same})
            UNION ALL BY NAME
            SELECT * EXCLUDE ({_GONE}, is_gone, _ibr_part)
            REPLACE (CASE WHEN {_GONE} THEN 'KEY_REPEATED' END AS {REASON}) FROM latest WHERE NOT is_gone
            UNION ALL BY NAME
            SELECT * EXCLUDE ({_GONE}, _ibr_part) FROM changes WHERE NOT ({has_key})
        """)
