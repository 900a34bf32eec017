"""Lists of who may use the service: files outside the workspace, written by commands, read by a running service."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Generic, TypeVar

from ibr import secrets
from ibr.errors import ConfigurationProblem

Entry = TypeVar("Entry")


class Kept(Generic[Entry]):
    """The list of that name. `read`: an entry from its JSON; `command`: what writes it."""

    def __init__(self, name: str, read: Callable[[dict[str, Any]], Entry], command: str) -> None:
        self._name, self._read, self._command = name, read, command

    def file(self, home: Path) -> Path:
        """Where it is kept."""
        return secrets.key_file(home, self._name)

    def all(self, home: Path) -> list[Entry]:
        """Its entries; ConfigurationProblem for a file that others may read or that is not as we wrote it."""
        text = secrets.find(home, self._name)
        try:
            return [self._read(one) for one in json.loads(text or "[]")]
        except (ValueError, TypeError, KeyError):
            raise ConfigurationProblem(
                f"{self.file(home)} is not as `{self._command} add` writes it; put it back, or remove it and begin anew"
            ) from None

    def write(self, home: Path, entries: Sequence[Any]) -> None:
        """Put these in the place of those there are."""
        secrets.keep(home, self._name, json.dumps([asdict(one) for one in entries]))


class Watched(Generic[Entry]):
    """A list as it is now: read again when its file changes."""

    def __init__(self, home: Path, kept: Kept[Entry]) -> None:
        self._home, self._kept, self._read_at = home, kept, -1
        self._entries: list[Entry] = []

    def all(self) -> list[Entry]:
        """Its entries. Errors as `Kept.all`."""
        path = self._kept.file(self._home)
        changed = path.stat().st_mtime_ns if path.is_file() else 0
        if changed != self._read_at:
            self._entries, self._read_at = self._kept.all(self._home), changed
        return self._entries
