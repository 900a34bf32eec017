"""Which sources keep an older mirror, and why.

One small file a source, so that extraction never opens the warehouse.
"""

import datetime as dt
import json
from collections.abc import Iterable
from pathlib import Path

import duckdb

from ibr.config import Registry
from ibr.errors import IbrError, WarehouseBusy
from pipelines.replication.inbox import register
from pipelines.replication.writing import write_whole


def note_failure(home: Path, code: str, run_id: str, error: IbrError) -> None:
    """Remember that a source could not be brought up to date in a run; not where another run is doing just that."""
    if isinstance(error, WarehouseBusy):
        return
    content = {"run_id": run_id, "exit_code": error.exit_code, "message": str(error)}
    write_whole(_file(home, code), json.dumps(content))


def clear(home: Path, code: str) -> None:
    """The source is up to date again."""
    _file(home, code).unlink(missing_ok=True)


def failures(home: Path, codes: Iterable[str]) -> dict[str, dict]:
    """The sources whose last attempt failed, with run_id, exit_code and message."""
    found = {code: _read(_file(home, code)) for code in codes}
    return {code: failure for code, failure in found.items() if failure}


def _read(file: Path) -> dict | None:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return {name: content[name] for name in ("run_id", "exit_code", "message")}
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError):
        return {"run_id": "", "exit_code": 1, "message": "its last attempt failed, and why cannot be read any more"}


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
            "WHERE source = ? AND last_good_at < ?",
            [code, now - source.promise],
        )
    for code, failure in failures(home, registry.sources).items():
        con.execute(
            "UPDATE ops.sources SET is_stale = true, stale_reason = ?, last_run_id = ? WHERE source = ?",
            [failure["message"], failure["run_id"], code],
        )


def _file(home: Path, code: str) -> Path:
    return home / "landing" / code / "failure.json"
