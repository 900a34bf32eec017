"""What outlasts a power cut."""

import os
from pathlib import Path


def on_disk(path: Path) -> None:
    """Return when a file, or the names in a folder, would outlast a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
