"""The manifest that says what was sent."""

import hashlib
import json
from pathlib import Path
from typing import Any


def write_manifest(folder: Path, content: dict[str, Any]) -> str:
    """Write `manifest.json` with `content` and the SHA-256 of every file in the folder; returns the manifest's own."""
    sums = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}
    text = (json.dumps({**content, "sha256": sums}, indent=1, default=str) + "\n").encode()
    (folder / "manifest.json").write_bytes(text)
    return hashlib.sha256(text).hexdigest()
