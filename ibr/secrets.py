"""Secrets that registry.yml names as ${NAME}: from the environment, a service manager's credentials (systemd's
`LoadCredential=`), or a key file outside the workspace; the first that has it."""

import hashlib
import os
from pathlib import Path

from ibr.errors import ConfigurationProblem


def key_file(home: Path, name: str) -> Path:
    """Where a workspace's secret is kept: a folder of its own in `$IBR_KEYS`, by default ~/.config/ibr/keys."""
    base = Path(os.environ.get("IBR_KEYS") or Path.home() / ".config" / "ibr" / "keys")
    workspace = hashlib.blake2b(str(home.resolve()).encode(), digest_size=6).hexdigest()
    return base / f"{home.resolve().name}-{workspace}" / name


def is_given(name: str) -> bool:
    """Whether a secret comes from outside, and so cannot be changed from here."""
    return name in os.environ or _credential(name) is not None


def find(home: Path, name: str) -> str | None:
    """The secret, or None where nobody set it.

    Raises ConfigurationProblem for a key file that others than its owner may read.
    """
    if name in os.environ:
        return os.environ[name]
    if credential := _credential(name):
        return credential.read_text(encoding="utf-8").rstrip("\n")
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


def _credential(name: str) -> Path | None:
    """Where systemd put a credential for this service alone, in memory."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    path = Path(folder) / name if folder else None
    return path if path and path.is_file() else None
