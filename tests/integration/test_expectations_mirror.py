import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from expectations import run_mirror_contract
from ibr.config import Limits, Table

PEOPLE = Table(
    key=["Id"], cursor="Updated At",
    columns={
        "Id": "integer", "Birth": "date %d/%m/%Y|%Y", "Amount": "number", "Updated At": "timestamp",
        "InUse": "boolean",
    },
)
LINES = Table(key=["hh", "year"], columns={"year": "integer"})
GOOD_PEOPLE = (
    "SELECT i AS \"Id\", CASE WHEN i % 3 = 0 THEN '1950' WHEN i % 7 = 0 THEN ' ' ELSE '31/12/1950' END AS \"Birth\", "
    "'12.50' AS \"Amount\", '2026-06-30 10:00:00' AS \"Updated At\", 'true' AS \"InUse\", 'Achieng' AS \"Name\" "
    "FROM range(1000) AS t(i)"
)
GOOD_LINES = "SELECT i // 3 AS hh, 2024 + i % 3 AS year FROM range(300) AS t(i)"


def land(folder: Path, people: str = GOOD_PEOPLE, lines: str = GOOD_LINES) -> dict[str, Path]:
    files = {"People": folder / "p.parquet", "lines": folder / "l.parquet"}
    for sql, file in zip((people, lines), files.values(), strict=True):
        duckdb.sql(sql).write_parquet(str(file))
    return files


def run(folder: Path, share: float = 0.02, tables=None, **landed):
    tables = tables or {"People": PEOPLE, "lines": LINES}
    return run_mirror_contract(
        "anysource", tables, land(folder, **landed), Limits(rejected_share=share), quarantine=folder / "quarantine"
    )


def failed(result) -> set[tuple[str, str]]:
    return {(check.table, check.name) for check in result.failures()}


def test_what_is_as_configured_passes_and_leaves_no_quarantine(tmp_path):
    result = run(tmp_path)
    assert result.passed, result.summary_line()
    assert result.summary_line() == f"contract mirror of anysource: {len(result.checks)} checks, 0 failed"
    assert len(result.checks) == 15
    assert not (tmp_path / "quarantine").exists()


@pytest.mark.parametrize(
    ("broken", "table", "check"),
    [
        ({"people": GOOD_PEOPLE.replace('"Amount"', '"Sum"')}, "People", "columns exist"),
        ({"people": GOOD_PEOPLE.replace("range(1000)", "range(0)")}, "People", "has rows"),
        ({"people": GOOD_PEOPLE.replace("i AS", "i + 0 * nullif(i % 9, 0) AS")}, "People", "key Id is filled"),
        ({"people": GOOD_PEOPLE.replace('i AS "Id"', 'greatest(i, 50) AS "Id"')}, "People", "key is unique"),
        ({"people": GOOD_PEOPLE.replace("'1950'", "'31/02/1950'")}, "People", "readable as date %d/%m/%Y|%Y"),
        ({"people": GOOD_PEOPLE.replace("'12.50'", "'12,50'")}, "People", "readable as number"),
        ({"people": GOOD_PEOPLE.replace("i AS", "i + 0.5 AS")}, "People", "readable as integer"),
        ({"people": GOOD_PEOPLE.replace("'true'", "'perhaps'")}, "People", "readable as boolean"),
        ({"people": GOOD_PEOPLE.replace("'2026-06-30 1", "'never 1")}, "People", "readable as timestamp"),
        ({"lines": GOOD_LINES.replace("i % 3", "i % 2")}, "lines", "key is unique"),
    ],
)
def test_each_break_is_found_and_named(tmp_path, broken, table, check):
    result = run(tmp_path, **broken)
    assert not result.passed
    assert failed(result) == {(table, check)}
    assert "Achieng" not in result.summary_line()


def test_a_few_bad_rows_go_to_quarantine_whole_and_the_run_goes_on(tmp_path):
    people = GOOD_PEOPLE.replace("'12.50'", "CASE WHEN i < 20 THEN '=1+1' ELSE '12.50' END")
    result = run(tmp_path, people=people)
    assert result.passed
    assert result.broken_rows == 20
    file = tmp_path / "quarantine" / "anysource" / "contract" / "People.csv"
    rows = duckdb.sql(f"SELECT ibr_broken_rules, Amount, Name FROM read_csv('{file}') ORDER BY \"Id\"").fetchall()
    assert rows == [("readable as number", "=1+1", "Achieng")] * 20
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not run(tmp_path, share=0.019, people=people).passed
    run(tmp_path)
    assert not file.exists()


def test_an_empty_table_passes_where_that_is_allowed(tmp_path):
    empty = {"People": PEOPLE.model_copy(update={"may_be_empty": True}), "lines": LINES}
    assert run(tmp_path, tables=empty, people=GOOD_PEOPLE.replace("range(1000)", "range(0)")).passed


def test_a_file_that_is_no_parquet_is_a_failed_check(tmp_path):
    files = land(tmp_path)
    files["lines"].write_text("nothing")
    result = run_mirror_contract("s", {"People": PEOPLE, "lines": LINES}, files, Limits())
    assert failed(result) == {("lines", "readable")}


def test_sources_may_be_checked_from_threads(tmp_path):
    landed = []
    for number in range(6):
        folder = tmp_path / str(number)
        folder.mkdir()
        landed.append(land(folder, people=GOOD_PEOPLE.replace("'12.50'", "'x'" if number % 2 else "'1'")))

    with ThreadPoolExecutor(4) as pool:
        tables = {"People": PEOPLE, "lines": LINES}
        results = list(pool.map(lambda files: run_mirror_contract("s", tables, files, Limits()), landed))
    assert [result.passed for result in results] == [True, False] * 3
