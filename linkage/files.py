"""`ibr link`: the engine on files. CSV or Parquet in; Parquet, a readable model and a report out."""

import re
import shutil
import tempfile
from pathlib import Path

import duckdb
import yaml

from ibr.delimited import NoHeader, RepeatedColumn, read_csv_sql
from ibr.errors import UsageProblem
from linkage.engine import deduplicate
from linkage.register.match import match_register
from linkage.report import write_report
from linkage.results import LinkageResult, Progress
from linkage.specification import Specification
from linkage.sql import literal, quote


def link_files(
    specification_path: str | Path,
    input_path: str | Path,
    output_dir: str | Path,
    register_path: str | Path | None = None,
    progress: Progress | None = None,
) -> LinkageResult:
    """Deduplicate a file, or link it to a register's file.

    Writes into `output_dir`: pairs.parquet and clusters.parquet, or matches.parquet with a register; model.yml and
    report.html. Files appear only when all of them are complete. Raises UsageProblem and ConfigurationProblem.
    """
    specification = Specification.load(specification_path)
    output = Path(output_dir)
    if output.exists() and not output.is_dir():
        raise UsageProblem(f"--output {output}: is a file; a folder was expected")
    with tempfile.TemporaryDirectory(prefix="ibr-link-") as scratch:
        con = duckdb.connect(str(Path(scratch) / "link.duckdb"))
        try:
            con.execute("set preserve_insertion_order = false")
            records = _load(con, Path(input_path), "input")
            if register_path is None:
                result = deduplicate(con, specification, records, "output", with_evidence=True, progress=progress)
                tables = {"pairs": "record_id_l, record_id_r", "clusters": "record_id"}
            else:
                register = _load(con, Path(register_path), "register")
                result = match_register(
                    con, specification, records, register, None, "output", with_evidence=True, progress=progress
                )
                tables = {"matches": "record_id"}
            _write(con, output, tables, result)
        finally:
            con.close()
    return result


def _load(con: duckdb.DuckDBPyConnection, path: Path, role: str) -> str:
    """The file as a table, named by its role and the file's name, which messages then tell; every CSV column as text,
    so that an identifier keeps its zeros and a date its form."""
    if not path.is_file():
        raise UsageProblem(f"{path}: no such file")
    suffix = path.suffix.lower()
    if suffix not in (".parquet", ".pq", ".csv", ".tsv", ".txt", ".gz"):
        raise UsageProblem(f"{path}: a .csv or .parquet file was expected")
    if path.stat().st_size == 0:
        raise UsageProblem(f"{path}: is empty; a header and records were expected")
    table = f"{role}.{quote(path.name)}"
    try:
        is_parquet = suffix in (".parquet", ".pq")
        as_csv = read_csv_sql(path, ", max_line_size = 20000000") if not is_parquet else ""
        reader = as_csv or f"read_parquet({literal(str(path))})"
        con.execute(f"create schema {role}; create table {table} as from {reader}")
    except RepeatedColumn as repeated:
        raise UsageProblem(f"{path}: has the column(s) {repeated} more than once; give each its own name") from None
    except NoHeader:
        raise UsageProblem(f"{path}: has no readable first line; a header in UTF-8 was expected") from None
    except duckdb.Error as error:
        raise UsageProblem(f"{path}: {_why_unreadable(str(error), suffix)}") from None
    return table


def _why_unreadable(error: str, suffix: str) -> str:
    """What DuckDB found, without the values that its words hold."""
    line = re.search(r"on Line: (\d+)", error)
    where = f"line {line[1]}" if line else "a line"
    if "invalid unicode" in error.lower() or "not utf-8 encoded" in error.lower():
        return f"{where} is not in UTF-8; save the file anew as UTF-8 (in Excel: CSV UTF-8)"
    if columns := re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", error):
        return f"{where} has {columns[2]} values, the header {columns[1]}; mend the line"
    if "invalid state" in error:
        return "mixes line endings, or has a quotation mark out of place; open it in a spreadsheet and save it anew"
    if "unterminated quote" in error:
        return f"{where} opens a quotation mark and does not close it; mend the line"
    return f"cannot be read as {suffix[1:]} ({error.splitlines()[0].split(':')[0]})"


def _write(con: duckdb.DuckDBPyConnection, output: Path, tables: dict[str, str], result: LinkageResult) -> None:
    output.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=".building-", dir=output))
    try:
        for table, order in tables.items():
            path = str(building / f"{table}.parquet").replace("'", "''")
            con.execute(f"copy (from output.{table} order by {order}) to '{path}' (format parquet)")
        model = yaml.safe_dump(result.model, sort_keys=False, allow_unicode=True, width=110)
        (building / "model.yml").write_text(model, encoding="utf-8")
        write_report(result, building / "report.html")
        for file in sorted(building.iterdir()):
            file.replace(output / file.name)
    finally:
        shutil.rmtree(building, ignore_errors=True)
