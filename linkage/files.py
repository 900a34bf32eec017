"""`ibr link`: the engine on files. CSV or Parquet in; Parquet, a readable model and a report out."""

import shutil
import tempfile
from pathlib import Path

import duckdb
import yaml

from ibr.errors import UsageProblem
from linkage.engine import deduplicate
from linkage.register import match_register
from linkage.report import write_report
from linkage.results import LinkageResult, Progress
from linkage.specification import Specification
from linkage.standardise import quote


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
    if suffix in (".parquet", ".pq"):
        reader = "read_parquet(?)"
    elif suffix in (".csv", ".tsv", ".txt", ".gz"):
        reader = "read_csv(?, all_varchar = true, header = true, max_line_size = 20000000)"
    else:
        raise UsageProblem(f"{path}: a .csv or .parquet file was expected")
    if path.stat().st_size == 0:
        raise UsageProblem(f"{path}: is empty; a header and records were expected")
    table = f"{role}.{quote(path.name)}"
    try:
        con.execute(f"create schema {role}; create table {table} as from {reader}", [str(path)])
    except duckdb.Error as error:
        what = str(error).splitlines()[0]
        if "unicode" in what.lower() or "utf-8" in str(error).lower():
            raise UsageProblem(f"{path}: is not in UTF-8; save it anew as UTF-8 (in Excel: CSV UTF-8)") from None
        raise UsageProblem(f"{path}: cannot be read as {suffix[1:]} ({what.split(':')[0]})") from None
    return table


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
