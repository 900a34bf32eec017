"""Where batches lie, and how one moves: every step can be broken off and is completed by the next run.

    inbox/<source>/                        what was dropped
    landing/<source>/batches/<batch>/      taken or accepted: its files and .batch.json
    quarantine/<source>/<batch>/           refused: its files, .batch.json, and <file>.reason.txt

A batch is copied, not moved, so that what is judged is what is read, whoever still writes to the original. It appears
in `batches` in one step. Originals go last, and only if nobody has changed them since.
"""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ibr.durable import on_disk
from pipelines.replication.inbox.batch import DESCRIPTION, Batch, State
from pipelines.replication.inbox.pieces import NOTE

_BUILDING = ".building-"
BATCHES = "batches"


class Store:
    """The batches of one source."""

    def __init__(self, home: Path, code: str) -> None:
        self.home, self.code = home, code
        self.inbox = home / "inbox" / code
        self.folder = home / "landing" / code / BATCHES
        self.quarantine = home / "quarantine" / code

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One process at a time moves a source's batches; what a killed one left is completed first."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.inbox.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.folder / ".lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self._complete()
            yield

    def batches(self) -> list[Batch]:
        """Those taken and accepted, in the order in which they apply."""
        if not self.folder.is_dir():
            return []
        found = [Batch.read(path.parent) for path in self.folder.glob(f"[!.]*/{DESCRIPTION}")]
        return sorted((batch for batch in found if batch.state is not State.REFUSED), key=lambda batch: batch.order)

    def taken(self) -> list[Batch]:
        """Those that wait for their merge."""
        return [batch for batch in self.batches() if batch.state is State.TAKEN]

    def refused(self) -> list[Batch]:
        """Those in quarantine, in the order in which they arrived."""
        found = [Batch.read(path.parent) for path in self.quarantine.glob(f"*/{DESCRIPTION}")]
        return sorted(found, key=lambda batch: batch.received_at)

    def file(self, batch: Batch, name: str) -> Path:
        return self.folder / batch.batch / name

    @contextmanager
    def building(self) -> Iterator[Path]:
        """An empty folder for a batch's files; `put` makes it one of the batches, else it goes again."""
        folder = self.folder / f"{_BUILDING}batch"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def put(self, folder: Path, batch: Batch) -> None:
        """Make a built folder a batch, for good: its originals may go once this has returned."""
        batch.write(folder)
        folder.rename(self.folder / batch.batch)
        on_disk(self.folder)

    def save(self, batch: Batch) -> None:
        """Write what is known of a batch now."""
        batch.write(self.folder / batch.batch)

    def accept(self, batch: Batch) -> None:
        """Keep a batch whose rows are in the mirror, and take its originals out of the inbox."""
        batch.state = State.ACCEPTED
        self.save(batch)
        self._complete_acceptance(batch)

    def refuse(self, batch: Batch, reason: str) -> None:
        """Take a batch out of the way: its files to quarantine, with the reason beside each, there and in the inbox."""
        batch.state, batch.reason = State.REFUSED, reason
        self.save(batch)
        self._complete_refusal(batch)

    def clear(self, batch: Batch) -> None:
        """Take out of the inbox what was copied from it, if it is still the same."""
        for origin in batch.origins:
            path = self.inbox / origin.path
            with suppress(FileNotFoundError, PermissionError):
                stat = path.stat()
                if (stat.st_size, stat.st_mtime_ns) == (origin.size, origin.modified_ns):
                    path.unlink()
            if path.parent != self.inbox:
                with suppress(OSError):  # not empty
                    path.parent.rmdir()

    def _complete(self) -> None:
        for leftover in self.folder.glob(f"{_BUILDING}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        for path in sorted(self.folder.glob(f"[!.]*/{DESCRIPTION}")):
            batch = Batch.read(path.parent)
            if batch.state is State.REFUSED:
                self._complete_refusal(batch)
            elif batch.state is State.ACCEPTED and batch.origins:
                self._complete_acceptance(batch)

    def _complete_acceptance(self, batch: Batch) -> None:
        for origin in batch.origins:
            path = self.inbox / origin.path
            path.with_name(path.name + NOTE).unlink(missing_ok=True)
        self.clear(batch)
        # The same files may have been refused, and put back into the inbox when registry.yml was mended.
        shutil.rmtree(self.quarantine / batch.batch, ignore_errors=True)
        batch.origins = []
        self.save(batch)

    def _complete_refusal(self, batch: Batch) -> None:
        folder = self.folder / batch.batch
        for name in dict.fromkeys([*(file.file for file in batch.files), *batch.others]):
            _write_reason(folder / name, batch)
        for origin in batch.origins:
            if (path := self.inbox / origin.path).parent.is_dir():
                # For whoever may read the folder: it is their file, and a reason holds no values of rows.
                _write_reason(path, batch).chmod(0o644)
        self.clear(batch)
        target = self.quarantine / batch.batch
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.rmtree(target, ignore_errors=True)
        shutil.move(folder, target)


def _write_reason(path: Path, batch: Batch) -> Path:
    note = path.with_name(path.name + NOTE)
    note.write_text(f"{batch.reason}\n", encoding="utf-8")
    return note
