"""What is wrong with files that came back: told by sheet and row, without any value of theirs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ibr.errors import ContractBroken
from warehouse.connection import literal

FAULTS_SUFFIX = ".faults.csv"


@dataclass(frozen=True)
class Fault:
    """One fault: the file, and as far as it has them the sheet, the row as a spreadsheet counts it, and the column."""

    file: str
    sheet: str | None
    row: int | None
    column: str | None
    fault: str

    def __str__(self) -> str:
        place = (self.file, self.sheet, self.row and f"row {self.row}", self.column)
        return f"{', '.join(str(part) for part in place if part)}: {self.fault}"


class Refused(ContractBroken):
    """Files that were refused as a whole, with the first faults and how many there are in all."""

    def __init__(self, message: str, faults: Sequence[Fault], count: int) -> None:
        super().__init__(message)
        self.faults = faults
        self.count = count


def gather(con: duckdb.DuckDBPyConnection) -> None:
    """Make the empty table `decision_faults`."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE decision_faults "
        "(file VARCHAR, sheet VARCHAR, row_number BIGINT, column_name VARCHAR, fault VARCHAR)"
    )


def add(con: duckdb.DuckDBPyConnection, faults: Iterable[Fault]) -> None:
    """Add faults that Python found to `decision_faults`: of files and headings, never of rows."""
    rows = [[fault.file, fault.sheet, fault.row, fault.column, fault.fault] for fault in faults]
    if rows:
        con.executemany("INSERT INTO decision_faults VALUES (?, ?, ?, ?, ?)", rows)


def refuse(con: duckdb.DuckDBPyConnection, labels: Mapping[Path, str], most: int) -> None:
    """Raise Refused if `decision_faults` holds any, with the first `most`; all of a file's are written beside it.

    `labels`: what each file is called in the table.
    """
    (count,) = con.execute("SELECT count(*) FROM decision_faults").fetchone() or (0,)
    if not count:
        return
    ordered = "FROM decision_faults ORDER BY file, sheet, row_number, column_name, fault"
    faults = [Fault(*row) for row in con.execute(f"{ordered} LIMIT ?", [most]).fetchall()]
    lists = [written for path, label in labels.items() if (written := _write(con, path, label))]
    where = f"all of them are in {', '.join(str(path) for path in lists)}; " if lists else ""
    raise Refused(
        f"{count:,} fault{'s' if count > 1 else ''} in {', '.join(dict.fromkeys(fault.file for fault in faults))}: "
        f"nothing was recorded; {where}correct it and import it again",
        faults, count,
    )


def _write(con: duckdb.DuckDBPyConnection, path: Path, label: str) -> Path | None:
    """The faults of one file as CSV; None where it has none, or its folder is not ours to write to."""
    if not con.execute("SELECT 1 FROM decision_faults WHERE file = ? LIMIT 1", [label]).fetchone():
        return None
    target = path.with_name(path.name + FAULTS_SUFFIX)
    try:
        con.execute(
            f"COPY (SELECT sheet, row_number AS row, column_name AS column, fault FROM decision_faults "
            f"WHERE file = {literal(label)} ORDER BY sheet, row_number, column_name, fault) "
            f"TO {literal(str(target))} (FORMAT csv, HEADER)"
        )
    except duckdb.IOException:
        return None
    return target
