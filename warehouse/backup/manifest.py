"""What a backup consists of, as a file that says its own sum."""

import datetime as dt
import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FORMAT = 1


@dataclass(frozen=True)
class File:
    """A file of a backup. `path`: in the workspace; `size`: bytes; `mode`: who may read it; `seen`: size, times of
    change (ns) of the file that was read, by which the next backup knows it again; `parts`: the sums of its parts in
    order; `link`: where it points, if it is a link (then it has no content)."""

    path: str
    size: int = 0
    mode: int = 0o600
    sha256: str = ""
    seen: tuple[int, ...] = ()
    parts: tuple[str, ...] = ()
    link: str | None = None


@dataclass(frozen=True)
class Held:
    """A publication that a backup holds. `published_at`: ISO 8601."""

    version: str
    published_at: str
    is_current: bool


@dataclass(frozen=True)
class Manifest:
    """A backup. `backup`: its name, by which backups sort by age; `taken_at`: ISO 8601; `workspace`: where it was;
    `versions`: of the programs that wrote it; `audit_head`: the last event that it holds."""

    backup: str
    taken_at: str
    workspace: str
    versions: dict[str, str]
    audit_head: str
    publications: list[Held]
    files: list[File]
    format: int = FORMAT

    @property
    def bytes(self) -> int:
        """The size of all files, restored."""
        return sum(file.size for file in self.files)

    @property
    def parts(self) -> set[str]:
        """The sums of all parts."""
        return {part for file in self.files for part in file.parts}

    @property
    def day(self) -> dt.date:
        """The day (UTC) on which it was taken."""
        return dt.datetime.fromisoformat(self.taken_at).date()

    def text(self) -> str:
        """The manifest as it is written: its content, and the sum of that."""
        content = asdict(self)
        return json.dumps({"sha256": _sum(content), **content}, indent=0) + "\n"

    @classmethod
    def read(cls, path: Path) -> "Manifest":
        """Raises ValueError, saying what is wrong, for a file that is not as it was written."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            stated = content.pop("sha256")
        except (ValueError, KeyError, AttributeError, TypeError):
            raise ValueError("is cut off or no manifest") from None
        if stated != _sum(content):
            raise ValueError("was altered: its content has not the sum that it says")
        if content["format"] != FORMAT:
            raise ValueError(f"has format {content['format']}, and this version of ibr reads {FORMAT}")
        content["publications"] = [Held(**one) for one in content["publications"]]
        content["files"] = [_file(one) for one in content["files"]]
        return cls(**content)


def _file(content: dict[str, Any]) -> File:
    return File(**content | {"seen": tuple(content["seen"]), "parts": tuple(content["parts"])})


def _sum(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, separators=(",", ":"), sort_keys=True).encode()).hexdigest()
