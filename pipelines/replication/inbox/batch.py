"""A batch, as the registry remembers it: `.batch.json` beside its files."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Literal

from pipelines.replication.writing import write_whole

DESCRIPTION = ".batch.json"  # no file of a sender is called so: names with a dot in front are passed over


class State(StrEnum):
    """How far a batch has come. Taken: copied and not yet merged."""

    TAKEN = "taken"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass
class BatchFile:
    """One file for one table. `rows`: as its manifest says, else as they were found; None while nobody counted."""

    file: str
    table: str
    sends: Literal["full", "changes"]
    size: int
    sha256: str
    rows: int | None = None


@dataclass(frozen=True)
class Origin:
    """A file in the inbox as it was when it was copied: only that one is removed again."""

    path: str
    size: int
    modified_ns: int


@dataclass
class Batch:
    """A set of files of one date. A correction of a date has a higher version."""

    batch: str
    date: str | None
    version: int
    state: State
    received_at: str
    files: list[BatchFile] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    origins: list[Origin] = field(default_factory=list)
    reason: str | None = None

    @property
    def order(self) -> tuple[str, int, str]:
        """What batches are applied in the order of."""
        return self.date or "", self.version, self.batch

    @property
    def day(self) -> dt.date | None:
        return dt.date.fromisoformat(self.date) if self.date else None

    def of_table(self, table: str) -> list[BatchFile]:
        return [file for file in self.files if file.table == table]

    def write(self, folder: Path) -> None:
        write_whole(folder / DESCRIPTION, json.dumps(asdict(self), indent=1))

    @classmethod
    def read(cls, folder: Path) -> "Batch":
        """The batch in a folder; raises FileNotFoundError where there is none."""
        content = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        content["state"] = State(content["state"])
        content["files"] = [BatchFile(**file) for file in content["files"]]
        content["origins"] = [Origin(**origin) for origin in content["origins"]]
        return cls(**content)


def batch_name(date: dt.date | None, version: int, contents: Iterable[str]) -> str:
    """A name by date, version and content: the same batch sent twice has the same."""
    digest = hashlib.blake2b("\n".join(sorted(contents)).encode(), digest_size=4).hexdigest()
    numbered = f"-v{version}" if version > 1 else ""
    return f"{date.isoformat() if date else 'undated'}{numbered}-{digest}"


def history_of(batches: list[Batch], table: str) -> list[tuple[Batch, list[BatchFile]]]:
    """The batches that say what a table holds now: the last full one, and the changes after it, oldest first."""
    history: list[tuple[Batch, list[BatchFile]]] = []
    for batch in batches:
        files = batch.of_table(table)
        if any(file.sends == "full" for file in files):
            history = []
        if files:
            history.append((batch, files))
    return history
