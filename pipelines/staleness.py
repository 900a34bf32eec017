"""Which sources keep an older mirror, and why.

One small file a source, so that extraction never opens the warehouse.
"""

import datetime as dt
import json
from collections.abc import Iterable
from pathlib import Path

import duckdb

from ibr.config import Registry
from ibr.errors import IbrError
from pipelines.replication.inbox import register
from pipelines.replication.writing import write_whole


def note_failure(home: Path, code: str, run_id: str, error: IbrError) -> None:
    """Remember that a source could not be brought up to date in a run."""
    content = {"run_id": run_id, "exit_code": error.exit_code, "message": str(error)}
    write_whole(_file(home, code), json.dumps(content))


def clear(home: Path, code: str) -> None:
    """The source is up to date again."""
    _file(home, code).unlink(missing_ok=True)


def failures(home: Path, codes: Iterable[str]) -> dict[str, dict]:
    """The sources whose last attempt failed, with run_id, exit_code and message."""
    return {code: json.loads(_file(home, code).read_text()) for code in codes if _file(home, code).is_file()}


def failed_in(home: Path, code: str, run_id: str) -> bool:
    """Whether a source's last attempt was in this run, and failed."""
    failure = failures(home, [code]).get(code)
    return failure is not None and failure["run_id"] == run_id


def record(con: duckdb.DuckDBPyConnection, home: Path, registry: Registry, now: dt.datetime) -> None:
    """Bring to `ops.sources`, where models read it, which sources keep an older mirror than was promised, and why."""
    con.execute("UPDATE ops.sources SET is_stale = false, stale_reason = NULL WHERE is_stale")
    for code, source in registry.sources.items():
        con.execute("UPDATE ops.sources SET freshness_days = ? WHERE source = ?", [source.freshness_days, code])
        if source.is_inbox:
            register.record_refused(con, home, code)
    con.execute(
        "UPDATE ops.sources SET is_stale = true, stale_reason = 'its mirror is of ' || "
        "strftime(last_good_at, '%Y-%m-%d') || ', older than the ' || freshness_days || ' day(s) promised' "
        # A night that starts some minutes later than the last is no broken promise.
        "WHERE last_good_at < ?::TIMESTAMPTZ - to_days(freshness_days) - INTERVAL 12 HOUR",
        [now],
    )
    for code, failure in failures(home, registry.sources).items():
        con.execute(
            "UPDATE ops.sources SET is_stale = true, stale_reason = ?, last_run_id = ? WHERE source = ?",
            [failure["message"], failure["run_id"], code],
        )


def _file(home: Path, code: str) -> Path:
    return home / "landing" / code / "failure.json"
