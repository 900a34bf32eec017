"""Encryption at rest: the key that a DuckDB file is written and read under.

Whether a file is encrypted is said by the registry.yml of the workspace that it lies in. It is asked by the file's
place, not handed from caller to caller: whoever forgot to hand it on would write people's data in the clear.
"""

import hashlib
import hmac
from pathlib import Path

from ibr.config import load_encryption

_HEADER = 64  # bytes: those of DuckDB's main header that are looked at
_MAGIC, _FLAGS = slice(8, 12), 20  # where it says that it is DuckDB's, and whether what follows is encrypted
_PUBLISHED = "published"


def key_of(file: Path, home: Path | None = None) -> str | None:
    """The key of a file; None where its workspace encrypts nothing, or it lies in none.

    The warehouse goes by the key of `encryption` in registry.yml; what is published by a key of its own for each
    audience. `home`: the workspace whose key files are meant, where the file is a copy of it.
    Raises ConfigurationProblem where the key is not set, or is none.
    """
    for folder in file.absolute().parents:
        settings = folder / "registry.yml"
        # Most files lie in the clear, and are opened often: the settings are not parsed for them.
        if settings.is_file() and "encryption" in settings.read_text(encoding="utf-8", errors="replace"):
            found = load_encryption(settings, home or folder)
            if found is not None:
                master = found.key.get_secret_value().strip()
                inside = file.absolute().relative_to(folder).parts
                return audience_key(master, file.stem) if inside[0] == _PUBLISHED else master
    return None


def audience_key(master: str, audience: str) -> str:
    """The key of an audience's files, the secretariat's too: made of the workspace's, which it does not give away."""
    return hmac.new(master.encode(), f"publication of {audience}".encode(), hashlib.sha256).hexdigest()


def is_encrypted(file: Path) -> bool:
    """Whether a DuckDB file is encrypted; False for one that is none."""
    with file.open("rb") as opened:
        header = opened.read(_HEADER)
    return header[_MAGIC] == b"DUCK" and len(header) > _FLAGS and bool(header[_FLAGS] & 1)
