"""Where the two copies of the log lie."""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import yaml

from ibr.yaml_files import read

FOLDER, COPY_FOLDER = "audit", "audit-copy"
_LOG, _LISTS = "events.jsonl", "subjects"


class Place(NamedTuple):
    """A folder with one copy."""

    folder: Path

    @property
    def log(self) -> Path:
        return self.folder / _LOG

    @property
    def lists_folder(self) -> Path:
        return self.folder / _LISTS

    @property
    def lists(self) -> list[Path]:
        """The lists of subjects that are there."""
        return sorted(self.lists_folder.glob("*.txt.gz"))

    def subjects(self, sha256: str) -> Path:
        """The list of subjects that has this sum."""
        return self.lists_folder / f"{sha256}.txt.gz"


class Places(NamedTuple):
    """Both copies: the first is read, the second stands beside it."""

    first: Place
    second: Place


def places(home: Path) -> Places:
    """`audit/` of the workspace, and what `audit: {copy_to: PATH}` of registry.yml names, else `audit-copy/`.

    Only that setting is read: an event is written also where the rest of the file is wrong.
    """
    settings = home / "registry.yml"
    changed = settings.stat().st_mtime_ns if settings.is_file() else 0
    return Places(Place(home / FOLDER), Place(home / (_copy_to(settings, changed) or COPY_FOLDER)))


@lru_cache(maxsize=8)
def _copy_to(settings: Path, changed: int) -> str | None:
    if not changed:
        return None
    try:
        content = read(settings.read_text(encoding="utf-8"))
    except yaml.YAMLError:
        return None
    audit = content.get("audit") if isinstance(content, dict) else None
    copy_to = audit.get("copy_to") if isinstance(audit, dict) else None
    return copy_to if isinstance(copy_to, str) else None
