"""How far each table's mirror has come, for the next landing: `landing/<source>/watermarks.json`.

Written after a merge is committed. Where it is not there or cannot be read, the next landing copies everything.
"""

import datetime as dt
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from ibr.config import Table
from pipelines.replication.adapters import Column
from pipelines.replication.writing import write_whole


@dataclass(frozen=True)
class Watermark:
    """How far a table's mirror has come, and the shape it had then.

    `until`: the largest value of the cursor; `position`: the source's own (`Adapter.position`); `rows`: what the source
    had; `compared_at`: when the whole table was last compared, ISO 8601; `definition`: what registry.yml said of it;
    `hashed_like`: DuckDB's hash of a known value when all rows were last hashed.
    """

    columns: list[str]
    rows: int
    compared_at: str
    definition: str
    until: str | None = None
    position: str | None = None
    hashed_like: str | None = None

    def fits(self, table: Table, columns: list[Column]) -> bool:
        """Whether the mirror can be built on: a new column, another key, cursor or filter ask for the whole table."""
        return [c.name for c in columns] == self.columns and self.definition == definition_of(table)

    def is_due(self, at: dt.datetime, compare_days: int) -> bool:
        """Whether the table is to be compared whole again. A comparison in the future was dated by a wrong clock."""
        passed = at - dt.datetime.fromisoformat(self.compared_at)
        return not dt.timedelta(0) <= passed < dt.timedelta(days=compare_days)


@dataclass(frozen=True)
class Watermarks:
    """A source's watermarks. `merged`: the run whose merge they describe; mirrors that another run left are not those
    that they mean. `is_doubted`: a later merge failed, so everything is to be copied and compared."""

    merged: str | None = None
    tables: dict[str, Watermark] = field(default_factory=dict)
    is_doubted: bool = False


def definition_of(table: Table) -> str:
    """What of a table's configuration decides which rows its mirror holds, and how they are told apart."""
    decisive = {"key", "cursor", "filter", "path", "encoding", "sheet", "columns", "deleted", "without"}
    return table.model_dump_json(include=decisive)


def read_watermarks(home: Path, code: str) -> Watermarks:
    """How far each table's mirror has come; empty when unknown."""
    try:
        content = json.loads(_file(home, code).read_text(encoding="utf-8"))
        tables = {name: Watermark(**fields) for name, fields in content["tables"].items()}
        return Watermarks(content["merged"], tables, content["is_doubted"])
    except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError):
        return Watermarks()


def write_watermarks(home: Path, code: str, watermarks: Watermarks) -> None:
    """Remember how far the mirror has come, after its transaction is committed."""
    write_whole(_file(home, code), json.dumps(asdict(watermarks), indent=1))


def doubt_watermarks(home: Path, code: str) -> None:
    """Make the next landing of a source copy and compare everything."""
    try:
        write_watermarks(home, code, replace(read_watermarks(home, code), is_doubted=True))
    except OSError:  # the disk may be full
        forget_watermarks(home, code)


def forget_watermarks(home: Path, code: str) -> None:
    """Make the next landing of a source a full one, whose mirror nothing is known of."""
    _file(home, code).unlink(missing_ok=True)


def _file(home: Path, code: str) -> Path:
    return home / "landing" / code / "watermarks.json"
