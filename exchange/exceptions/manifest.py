"""The manifest that says what was sent."""

import hashlib
import json
from pathlib import Path
from typing import Any

from ibr.durable import sha256_of


def write_manifest(folder: Path, content: dict[str, Any]) -> str:
    """Write `manifest.json` with `content` and the SHA-256 of every file in the folder; returns the manifest's own."""
    sums = {file.name: sha256_of(file) for file in sorted(folder.iterdir())}
    text = (json.dumps({**content, "sha256": sums}, indent=1, default=str) + "\n").encode()
    (folder / "manifest.json").write_bytes(text)
    return hashlib.sha256(text).hexdigest()
