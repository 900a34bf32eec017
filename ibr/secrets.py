"""Secrets that registry.yml names as ${NAME}: from the environment, else from a key file outside the workspace."""

import hashlib
import os
from pathlib import Path

from ibr.errors import ConfigurationProblem


def key_file(home: Path, name: str) -> Path:
    """Where a workspace's secret is kept: a folder of its own in `$IBR_KEYS`, by default ~/.config/ibr/keys."""
    base = Path(os.environ.get("IBR_KEYS") or Path.home() / ".config" / "ibr" / "keys")
    workspace = hashlib.blake2b(str(home.resolve()).encode(), digest_size=6).hexdigest()
    return base / f"{home.resolve().name}-{workspace}" / name


def find(home: Path, name: str) -> str | None:
    """The secret, or None where nobody set it.

    Raises ConfigurationProblem for a key file that others than its owner may read.
    """
    if name in os.environ:
        return os.environ[name]
    path = key_file(home, name)
    if not path.is_file():
        return None
    if path.stat().st_mode & 0o077:
        raise ConfigurationProblem(f"key file {path} may be read by others than its owner; chmod 600 it")
    return path.read_text(encoding="utf-8").rstrip("\n")


def keep(home: Path, name: str, secret: str) -> Path:
    """Write a secret to its key file, readable by its owner alone, and return where that is."""
    path = key_file(home, name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_name(path.name + ".part")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)
    partial.write_text(secret + "\n", encoding="utf-8")
    partial.replace(path)
    return path
