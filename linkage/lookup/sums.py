"""Whether an index is as it was built: its files are mapped into memory, and damage in them would be wrong answers."""

import json
from pathlib import Path

from ibr.durable import sha256_of

_FILE = "sums.json"


def write_sums(folder: Path) -> None:
    """Note the SHA-256 of every file of an index."""
    (folder / _FILE).write_text(json.dumps(_sums(folder), indent=1) + "\n", encoding="utf-8")


def require_whole(folder: Path) -> None:
    """Raises ValueError where a file is missing or not as it was written; a second for each 1.5 GB."""
    if json.loads((folder / _FILE).read_text(encoding="utf-8")) != _sums(folder):
        raise ValueError("the index is damaged")


def _sums(folder: Path) -> dict[str, str]:
    return {file.name: sha256_of(file) for file in sorted(folder.iterdir()) if file.name != _FILE}
