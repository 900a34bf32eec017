"""A clerical sample as a workbook for clerks, and the same rows as CSV."""

import datetime as dt
import shutil
import tempfile
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import duckdb

from exchange.clerical import words
from exchange.clerical.sheet import PAIRS, SHOWN
from exchange.plain_csv import write_csv
from exchange.records import show_records
from exchange.workbook import LockedWorkbook
from ibr.errors import UsageProblem
from linkage.clerical.samples import DrawnSample, cell_sum, keep


@dataclass(frozen=True)
class SampleFiles:
    """Where a sample was written, and how many pairs are on it."""

    workbook: Path
    csv: Path
    pairs: int


def write_sample(con: duckdb.DuckDBPyConnection, sample: DrawnSample, folder: Path, dated: dt.date) -> SampleFiles:
    """Write a drawn sample into `folder`, readable by its owner alone, and keep it in the warehouse.

    Files and warehouse change together or not at all. `dated`: the date the workbook carries. Raises UsageProblem where
    the sample lies there already, for it may hold answers, and where `folder` is no folder.
    """
    workbook = folder / f"clerical_sample_{sample.sample_id}.xlsx"
    csv = workbook.with_suffix(".csv")
    if folder.exists() and not folder.is_dir():
        raise UsageProblem(f"--output {folder}: is a file; a folder was expected")
    there = [path for path in (workbook, csv) if path.exists()]
    if there:
        raise UsageProblem(
            f"{there[0]} is there already and may hold answers; read it, move it away, or choose another --output"
        )
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    building = Path(tempfile.mkdtemp(prefix=".building-", dir=folder))
    con.begin()
    try:
        rows = _stage(con)
        keep(con, sample, {pair: _sums(pair, cells) for pair, *cells in rows})
        book = LockedWorkbook(
            building / workbook.name,
            title=f"Clerical sample {sample.sample_id}",
            dated=dated,
            footer=f"Clerical sample {sample.sample_id}: personal data",
            first_sheet=words.lines(sample.sample_id, len(rows)),
        )
        book.add_sheet(PAIRS, rows)
        book.close()
        write_csv(con, PAIRS, PAIRS.table, building / csv.name)
        for path in (workbook, csv):
            (building / path.name).chmod(0o600)
            (building / path.name).rename(path)
        con.commit()
    except BaseException:
        con.rollback()
        for path in (workbook, csv):
            path.unlink(missing_ok=True)
        raise
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return SampleFiles(workbook, csv, len(rows))


def _stage(con: duckdb.DuckDBPyConnection) -> list[tuple[str, ...]]:
    """Fill clerical_rows; its rows in order: pair and what is shown of it (null where there is nothing)."""
    # Line breaks and the like come back from spreadsheet programs as something else.
    columns = ", ".join(
        rf"nullif(trim(regexp_replace({'one' if field.endswith('_1') else 'two'}.{field[:-2]}, "
        rf"'[\s\x00-\x1f\x7f]+', ' ', 'g')), '') AS {field}"
        for field in (column.field for column in SHOWN)
        if field
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE records_to_show AS "
        "SELECT DISTINCT unnest([record_id_l, record_id_r]) AS record_id FROM clerical_drawn"
    )
    show_records(con)
    query = files("exchange.clerical").joinpath("sql/rows.sql").read_text(encoding="utf-8")
    con.execute(query.replace("{{ columns }}", columns))
    return con.execute(f"SELECT * EXCLUDE (place) FROM {PAIRS.table} ORDER BY place").fetchall()


def _sums(pair_id: str, cells: list[str]) -> list[str]:
    return [cell_sum(pair_id, column.heading, cell or "") for column, cell in zip(SHOWN, cells, strict=True)]
