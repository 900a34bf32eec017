"""What a landing is: a source's snapshot as files, and the manifest that makes them one. `landing.py` makes it."""

import json
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pyarrow
from pyarrow import parquet

from ibr.errors import ContractBroken, WarehouseBusy
from pipelines.replication.adapters import Column, Figures
from pipelines.replication.inbox.store import BATCHES
from pipelines.replication.names import file_name
from pipelines.replication.writing import write_whole
from warehouse.connection import literal, quoted


@dataclass
class LandedTable:
    """One table of a landing. `mode`: full, incremental, or unchanged (then nothing was copied).

    `is_compared`: copied whole so that all of it is compared; `digest`: what its server then made of all rows
    (`Digesting`).
    """

    name: str
    mode: str
    rows: int
    columns: list[Column]
    figures: Figures
    since: str | None = None
    until: str | None = None
    position: str | None = None
    is_compared: bool = False
    digest: str | None = None


class LandingGone(WarehouseBusy):
    """A landing that a later one has taken the place of."""


@dataclass
class Landing:
    """A source's snapshot on disk.

    `after`: the run whose mirror it builds on; None where it copies all. Of a source that arrives in batches:
    `batches`, what this run has taken; `as_of`, the newest one's date.
    """

    source: str
    run_id: str
    folder: Path
    landed_at: str
    after: str | None = None
    batches: list[str] = field(default_factory=list)
    as_of: str | None = None
    tables: dict[str, LandedTable] = field(default_factory=dict)

    def rows_file(self, table: str) -> Path:
        return self.folder / f"{file_name(table)}.parquet"

    def keys_file(self, table: str) -> Path:
        return self.folder / f"{file_name(table)}.keys.parquet"

    def rows_of(self, table: str) -> str:
        """A FROM clause: the rows that were landed, in their types, and `file_row_number`."""
        columns = self.tables[table].columns
        return f"(SELECT *{_replaced(columns, as_text=False)} FROM {_read(self.rows_file(table))})"

    def keys_of(self, table: str, key: list[str]) -> str:
        """A FROM clause: the keys that were landed, in their types."""
        columns = [column for column in self.tables[table].columns if column.name in key]
        return f"(SELECT *{_replaced(columns, as_text=False)} FROM {_read(self.keys_file(table))})"

    @property
    def copied(self) -> dict[str, LandedTable]:
        """The tables that have a file: all but those of which nothing was written."""
        return {name: table for name, table in self.tables.items() if table.mode != "unchanged"}

    def write_manifest(self) -> None:
        content = {
            "source": self.source, "run_id": self.run_id, "landed_at": self.landed_at, "after": self.after,
            "batches": self.batches, "as_of": self.as_of, "tables": [asdict(table) for table in self.tables.values()],
        }  # fmt: skip
        write_whole(self.folder / "manifest.json", json.dumps(content, indent=1, default=str))

    @classmethod
    def read(cls, folder: Path) -> "Landing":
        """The landing in a folder.

        Raises LandingGone if there is none, ContractBroken if its files are not as they were written.
        """
        try:
            content = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            landing = cls(
                content["source"], content["run_id"], folder, content["landed_at"], after=content["after"],
                batches=content["batches"], as_of=content["as_of"],
            )  # fmt: skip
            for table in content["tables"]:
                table["columns"] = [Column(**column) for column in table["columns"]]
                table["figures"] = Figures(**table["figures"])
                landing.tables[table["name"]] = LandedTable(**table)
        except FileNotFoundError:
            raise LandingGone(
                f"the landing {folder.name} of source {folder.parent.name} is gone: another run has begun to copy the "
                "source anew, and its copy counts"
            ) from None
        except (ValueError, KeyError, TypeError):
            raise _damaged(folder, "manifest.json") from None
        for name, landed in landing.copied.items():
            _require_rows(landing, landing.rows_file(name), landed.rows)
        return landing


def as_landed(columns: list[Column]) -> str:
    """The SELECT list by which columns are written to a landing.

    Parquet keeps milliseconds of an interval, 32 bits of them, and none below nought: intervals are landed as text.
    """
    return f"*{_replaced(columns, as_text=True)}"


def _replaced(columns: list[Column], *, as_text: bool) -> str:
    kinds = {column.name: column.type for column in columns if column.is_interval}
    casts = [
        f"{quoted(name)}::{kind.replace('INTERVAL', 'VARCHAR') if as_text else kind} AS {quoted(name)}"
        for name, kind in kinds.items()
    ]
    return f" REPLACE ({', '.join(casts)})" if casts else ""


def _read(file: Path) -> str:
    return f"read_parquet({literal(str(file))}, file_row_number = true)"


def _require_rows(landing: Landing, file: Path, expected: int) -> None:
    """Raise ContractBroken unless a file can be opened and says it holds so many rows; reads its end alone."""
    # Not by a DuckDB of its own, which took a tenth of a second: of 80 programs each has several tables.
    try:
        found = parquet.read_metadata(file).num_rows
    except (OSError, pyarrow.ArrowException):
        found = None
    if found != expected:
        raise _damaged(landing.folder, file.name)


def _damaged(folder: Path, name: str) -> ContractBroken:
    return ContractBroken(
        f"source {folder.parent.name}: {name} of landing {folder.name} is not as it was written; run again, and the "
        "source is copied anew. If it happens again, have the disk looked at"
    )


def lock_file(home: Path, code: str) -> Path:
    """What a run holds while it copies a source, or merges what it copied."""
    return home / "landing" / code / "lock"


def prune(home: Path, code: str, keep: str | None) -> None:
    """Remove every landing of a source but the one named."""
    for folder in (home / "landing" / code).iterdir():
        if folder.is_dir() and folder.name not in (keep, BATCHES):
            shutil.rmtree(folder, ignore_errors=True)
