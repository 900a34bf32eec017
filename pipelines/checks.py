"""The results of contracts: every check in `ops.checks`, and the page that shows them.

The contract on what a source sent runs without the warehouse, so its result waits in a small file for a step that has
it open.
"""

import datetime as dt
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

from expectations import ContractResult
from expectations.page import write_checks_page
from ibr.workspace import Workspace
from pipelines.replication.writing import write_whole

_KEPT = 10  # contracts of each table
_TYPES = (
    "STRUCT(run_id VARCHAR, layer VARCHAR, table_name VARCHAR, column_name VARCHAR, check_name VARCHAR, "
    "severity VARCHAR, passed BOOLEAN, message VARCHAR, expected VARCHAR, observed VARCHAR, broken_rows BIGINT, "
    "checked_at TIMESTAMPTZ)[]"
)


def write(con: duckdb.DuckDBPyConnection, run_id: str, layer: str, at: dt.datetime, result: ContractResult) -> None:
    """Add a contract's checks to `ops.checks`; of each table the last ten contracts stay."""
    _insert(con, layer, _rows(run_id, layer, at, result))


def keep(home: Path, code: str, run_id: str, at: dt.datetime, result: ContractResult) -> None:
    """Keep the result of the contract on what a source sent, until `bring` finds the warehouse open."""
    write_whole(_file(home, code), json.dumps(_rows(run_id, _layer(code), at, result)))


def bring(con: duckdb.DuckDBPyConnection, workspace: Workspace, codes: Iterable[str]) -> None:
    """Bring what `keep` kept into `ops.checks`, and write the page anew."""
    for code in codes:
        file = _file(workspace.home, code)
        if file.is_file():
            _insert(con, _layer(code), json.loads(file.read_text(encoding="utf-8")))
            file.unlink()
    write_page(con, workspace)


def write_page(con: duckdb.DuckDBPyConnection, workspace: Workspace) -> None:
    """Write the workspace's page of checks from `ops.checks`."""
    write_checks_page(con, workspace.checks_page)


def _rows(run_id: str, layer: str, at: dt.datetime, result: ContractResult) -> list[dict[str, Any]]:
    return [
        {
            "run_id": run_id,
            "layer": layer,
            "table_name": check.table,
            "column_name": check.column,
            "check_name": check.name,
            "severity": check.severity,
            "passed": check.passed,
            "message": None if check.passed else check.message,
            "expected": check.expected,
            "observed": check.observed,
            "broken_rows": check.broken_rows,
            "checked_at": at.isoformat(),
        }
        for check in result.checks
    ]


def _insert(con: duckdb.DuckDBPyConnection, layer: str, rows: list[dict[str, Any]]) -> None:
    con.begin()
    # A process that was killed before it removed its file brings it again.
    for at in {row["checked_at"] for row in rows}:
        con.execute("DELETE FROM ops.checks WHERE layer = ? AND checked_at = ?::TIMESTAMPTZ", [layer, at])
    con.execute(
        f"INSERT INTO ops.checks BY NAME SELECT unnest(?::JSON::{_TYPES}, recursive := true)", [json.dumps(rows)]
    )
    con.execute(
        "DELETE FROM ops.checks WHERE layer = $1 AND rowid NOT IN (SELECT rowid FROM ops.checks WHERE layer = $1 "
        "QUALIFY dense_rank() OVER (PARTITION BY table_name ORDER BY checked_at DESC) <= $2)",
        [layer, _KEPT],
    )
    con.commit()


def _layer(code: str) -> str:
    return f"mirror_{code}"


def _file(home: Path, code: str) -> Path:
    return home / "landing" / code / "contract.json"
