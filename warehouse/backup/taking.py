"""Taking a backup: everything as it was at one moment, and of that only what the store does not have yet."""

import datetime as dt
import hashlib
import platform
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import duckdb

from ibr.errors import UsageProblem
from warehouse import audit
from warehouse.audit.log import held_still
from warehouse.backup.contents import audit_files, files_of, is_sqlite
from warehouse.backup.manifest import File, Held, Manifest
from warehouse.backup.store import PART, Store, Unreadable
from warehouse.connection import connect
from warehouse.lock import warehouse_lock
from warehouse.publication import publications

_TOLD_EVERY = 256 * PART  # bytes


@dataclass(frozen=True)
class Taken:
    """A backup that was taken. `read`: bytes of files that had changed; `stored`: bytes that were added to the store;
    `removed`: old backups that went; `unreadable`: others, for whose sake nothing was removed."""

    manifest: Manifest
    read: int
    stored: int
    removed: list[str]
    unreadable: list[Unreadable]


def take(
    home: Path, folder: Path, at: dt.datetime, keep: int, progress: Callable[[str], None] = lambda message: None
) -> Taken:
    """Back up a workspace into `folder`, of which the last `keep` backups then stay; `at`: when, for its name.

    No run can begin meanwhile, and nothing is written to the audit log while that is read, which comes last: so the log
    has every event that the rest tells of. Raises UsageProblem if the folder cannot be used, WarehouseBusy if the
    warehouse or the store is in use, DiskFull or ConfigurationProblem if it cannot be written. What was there before
    stays good in any case.
    """
    if not (home / "registry.yml").is_file():
        raise UsageProblem(f"{home} is no workspace; expected a folder with registry.yml")
    store = Store.made(folder, home)
    with warehouse_lock(home, "ibr backup"), store.locked("ibr backup"):
        earlier, _ = store.manifests()
        reading = _Reading(home, store, earlier, progress)
        files = _files(home, reading)
        manifest = Manifest(
            store.free_name(at.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%SZ")), at.isoformat(), str(home),
            {"ibr": version("ibr"), "duckdb": duckdb.__version__, "python": platform.python_version()},
            str(reading.head),
            [Held(one.version, one.published_at.isoformat(), one.is_current) for one in publications(home)],
            files,
        )  # fmt: skip
        store.write_manifest(manifest)
        removed = store.prune(keep)
        _, unreadable = store.manifests()
    audit.record(home, "backup_taken", details={
        "backup": manifest.backup, "files": len(files), "bytes": manifest.bytes, "stored": reading.stored,
        "removed": removed,
    })
    return Taken(manifest, reading.read, reading.stored, removed, unreadable)


def _files(home: Path, reading: "_Reading") -> list[File]:
    with _warehouse_at_rest(home / "warehouse.duckdb"):
        files = [reading.file(path) for path in files_of(home)]
    with held_still(home):
        reading.head = audit.head(home)
        return files + [reading.file(path) for path in audit_files(home)]


@contextmanager
def _warehouse_at_rest(file: Path) -> Iterator[None]:
    """The warehouse with nothing left in the log beside it, and nobody able to open it for writing meanwhile."""
    if not file.exists():
        yield
        return
    if file.with_name(f"{file.name}.wal").exists():
        with connect(file) as con:
            con.execute("FORCE CHECKPOINT")
    with connect(file, read_only=True):
        yield


class _Reading:
    """Files on their way into a store."""

    def __init__(
        self, home: Path, store: Store, earlier: list[Manifest], progress: Callable[[str], None]
    ) -> None:
        self._home, self._store, self._progress = home, store, progress
        # Parts that no manifest names may be half-written, as a power cut leaves them: they are stored again.
        self._trusted = {part for manifest in earlier for part in manifest.parts}
        self._before = {file.path: file for file in earlier[-1].files} if earlier else {}
        self.read = self.stored = 0
        self._told = 0
        self.head = audit.Head(0, "")

    def file(self, path: Path) -> File:
        """A file of the workspace, stored; as the last backup has it where it is untouched since."""
        name = str(path.relative_to(self._home))
        if path.is_symlink():
            return File(name, link=str(path.readlink()))
        status = path.stat()
        seen = (status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        before = self._before.get(name)
        if before and before.seen == seen and not is_sqlite(path) and all(map(self._store.has, before.parts)):
            return before
        mode = status.st_mode & 0o777
        if is_sqlite(path):
            with _sqlite_copy(path) as copy:
                return replace(self._stored(name, copy), mode=mode)
        return replace(self._stored(name, path), mode=mode, seen=seen)

    def _stored(self, name: str, path: Path) -> File:
        whole, parts, size = hashlib.sha256(), [], 0
        with path.open("rb") as file:
            while content := file.read(PART):
                whole.update(content)
                part = hashlib.sha256(content).hexdigest()
                if part not in self._trusted or not self._store.has(part):
                    self.stored += self._store.put(part, content)
                    self._trusted.add(part)
                parts.append(part)
                size += len(content)
                self._count(name, len(content))
        return File(name, size=size, sha256=whole.hexdigest(), parts=tuple(parts))

    def _count(self, name: str, size: int) -> None:
        self.read += size
        if self.read - self._told >= _TOLD_EVERY:
            self._told = self.read
            self._progress(f"{name}: {self.read / 1e9:,.1f} GB read, {self.stored / 1e9:,.1f} GB stored")


@contextmanager
def _sqlite_copy(path: Path) -> Iterator[Path]:
    """A database of SQLite's as of one moment, though another program may be writing to it."""
    with tempfile.TemporaryDirectory(prefix="ibr-backup-") as folder:
        copy = Path(folder) / path.name
        url = f"{path.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(url, uri=True)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        yield copy
