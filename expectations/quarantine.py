"""Broken rows, for the people who mend them: files in the quarantine, never logs or metadata."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import duckdb

from expectations.contract import Check, TableContract
from expectations.results import ContractResult
from warehouse.connection import literal


def write_broken_rows(
    con: duckdb.DuckDBPyConnection, tables: Sequence[TableContract], result: ContractResult, folder: Path
) -> list[Path]:
    """Write `<folder>/<table>.csv`: every row that breaks a check, whole and as it came, and which checks it breaks.

    What the last run left in `folder` goes, so that the folder always shows the state of today.
    Files are readable by their owner alone (mode 600).
    """
    shutil.rmtree(folder, ignore_errors=True)
    broken = {(check.table, check.name) for check in result.checks if check.broken_rows}
    written = []
    for table in tables:
        checks = [check for check in table.checks if (table.name, check.name) in broken]
        if checks:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = folder / f"{''.join(c if c.isalnum() or c in '_-.' else '_' for c in table.name)}.csv"
            _write(con, table, checks, file)
            written.append(file)
    return written


def _write(con: duckdb.DuckDBPyConnection, table: TableContract, checks: list[Check], file: Path) -> None:
    rules = ", ".join(f"CASE WHEN {check.broken_where()} THEN {literal(check.name)} END" for check in checks)
    # The folder is closed to others (700), so the moment before chmod shows the rows to nobody.
    con.execute(
        f"COPY (SELECT * FROM (SELECT concat_ws('; ', {rules}) AS ibr_broken_rules, * FROM {table.relation}) "
        f"WHERE ibr_broken_rules <> '') TO {literal(str(file))} (FORMAT csv, HEADER)"
    )
    file.chmod(0o600)
