"""Which sources keep an older mirror, and why.

One small file a source, so that extraction never opens the warehouse.
"""

import json
from pathlib import Path

import duckdb

from ibr.errors import IbrError


def note_failure(home: Path, code: str, run_id: str, error: IbrError) -> None:
    """Remember that a source could not be brought up to date in a run."""
    path = _file(home, code)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_text(json.dumps({"run_id": run_id, "exit_code": error.exit_code, "message": str(error)}))


def clear(home: Path, code: str) -> None:
    """The source is up to date again."""
    _file(home, code).unlink(missing_ok=True)


def failures(home: Path, codes: list[str]) -> dict[str, dict]:
    """The sources whose last attempt failed, with run_id, exit_code and message."""
    return {code: json.loads(_file(home, code).read_text()) for code in codes if _file(home, code).is_file()}


def record(con: duckdb.DuckDBPyConnection, home: Path, codes: list[str]) -> None:
    """Bring the failures to `ops.sources`, where models read them."""
    con.execute("UPDATE ops.sources SET is_stale = false, stale_reason = NULL WHERE is_stale")
    for code, failure in failures(home, codes).items():
        con.execute(
            "UPDATE ops.sources SET is_stale = true, stale_reason = ?, last_run_id = ? WHERE source = ?",
            [failure["message"], failure["run_id"], code],
        )


def _file(home: Path, code: str) -> Path:
    return home / "landing" / code / "failure.json"
