"""What is wrong with files that came back: told by sheet and row, without any value of theirs.

A fault is held as a phrase of words/: told to the secretariat in English, and in the list beside the file in the
language of that file, for its manager reads it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from exchange.exceptions.words import Words, define, speak
from ibr.errors import ContractBroken
from warehouse.connection import literal

FAULTS_SUFFIX = ".faults.csv"


@dataclass(frozen=True)
class Wrong:
    """What is wrong with a file as a file: `phrase` of words/ with its `values`, and the place as `Fault` has it."""

    file: str
    phrase: str
    values: Mapping[str, str] = field(default_factory=dict)
    sheet: str | None = None
    row: int | None = None
    column: str | None = None


@dataclass(frozen=True)
class Fault:
    """One fault as it is told: the file, as far as it has them sheet, row as a spreadsheet counts, and column."""

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
    """Make the empty table `decision_faults`, and the functions that say its phrases."""
    define(con)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE decision_faults (file VARCHAR, sheet VARCHAR, row_number BIGINT, "
        'column_name VARCHAR, fault STRUCT(say VARCHAR, "with" MAP(VARCHAR, VARCHAR))[])'
    )


def add(con: duckdb.DuckDBPyConnection, found: Iterable[Wrong]) -> None:
    """Add faults that Python found to `decision_faults`: of files and headings, never of rows."""
    rows = [
        [one.file, one.sheet, one.row, one.column, json.dumps([{"say": one.phrase, "with": dict(one.values)}])]
        for one in found
    ]
    if rows:
        con.executemany("INSERT INTO decision_faults VALUES (?, ?, ?, ?, phrases_of(?))", rows)


def refuse(
    con: duckdb.DuckDBPyConnection, labels: Mapping[Path, str], most: int, english: Words, spoken: Mapping[str, Words]
) -> None:
    """Raise Refused if `decision_faults` holds any, with the first `most`; all of a file's are written beside it.

    `labels`: what each file is called in the table; `spoken`: the words of each file's language, by what it is called.
    """
    (count,) = con.execute("SELECT count(*) FROM decision_faults").fetchone() or (0,)
    if not count:
        return
    speak(con, english)
    faults = [Fault(*row) for row in con.execute(
        "SELECT file, sheet, row_number, column_name, say(fault) AS said FROM decision_faults "
        "ORDER BY file, sheet, row_number, column_name, said LIMIT ?", [most]
    ).fetchall()]
    lists = [written for path, label in labels.items() if (written := _write(con, path, label, spoken[label]))]
    where = f"all of them are in {', '.join(str(path) for path in lists)}; " if lists else ""
    raise Refused(
        f"{count:,} fault{'s' if count > 1 else ''} in {', '.join(dict.fromkeys(fault.file for fault in faults))}: "
        f"nothing was recorded; {where}correct it and import it again",
        faults, count,
    )


def _write(con: duckdb.DuckDBPyConnection, path: Path, label: str, words: Words) -> Path | None:
    """The faults of one file as CSV; None where it has none, or its folder is not ours to write to."""
    if not con.execute("SELECT 1 FROM decision_faults WHERE file = ? LIMIT 1", [label]).fetchone():
        return None
    target = path.with_name(path.name + FAULTS_SUFFIX)
    speak(con, words)
    try:
        con.execute(
            "COPY (SELECT coalesce(word('sheet.' || sheet), sheet) AS sheet, row_number AS row, "
            "coalesce(word('heading.' || column_name), column_name) AS column, say(fault) AS fault "
            f"FROM decision_faults WHERE file = {literal(label)} ORDER BY ALL) "
            f"TO {literal(str(target))} (FORMAT csv, HEADER)"
        )
    except duckdb.IOException:
        return None
    return target
