"""Writing the exception files of a run: a folder a program, every program every run, also when nothing was found."""

import datetime as dt
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from exchange.corrections import CORRECTIONS
from exchange.corrections import stage as stage_corrections
from exchange.exceptions.delivery import WORKBOOK, Delivery
from exchange.exceptions.findings import Findings, find
from exchange.exceptions.folder import building, swap_in
from exchange.exceptions.manifest import write_manifest
from exchange.exceptions.readme import Facts
from exchange.exceptions.sheets import SHEETS
from exchange.exceptions.words import localised, speak
from exchange.exceptions.workbook import ExceptionWorkbook
from exchange.plain_csv import write_csv
from exchange.sheets import Sheet
from warehouse import audit


@dataclass(frozen=True)
class ExceptionFile:
    """What one program gets: its folder, the rows of each sheet, and what its workbook is called."""

    program: str
    folder: Path
    rows: dict[str, int]
    workbook_name: str = WORKBOOK

    @property
    def workbook(self) -> Path:
        return self.folder / self.workbook_name


@dataclass(frozen=True)
class _Built:
    """A program's files as they lie ready, who they are about, and what the trail says of them."""

    file: ExceptionFile
    subjects: list[str]
    details: dict[str, Any]


def export_exceptions(
    con: duckdb.DuckDBPyConnection, home: Path, run_id: str, run_date: dt.date, deliveries: Mapping[str, Delivery]
) -> list[ExceptionFile]:
    """Write `exceptions/<program>/<run date>/` with workbook, CSV files and manifest, and remember what was found.

    `con` is the warehouse, open for writing, with the marts of this run; `run_date` is the date reported on;
    `deliveries`: the programs, and how each gets its files. Each folder appears whole or not at all, in place of an
    earlier export of that date. If writing fails, `ops.exceptions` stays as it was, and no program's folder appears.
    """
    with ExitStack() as unfinished:
        built = _build_all(con, home, run_id, run_date, deliveries, unfinished)
        # On record first: what is filled in in a file of a run that `ops.exports` does not know would be refused. Who
        # is killed from here on leaves an export on record that nobody got, or some programs only. That harms none: the
        # folders of before are of runs on record too and their answers still count, and the next export of any run
        # writes all that is open again.
        for one in built:
            audit.record(home, "exceptions_exported", subjects=one.subjects, details=one.details)
            swap_in(one.file.folder)
    return [one.file for one in built]


def _build_all(
    con: duckdb.DuckDBPyConnection, home: Path, run_id: str, run_date: dt.date, deliveries: Mapping[str, Delivery],
    unfinished: ExitStack,
) -> list[_Built]:
    """All programs' files ready beside their places, until `unfinished` is closed, and what was found on record."""
    con.begin()
    try:
        findings = find(con, run_id, run_date, list(deliveries))
        built = []
        for program, delivery in deliveries.items():
            folder = home / "exceptions" / program / run_date.isoformat()
            filled = unfinished.enter_context(building(folder))
            built.append(_build(findings, filled, folder, run_id, program, delivery))
        con.commit()
    except BaseException:
        con.rollback()
        raise
    return built


def _build(findings: Findings, filled: Path, folder: Path, run_id: str, program: str, delivery: Delivery) -> _Built:
    """Write a program's files into the folder `filled`, which will be `folder`."""
    speak(findings.con, delivery.words)
    corrections = stage_corrections(findings.con, program, findings.run_date)
    facts = _facts(findings, run_id, program, delivery, corrections)
    with delivery.workbook(filled) as target:
        workbook = ExceptionWorkbook(target, facts, delivery.words)

        def add(sheet: Sheet, table: str) -> None:
            named = localised(sheet, delivery.words)
            workbook.add_sheet(named, findings.rows(sheet, table, delivery.most_rows))
            with delivery.csv(filled, sheet) as path:
                if path:
                    write_csv(findings.con, named, table, path)

        for sheet in SHEETS:
            table = findings.stage(sheet, program)
            findings.keep(sheet, table, program)
            add(sheet, table)
        if corrections:
            add(CORRECTIONS, CORRECTIONS.table)
        workbook.close()
    manifest = write_manifest(filled, {
        "program": program, "run_id": run_id, "run_date": findings.run_date, "rows": facts.rows,
        "stale_sources": facts.stale_sources, "language": delivery.words.language, "corrections": corrections,
    })
    for file in filled.iterdir():
        file.chmod(0o600)
    return _Built(ExceptionFile(program, folder, facts.rows, delivery.workbook_name), findings.subjects(program), {
        "program": program, "run_id": run_id, "run_date": findings.run_date, "rows": facts.rows, "manifest": manifest,
        "encrypted_with": delivery.encrypted_with,
    })


def _facts(findings: Findings, run_id: str, program: str, delivery: Delivery, corrections: int) -> Facts:
    counts = {sheet.name: findings.count(sheet, program) for sheet in SHEETS}
    con, most = findings.con, delivery.most_rows
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
        not_shown={sheet: count - most for sheet, (count, _) in counts.items() if count > most},
        corrections=corrections,
        has_csv=delivery.has_csv,
        has_password=bool(delivery.workbook_password),
    )
