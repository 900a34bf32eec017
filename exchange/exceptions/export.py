"""Writing the exception files of a run: a folder a program, every program every run, also when nothing was found."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from exchange.corrections import CORRECTIONS
from exchange.corrections import stage as stage_corrections
from exchange.exceptions.findings import Findings, find
from exchange.exceptions.folder import swapped_in
from exchange.exceptions.manifest import write_manifest
from exchange.exceptions.readme import Facts
from exchange.exceptions.sheets import SHEETS
from exchange.exceptions.workbook import ExceptionWorkbook
from exchange.plain_csv import write_csv
from exchange.workbook import MOST_ROWS
from warehouse import audit


@dataclass(frozen=True)
class ExceptionFile:
    """What one program gets: its folder, and the rows of each sheet."""

    program: str
    folder: Path
    rows: dict[str, int]

    @property
    def workbook(self) -> Path:
        return self.folder / "duplicates.xlsx"


def export_exceptions(
    con: duckdb.DuckDBPyConnection, home: Path, run_id: str, run_date: dt.date, programs: Sequence[str]
) -> list[ExceptionFile]:
    """Write `exceptions/<program>/<run date>/` with workbook, CSV files and manifest, and remember what was found.

    `con` is the warehouse, open for writing, with the marts of this run; `run_date` is the date reported on.
    Each folder appears whole or not at all, in place of an earlier export of that date. If writing fails,
    `ops.exceptions` stays as it was.
    """
    con.begin()
    try:
        findings = find(con, run_id, run_date, programs)
        written = [_write_program(findings, home, run_id, program) for program in programs]
        con.commit()
    except BaseException:
        con.rollback()
        raise
    return written


def _write_program(findings: Findings, home: Path, run_id: str, program: str) -> ExceptionFile:
    folder = home / "exceptions" / program / findings.run_date.isoformat()
    facts = _facts(findings, run_id, program)
    with swapped_in(folder) as building:
        workbook = ExceptionWorkbook(building / "duplicates.xlsx", facts)
        for sheet in SHEETS:
            table = findings.stage(sheet, program)
            findings.keep(sheet, table, program)
            workbook.add_sheet(sheet, findings.rows(sheet, table, MOST_ROWS))
            write_csv(findings.con, sheet, table, building / f"{sheet.file_stem}.csv")
        corrections = stage_corrections(findings.con, program, findings.run_date)
        if corrections:
            workbook.add_sheet(CORRECTIONS, findings.rows(CORRECTIONS, CORRECTIONS.table, MOST_ROWS))
            write_csv(findings.con, CORRECTIONS, CORRECTIONS.table, building / f"{CORRECTIONS.file_stem}.csv")
        workbook.close()
        write_manifest(building, {
            "program": program, "run_id": run_id, "run_date": findings.run_date, "rows": facts.rows,
            "stale_sources": facts.stale_sources, "corrections": corrections,
        })
        for file in building.iterdir():
            file.chmod(0o600)
        audit.record(home, "exceptions_exported", subjects=findings.subjects(program), details={
            "program": program, "run_id": run_id, "run_date": findings.run_date, "rows": facts.rows,
            "manifest": hashlib.sha256((building / "manifest.json").read_bytes()).hexdigest(),
        })
    return ExceptionFile(program, folder, facts.rows)


def _facts(findings: Findings, run_id: str, program: str) -> Facts:
    counts = {sheet.name: findings.count(sheet, program) for sheet in SHEETS}
    con = findings.con
    name = con.execute("SELECT name FROM ops.programs WHERE program = ?", [program]).fetchone()
    currency = con.execute("SELECT value FROM ops.parameters WHERE name = 'currency'").fetchone()
    stale = con.execute("SELECT name FROM ops.sources WHERE is_stale ORDER BY name").fetchall()
    unasked = con.execute(
        "SELECT count(*) FROM marts.rpt_verification WHERE could_not_check_reason = 'register_not_available'"
    ).fetchone()
    return Facts(
        program=program,
        program_name=name[0] if name else program,
        run_id=run_id,
        run_date=findings.run_date,
        currency=currency[0] if currency else "",
        rows={sheet: count for sheet, (count, _) in counts.items()},
        amount_at_stake={sheet: amount for sheet, (_, amount) in counts.items()},
        stale_sources=tuple(source for (source,) in stale),
        is_register_asked=unasked is None or unasked[0] == 0,
        not_shown={sheet: count - MOST_ROWS for sheet, (count, _) in counts.items() if count > MOST_ROWS},
    )
