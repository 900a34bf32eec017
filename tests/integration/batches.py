"""A source that arrives in batches, its inbox, and one night after another, for the tests."""

import datetime as dt
import hashlib
import json
from pathlib import Path

from ibr.config import Source
from tests.integration.replication import Nights

MEMBERS = {"key": ["no"], "path": "members_{date:%Y%m%d}{version}.csv"}
PAYMENTS = {"path": "payments_{date:%Y%m%d}{version}.csv", "in_every_batch": False}
# What is replicated by a process that is killed.
KILLED = {"members": MEMBERS, "payments": PAYMENTS | {"in_every_batch": True}}


def inbox_source(**tables: dict) -> Source:
    return Source.model_validate(
        {"name": "MIS", "kind": "mis", "url": "inbox", "programs": ["AID"], "settle_minutes": 5, "tables": tables}
    )


class Inbox(Nights):
    """`drop` puts files into the inbox; `replicate` is one night, long enough after for files to have settled."""

    def __init__(self, home: Path, **tables: dict) -> None:
        super().__init__(home, "inbox", **(tables or {"members": MEMBERS}))
        self.source.limits.vanished_share = 1.0
        self.folder = home / "inbox" / "mis"
        self.folder.mkdir(parents=True, exist_ok=True)
        # Files are dropped now; nights are in days to come.
        self.first_night = dt.datetime.now(dt.UTC)

    def replicate(self, *, full: bool = False, begun: dt.datetime | None = None):
        self.night += 1
        at = begun or self.first_night + dt.timedelta(days=self.night)
        return self.run(f"night-{self.night}", at, full)

    def drop(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def members(self, date: str, *rows: str, version: str = "", header: str = "no,name") -> Path:
        return self.drop(f"members_{date.replace('-', '')}{version}.csv", "\n".join([header, *rows, ""]))

    def left(self) -> list[str]:
        """What lies in the inbox."""
        return sorted(str(p.relative_to(self.folder)) for p in self.folder.rglob("*") if p.is_file())


def manifest(date: str, **files: bytes | dict) -> str:
    """A manifest: table = content, or what is to be told of the file `<table>.csv`."""
    lines = [
        {"file": f"{table}.csv", "table": table, "sha256": hashlib.sha256(told).hexdigest()}
        if isinstance(told, bytes)
        else {"file": f"{table}.csv", "table": table, **told}
        for table, told in files.items()
    ]
    return json.dumps({"date": date, "files": lines})
