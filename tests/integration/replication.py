"""A small source, its mirror, and one night after another, for the replication tests."""

import datetime as dt
import sqlite3
from pathlib import Path

import duckdb

from ibr.config import Source
from pipelines.replication.landed import Landing
from pipelines.replication.landing import land
from pipelines.replication.merge import MergeOutcome, merge
from warehouse.connection import connect
from warehouse.schemas import prepare

BEGIN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)  # the day before the first night


class Nights:
    """One source `mis` and a warehouse; `replicate()` is one night."""

    def __init__(self, home: Path, url: str = "sqlite:///mis.db", **tables: dict) -> None:
        self.home = home
        self.source = Source.model_validate(
            {"name": "MIS", "kind": "mis", "url": url, "programs": ["AID"], "tables": tables}
        )
        self.open()
        self.begin, self.night = BEGIN, 0

    def open(self) -> None:
        """The warehouse, which a test may have closed."""
        self.warehouse: duckdb.DuckDBPyConnection = connect(self.home / "warehouse.duckdb")
        prepare(self.warehouse)

    def database(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.home / "mis.db", isolation_level=None, check_same_thread=False)
        db.execute("PRAGMA synchronous = OFF")
        return db

    def replicate(self, *, full: bool = False, at: dt.datetime | None = None) -> MergeOutcome:
        """One night, by default a day after the last."""
        return self.merge(self.land(full=full, at=at))

    def run(self, run_id: str, at: dt.datetime, full: bool = False) -> MergeOutcome:
        return self.merge(land("mis", self.source, self.home, run_id, at=at, full=full))

    def land(self, *, full: bool = False, at: dt.datetime | None = None) -> Landing:
        self.night += 1
        at = at or self.begin + dt.timedelta(days=self.night)
        return land("mis", self.source, self.home, f"night-{self.night}", at=at, full=full)

    def merge(self, landing: Landing) -> MergeOutcome:
        run_id, at = landing.run_id, dt.datetime.fromisoformat(landing.landed_at)
        return merge(self.warehouse, "mis", self.source, landing, self.home, run_id=run_id, loaded_at=at)

    def live(self, table: str, columns: str = "*") -> list[tuple]:
        return self.warehouse.execute(
            f'SELECT {columns} FROM mirror_mis."{table}" WHERE _ibr_deleted_at IS NULL ORDER BY ALL'
        ).fetchall()

    def ask(self, query: str) -> list[tuple]:
        return self.warehouse.execute(query).fetchall()
