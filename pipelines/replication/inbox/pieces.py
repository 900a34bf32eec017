"""What lies in an inbox: files, and the members of zip files, each as something to be copied from."""

import hashlib
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO

from ibr.durable import UNFINISHED, signature

# Systems leave files of these names behind.
_LEFT_BEHIND = ("~$", ".", "Thumbs.db", "desktop.ini")
NOTE = ".reason.txt"

# A zip that holds more than so many times its size, and so many bytes, was made to fill a disk.
_MOST_TIMES, _MUCH = 200, 1 << 30


class UnusableZip(Exception):
    """A zip that cannot be opened or should not be, in words."""


@dataclass(frozen=True)
class Piece:
    """A file in the inbox (`place`), or a member of one that is a zip."""

    name: str
    place: Path
    size: int
    modified_ns: int
    changed_at: float
    member: str | None = None

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """Its bytes. Raises UnusableZip for a member that is damaged."""
        if self.member is None:
            with self.place.open("rb") as file:
                yield file
        else:
            try:
                with zipfile.ZipFile(self.place) as packed, packed.open(self.member) as file:
                    yield file
            except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
                raise UnusableZip(
                    f"{self.name} in {self.place.name} is damaged; make the zip and send it again"
                ) from None

    @property
    def whole(self) -> "Piece":
        """The file itself; of a member, the zip that it is in."""
        return replace(self, name=self.place.name, size=self.place.stat().st_size, member=None) if self.member else self

    def is_unchanged(self) -> bool:
        """Whether the file is still the one that was looked at."""
        try:
            size, modified, changed = signature(self.place)
        except FileNotFoundError:
            return False
        same_size = self.member is not None or size == self.size
        return same_size and (modified, changed) == (self.modified_ns, self.changed_at)


def pieces_in(folder: Path) -> list[Piece]:
    """The whole files of a folder, without those that are still being copied, and without links."""
    found = []
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or not path.is_file() or _is_passed_over(path.name):
            continue
        try:
            size, modified, changed = signature(path)
        except FileNotFoundError:  # taken away at this moment
            continue
        found.append(Piece(path.name, path, size, modified, changed))
    return found


def pieces_of_zip(packed: Piece) -> list[Piece]:
    """The files in a zip, by their names without folders. Raises UnusableZip."""
    try:
        with zipfile.ZipFile(packed.place) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
    except (zipfile.BadZipFile, NotImplementedError):
        raise UnusableZip(f"{packed.name} cannot be opened as a zip; make it and send it again") from None
    if any(member.flag_bits & 1 for member in members):
        raise UnusableZip(f"{packed.name} is protected by a password; send it without, over a protected way")
    whole = sum(member.file_size for member in members)
    if whole > _MUCH and whole > _MOST_TIMES * packed.size:
        raise UnusableZip(f"{packed.name} would unpack to {whole:,} bytes; send the files as they are")
    paths = [(PurePosixPath(member.filename.replace("\\", "/")), member) for member in members]
    kept = [
        (path.name, member)
        for path, member in paths
        if "__MACOSX" not in path.parts and path.name and not _is_passed_over(path.name)
    ]
    names = [name.lower() for name, _ in kept]
    if alike := [name for name, _ in kept if names.count(name.lower()) > 1]:
        raise UnusableZip(f"{packed.name} holds {alike[0]} more than once, in several folders; send one batch a zip")
    return [
        Piece(name, packed.place, member.file_size, packed.modified_ns, packed.changed_at, member.filename)
        for name, member in kept
    ]


def _is_passed_over(name: str) -> bool:
    return name.lower().endswith((*UNFINISHED, NOTE)) or name.startswith(_LEFT_BEHIND)


def copy_hashed(piece: Piece, target: Path) -> str:
    """Copy a piece's bytes to a file of its owner's alone, on the disk for good; returns their SHA-256.

    Raises UnusableZip for a member of a zip that is damaged.
    """
    with piece.opened() as given, target.open("wb") as written:
        target.chmod(0o600)
        shutil.copyfileobj(given, hashing := _Hashing(written), 1 << 20)
        written.flush()
        os.fsync(written.fileno())
    return hashing.digest.hexdigest()


def sha256_of(piece: Piece) -> str:
    """The SHA-256 of a piece's bytes as they are now."""
    with piece.opened() as file:
        digest = hashlib.sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


class _Hashing:
    """A file that takes a digest of what is written to it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.digest = file, hashlib.sha256()

    def write(self, block: bytes) -> int:
        self.digest.update(block)
        return self._file.write(block)
