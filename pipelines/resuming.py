"""Where a run that did not come to its end goes on: what it was told, less what it had done."""

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, replace

import duckdb

from ibr.config import STAGES, Registry, Stage
from ibr.errors import UsageProblem
from ibr.workspace import Workspace
from pipelines import audited
from pipelines.dbt import PROJECT_DIR

_LAST = """
    SELECT run_id, stages, sources, reporting_date, full_refresh, settings, started_at FROM ops.run_requests
    ORDER BY rowid DESC LIMIT 1
"""
# What Dagster's daemon runs notes no request.
_BUILT_SINCE = """
    SELECT run_id FROM ops.runs
    WHERE ended_at > ? AND stage IN ('registry', 'link', 'marts', 'exceptions')
        AND run_id NOT IN (SELECT run_id FROM ops.run_requests)
    ORDER BY ended_at DESC LIMIT 1
"""
_DONE = """
    SELECT stage, source FROM ops.runs WHERE run_id = ?
    QUALIFY row_number() OVER (PARTITION BY stage, source ORDER BY ended_at DESC) = 1 AND status = 'success'
"""


@dataclass(frozen=True)
class Request:
    """What a run was told: stages, and the sources that it copies where `replicate` is among them; `settings`: a sum of
    what was set when it began."""

    run_id: str
    stages: tuple[Stage, ...]
    sources: tuple[str, ...]
    reporting_date: dt.date
    full_refresh: bool
    settings: str

    @property
    def place(self) -> str:
        """Where it begins, in words."""
        first = self.stages[0]
        return f"{first} ({', '.join(self.sources)})" if first == "replicate" else first


def note(con: duckdb.DuckDBPyConnection, request: Request, started: dt.datetime) -> None:
    """Write what a run was told, at its start: however it ends, the next can go on from there."""
    con.execute(
        "INSERT INTO ops.run_requests VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            request.run_id, started, list(request.stages), list(request.sources), request.reporting_date,
            request.full_refresh, request.settings,
        ],
    )  # fmt: skip


def settings_of(workspace: Workspace) -> str:
    """A sum of all that people set: registry.yml, audiences, words, rules and models."""
    models = [file for kind in ("models", "macros") for file in sorted((PROJECT_DIR / kind).rglob("*.*"))]
    told = audited.sums(workspace.home, workspace.registry_file) | {"models": audited.sum_of(models)}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def left_of_last_run(con: duckdb.DuckDBPyConnection, registry: Registry, settings: str) -> Request | None:
    """What the last run left undone; None where it did all, or there was none.

    A source that was not copied is copied, and all that the run was told to make of the mirrors is made again; else it
    goes on with the first stage that did not end well. Where something else is set now (`settings_of`), everything up
    to the run's last stage is done again. Raises UsageProblem where a run that Dagster started has built since.
    """
    row = con.execute(_LAST).fetchone()
    if row is None:
        return None
    last = Request(row[0], tuple(row[1]), tuple(row[2]), *row[3:6])
    if since := con.execute(_BUILT_SINCE, [row[6]]).fetchone():
        raise UsageProblem(
            f"run {since[0]}, which Dagster started, has built since run {last.run_id}; if it failed it is gone on "
            "with at Dagster's page (\"Re-execute from failure\"), or `ibr run` begins anew"
        )
    done = set(con.execute(_DONE, [last.run_id]).fetchall())
    sources = tuple(
        code for code in last.sources if ("replicate", code) not in done and code in registry.sources
    )
    built: list[Stage] = [stage for stage in STAGES if stage in last.stages and stage != "replicate"]
    undone = [stage for stage in built if not all((name, None) in done for name in _written_by(stage, registry))]
    if not sources and not undone:
        return None
    if settings != last.settings:
        end = max(STAGES.index(stage) for stage in last.stages)
        return replace(last, stages=STAGES[: end + 1], sources=tuple(registry.sources))
    if sources:
        return replace(last, sources=sources)
    return replace(last, stages=tuple(built[built.index(undone[0]):]), sources=())


def _written_by(stage: Stage, registry: Registry) -> tuple[str, ...]:
    """The rows of ops.runs by which a stage is known to be done."""
    if stage == "exceptions":
        return "exceptions", "shares"
    return ("publish", "serve") if stage == "publish" and registry.serving else (stage,)
