"""Checks what is kept of contracts, and the page that shows it."""

import datetime as dt
import re
from pathlib import Path

import duckdb
import pytest

from expectations import CheckResult, ContractResult, Severity
from ibr.workspace import Workspace
from pipelines import checks
from warehouse.connection import connect
from warehouse.schemas import prepare
from warehouse.status import read_status

NIGHT = dt.datetime(2026, 6, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.at(tmp_path).ensure()


@pytest.fixture
def con(workspace: Workspace):
    with connect(workspace.warehouse_file) as con:
        prepare(con)
        con.execute("INSERT INTO ops.parameters VALUES ('country', 'Some <Land>'), ('reporting_date', '2026-06-30')")
        con.execute("INSERT INTO ops.sources (source, name, kind) VALUES ('mis', 'The MIS', 'mis')")
        yield con


def result(*passed: bool, table: str = "persons", severity: Severity = Severity.BLOCKING) -> ContractResult:
    return ContractResult(
        "any",
        [
            CheckResult(f"c{n}", table, "name", held, severity, "0 of 9 rows that break it" if held else "3 of 9 rows",
                        "a value in every row", 0 if held else 3)
            for n, held in enumerate(passed)
        ],
    )  # fmt: skip


def write(con: duckdb.DuckDBPyConnection, night: int, outcome: ContractResult, layer: str = "registry") -> None:
    checks.write(con, f"r{night}", layer, NIGHT + dt.timedelta(days=night), outcome)


def failing(workspace: Workspace, con: duckdb.DuckDBPyConnection) -> list[str]:
    con.close()
    return [row["check_name"] for row in read_status(workspace.warehouse_file, {}, NIGHT)["failing_checks"]]


def test_the_last_ten_contracts_are_kept_and_the_last_one_counts(workspace, con):
    for night in range(12):
        write(con, night, result(night == 11, True))
    kept = con.execute("SELECT count(*), min(checked_at) FROM ops.checks").fetchone()
    assert kept == (20, NIGHT + dt.timedelta(days=2))
    assert failing(workspace, con) == []


def test_a_check_that_is_gone_from_a_layer_of_ours_is_gone(workspace, con):
    write(con, 1, result(False, table="old"))
    write(con, 2, result(True))
    assert failing(workspace, con) == []


def test_a_mirror_that_was_not_copied_keeps_what_was_found_of_it(workspace, con):
    write(con, 1, result(False, table="old"), "mirror_mis")
    write(con, 2, result(True), "mirror_mis")
    assert failing(workspace, con) == ["c0"]


def test_what_a_source_sent_is_told_once_though_it_is_brought_twice(workspace, con):
    checks.keep(workspace.home, "mis", "r1", NIGHT, result(False, True))
    kept = workspace.landing / "mis" / "contract.json"
    content = kept.read_text()
    checks.bring(con, workspace, ["mis", "other"])
    kept.write_text(content)
    checks.bring(con, workspace, ["mis", "other"])
    assert not kept.exists()
    assert con.execute("SELECT layer, count(*) FROM ops.checks GROUP BY 1").fetchall() == [("mirror_mis", 2)]
    assert "What The MIS sent" in workspace.checks_page.read_text(encoding="utf-8")


def test_the_page_says_what_was_expected_and_found_before_and_now(workspace, con):
    write(con, 1, result(True, True), "marts")
    write(con, 2, result(False, True), "marts")
    write(con, 2, result(False, severity=Severity.WARNING), "mirror_mis")
    checks.write_page(con, workspace)
    page = workspace.checks_page.read_text(encoding="utf-8")
    assert "Some &lt;Land&gt;, reported as at 2026-06-30" in page
    rows = [re.sub("<[^>]*>", " ", row).split() for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL)]
    assert ["persons", "name", "a", "value", "in", "every", "row", "3", "of", "9", "rows", "blocked", "✓", "✗"] in rows
    assert ["Marts,", "before", "they", "are", "published", "2026-06-03", "01:00", "1", "0", "1"] in rows
    assert ["What", "The", "MIS", "sent", "2026-06-03", "01:00", "0", "1", "0"] in rows
    assert not re.search(r"https?:|<script|@import|url\(", page)
    assert workspace.checks_page.stat().st_mode & 0o077 == 0


def test_a_page_of_nothing(workspace, con):
    checks.write_page(con, workspace)
    assert "Nothing has been checked yet" in workspace.checks_page.read_text(encoding="utf-8")
