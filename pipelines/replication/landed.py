"""What a landing is: a source's snapshot as files, and the manifest that makes them one. `landing.py` makes it."""

import json
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path

import duckdb

from ibr.errors import ContractBroken, WarehouseBusy
from pipelines.replication.adapters import Column, Figures
from pipelines.replication.inbox.store import BATCHES
from pipelines.replication.names import file_name
from pipelines.replication.writing import write_whole


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


def _require_rows(landing: Landing, file: Path, expected: int) -> None:
    """Raise ContractBroken unless a file can be opened and says it holds so many rows; reads its end alone."""
    try:
        with duckdb.connect() as con:
            found = con.execute("SELECT count(*) FROM read_parquet(?)", [str(file)]).fetchone()
    except duckdb.Error:
        found = None
    if found != (expected,):
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
