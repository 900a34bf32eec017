"""The publication that answers come from: opened beside the last one, swapped in whole, closed when nobody asks it."""

import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from exchange.service.index import FOLDER
from linkage.lookup import FILE, Lookup, require_whole
from linkage.lookup.check import OverlapRule

TOO_OLD = "publication_too_old"


class NotAvailable(Exception):
    """Nothing can be looked up now; the reason is a code."""


@dataclass
class Snapshot:
    """A publication's index. `lookups` are for single questions, `bulk` for batches: each for one thread at a time."""

    version: str
    reporting_date: dt.date
    published_at: dt.datetime
    stale_sources: list[str]
    lookups: list[Lookup]
    bulk: Lookup
    overlap_rules: dict[tuple[str, str, str], OverlapRule]
    in_bulk: threading.Lock = field(default_factory=threading.Lock)
    users: int = 0
    is_retired: bool = field(default=False)

    @classmethod
    def open(cls, folder: Path, lookups: int = 1) -> "Snapshot":
        """Open a version's folder, to be asked by so many threads. Raises NotAvailable where it holds no index."""
        manifest, index = folder / "publication.json", folder / FOLDER
        if not (index / FILE).is_file() or not manifest.is_file():
            raise NotAvailable("no_index")
        require_whole(index)
        about = json.loads(manifest.read_text(encoding="utf-8"))
        date = dt.date.fromisoformat(about["reporting_date"])
        opened = [Lookup(index, date) for _ in range(lookups)]
        return cls(
            about["version"], date, dt.datetime.fromisoformat(about["published_at"]), list(about["stale_sources"]),
            opened, Lookup(index, date), opened[0].overlap_rules,
        )  # fmt: skip

    def close(self) -> None:
        for lookup in (*self.lookups, self.bulk):
            lookup.close()


class Snapshots:
    """The current publication of a workspace. `refresh` looks whether there is another; who asks keeps theirs."""

    def __init__(self, home: Path, most_age: dt.timedelta, now: Callable[[], dt.datetime], lookups: int = 1) -> None:
        self._most_age, self._now, self._lookups = most_age, now, lookups
        self._current = home / "published" / "current"
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self.switches = 0
        self.unopened: str | None = None

    @property
    def snapshot(self) -> Snapshot | None:
        """What is open now."""
        return self._snapshot

    @property
    def age(self) -> dt.timedelta | None:
        """How old what is open is."""
        return self._now() - self._snapshot.published_at if self._snapshot else None

    @property
    def problem(self) -> str | None:
        """Why nothing can be looked up now, as a code; None where it can."""
        if self.age is None:
            return self.unopened or "nothing_is_published"
        return TOO_OLD if self.age > self._most_age else None

    def refresh(self) -> bool:
        """Open the current publication if it is another than the one that is open; whether it was.

        Where it cannot be opened, what was open stays so, and `unopened` says why.
        """
        folder = self._current.resolve()
        if not self._current.exists() or (self._snapshot and self._snapshot.version == folder.name):
            return False
        try:
            opened = Snapshot.open(folder, self._lookups)
        except NotAvailable as problem:
            self.unopened = str(problem)
            return False
        except (OSError, ValueError, duckdb.Error):  # damaged, or taken away while it was opened
            self.unopened = "index_not_readable"
            return False
        self.unopened = None
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
        """The snapshot that is open, kept open as long as the block runs. Raises NotAvailable where there is none, or
        it is older than it may be."""
        with self._lock:
            snapshot = self._snapshot
            if problem := self.problem:
                raise NotAvailable(problem)
            assert snapshot is not None
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
