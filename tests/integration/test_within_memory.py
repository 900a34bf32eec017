"""The memory that registry.yml allows a run is what its stages take, though their data would take more."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

# Left to itself the merge alone takes 750 MB for these, and 2,150 MB of address space.
ROWS, BUDGET, ADDRESS_SPACE = 1_500_000, 400, 1_950
REGISTRY = """
country: Somewhere
currency: KES
reporting_date: 2026-06-30
programs: {AID: {name: Aid, benefit_unit: person}}
sources:
  bulk: {name: Bulk, kind: mis, url: "sqlite:///bulk.db", programs: [AID], tables: {line: {key: [id]}}}
"""


@pytest.fixture
def home(tmp_path):
    with sqlite3.connect(tmp_path / "bulk.db") as db:
        db.execute("PRAGMA synchronous = OFF")
        db.execute("CREATE TABLE line (id TEXT PRIMARY KEY, account TEXT, reference TEXT, note TEXT)")
        db.execute(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
            "INSERT INTO line SELECT printf('%032d', i), printf('%040d', i * 7919), printf('%040d', i * 104729), "
            "printf('%d of many', i * 7919 % 15485863) FROM n",
            [ROWS],
        )
    return tmp_path


@pytest.mark.slow
def test_stages_keep_within_the_budget_by_spilling(home):
    (home / "registry.yml").write_text(f"{REGISTRY}warehouse: {{memory_limit: {BUDGET}MB, threads: 2}}\n")
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.within_memory_child", str(home), str(ADDRESS_SPACE)],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
        env={**os.environ, "MALLOC_ARENA_MAX": "1"},  # each arena takes address space that nobody uses
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) < BUDGET
