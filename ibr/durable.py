"""Files as they were written: what outlasts a power cut, and whether one is still the same."""

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

# Programs that copy give a file one of these names until it is whole.
UNFINISHED = (".part", ".partial", ".filepart", ".tmp", ".crdownload", ".download")


class Signature(NamedTuple):
    """What tells whether a file is still the same: its size in bytes, and when it was modified and changed."""

    size: int
    modified_ns: int
    changed_at: float


def signature(path: Path) -> Signature:
    """The signature of a file as it is now. Raises FileNotFoundError."""
    # Copying may carry over the time of modification, from another clock or before the last byte is there. The time of
    # change is this machine's own, and moves with every byte.
    stat = path.stat()
    return Signature(stat.st_size, stat.st_mtime_ns, stat.st_ctime)


def on_disk(path: Path) -> None:
    """Return when a file, or the names in a folder, would outlast a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
