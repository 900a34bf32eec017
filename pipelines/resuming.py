"""Where a run that did not come to its end goes on: what it was told, less what it had done."""

import datetime as dt
from dataclasses import dataclass, replace

import duckdb

from ibr.config import STAGES, Registry, Stage

_LAST = "SELECT run_id, stages, sources, reporting_date, full_refresh FROM ops.run_requests ORDER BY started_at DESC"
_DONE = """
    SELECT stage, source FROM ops.runs WHERE run_id = ?
    QUALIFY row_number() OVER (PARTITION BY stage, source ORDER BY ended_at DESC) = 1 AND status = 'success'
"""


@dataclass(frozen=True)
class Request:
    """What a run was told: stages, and the sources that it copies or asks where `replicate` is among them."""

    run_id: str
    stages: tuple[Stage, ...]
    sources: tuple[str, ...]
    reporting_date: dt.date
    full_refresh: bool

    @property
    def place(self) -> str:
        """Where it begins, in words."""
        first = self.stages[0]
        return f"{first} ({', '.join(self.sources)})" if first == "replicate" else first


def note(con: duckdb.DuckDBPyConnection, request: Request, started: dt.datetime) -> None:
    """Write what a run was told, at its start: however it ends, the next can go on from there."""
    con.execute(
        "INSERT INTO ops.run_requests VALUES (?, ?, ?, ?, ?, ?)",
        [
            request.run_id, started, list(request.stages), list(request.sources), request.reporting_date,
            request.full_refresh,
        ],
    )  # fmt: skip


def left_of_last_run(con: duckdb.DuckDBPyConnection, registry: Registry) -> Request | None:
    """What the last run left undone; None where it did all, or there was none.

    A source that was not copied is copied, and all that the run was told to make of the mirrors is made again; else it
    goes on with the first stage that did not end well.
    """
    row = con.execute(_LAST).fetchone()
    if row is None:
        return None
    last = Request(row[0], tuple(row[1]), tuple(row[2]), row[3], row[4])
    done = set(con.execute(_DONE, [last.run_id]).fetchall())
    sources = tuple(
        code for code in last.sources if ("replicate", code) not in done and code in registry.sources
    )
    if sources:
        return replace(last, sources=sources)
    built = [stage for stage in STAGES if stage in last.stages and stage != "replicate"]
    undone = [stage for stage in built if not all((name, None) in done for name in _written_by(stage, registry))]
    if not undone:
        return None
    return replace(last, stages=tuple(built[built.index(undone[0]):]), sources=())


def _written_by(stage: Stage, registry: Registry) -> tuple[str, ...]:
    """The rows of ops.runs by which a stage is known to be done."""
    return ("publish", "serve") if stage == "publish" and registry.serving else (stage,)
