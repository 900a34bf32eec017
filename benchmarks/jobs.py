"""One piece of work for one engine, as a file can hold it: what a measured process is given."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Job:
    """Deduplicate `records`, or, where there is a `register`, match them to it.

    `data`: the data set's name, by which a peer chooses its model. `records`, `register`: Parquet, the register
    possibly a pattern of files. `columns` by role. `options` are our engine's (join_probability, compare_clusters).
    `memory_limit`: DuckDB's, such as "2GB"; None for DuckDB's own default.
    """

    engine: str
    data: str
    records: str
    record_id: str
    columns: dict[str, Any]
    source: str | None = None
    register: str | None = None
    register_id: str | None = None
    register_columns: dict[str, Any] | None = None
    options: dict[str, Any] = field(default_factory=dict)
    memory_limit: str | None = None

    def write(self, path: Path) -> None:
        """As JSON."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "Job":
        """From JSON."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))

    @property
    def key(self) -> str:
        """The same for the same job: it is measured once in a run, whichever rows want it."""
        return json.dumps(asdict(self), sort_keys=True)
