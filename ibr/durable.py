"""Files as they were written: what outlasts a power cut, and whether one is still the same."""

import hashlib
import os
from pathlib import Path


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
