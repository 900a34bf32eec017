"""The publication that answers come from: opened beside the last one, swapped in whole, closed when nobody asks it."""

import datetime as dt
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from exchange.service.index import FOLDER
from linkage.lookup import FILE, Lookup
from linkage.lookup.check import OverlapRule


class NotAvailable(Exception):
    """Nothing can be looked up now; the reason is a code."""


@dataclass
class Snapshot:
    """A publication's index. `lookup` is for single questions, `bulk` for batches: each for one thread at a time."""

    version: str
    reporting_date: dt.date
    published_at: dt.datetime
    stale_sources: list[str]
    lookup: Lookup
    bulk: Lookup
    overlap_rules: dict[tuple[str, str, str], OverlapRule]
    users: int = 0
    is_retired: bool = field(default=False)

    @classmethod
    def open(cls, folder: Path) -> "Snapshot":
        """Open a version's folder. Raises NotAvailable where it holds no index."""
        manifest, index = folder / "publication.json", folder / FOLDER
        if not (index / FILE).is_file() or not manifest.is_file():
            raise NotAvailable("no_index")
        about = json.loads(manifest.read_text(encoding="utf-8"))
        date = dt.date.fromisoformat(about["reporting_date"])
        lookup, bulk = Lookup(index, date), Lookup(index, date)
        return cls(
            about["version"], date, dt.datetime.fromisoformat(about["published_at"]), list(about["stale_sources"]),
            lookup, bulk, lookup.overlap_rules,
        )  # fmt: skip

    def close(self) -> None:
        self.lookup.close()
        self.bulk.close()


class Snapshots:
    """The current publication of a workspace. `refresh` looks whether there is another; who asks keeps theirs."""

    def __init__(self, home: Path) -> None:
        self._current = home / "published" / "current"
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self.switches = 0

    @property
    def snapshot(self) -> Snapshot | None:
        """What is open now."""
        return self._snapshot

    def refresh(self) -> bool:
        """Open the current publication if it is another than the one that is open; whether it was.

        Raises NotAvailable where nothing is published or it holds no index; what was open stays so.
        """
        if not self._current.exists():
            raise NotAvailable("nothing_is_published")
        folder = self._current.resolve()
        if self._snapshot and self._snapshot.version == folder.name:
            return False
        opened = Snapshot.open(folder)
        with self._lock:
            before, self._snapshot = self._snapshot, opened
            self.switches += 1
            if before:
                before.is_retired = True
        if before:
            self._close_if_unused(before)
        return True

    @contextmanager
    def using(self) -> Iterator[Snapshot]:
        """The snapshot that is open, kept open as long as the block runs. Raises NotAvailable where there is none."""
        with self._lock:
            snapshot = self._snapshot
            if snapshot is None:
                raise NotAvailable("nothing_is_published")
            snapshot.users += 1
        try:
            yield snapshot
        finally:
            with self._lock:
                snapshot.users -= 1
            self._close_if_unused(snapshot)

    def _close_if_unused(self, snapshot: Snapshot) -> None:
        if snapshot.is_retired and not snapshot.users:
            snapshot.close()
