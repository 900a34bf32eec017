"""A process that is killed at any moment loses nothing: the next run completes what it began."""

import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

KILLS = 20
ROOT = Path(__file__).parents[2]


def night(home: Path, run_id: str, kill_after: float | None = None) -> float:
    """Replicate in a process of its own, killed so many seconds after it began; seconds that it took."""
    command = [sys.executable, "-m", "tests.integration.replicating_child", str(home), run_id]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "begun\n"
        begun = time.perf_counter()
        if kill_after is not None:
            time.sleep(kill_after)
            child.kill()
        child.wait()
    assert kill_after is not None or child.returncode == 0
    return time.perf_counter() - begun


def change(home: Path, dice: random.Random) -> None:
    """A day's work: rows written, changed and deleted."""
    with sqlite3.connect(home / "mis.db") as db:
        top = db.execute("SELECT max(version) FROM people").fetchone()[0]
        some = [dice.randrange(20_000) for _ in range(300)]
        changed = [(top + place, row) for place, row in enumerate(some, 1)]
        db.executemany("UPDATE people SET name = name || '!', version = ? WHERE id = ?", changed)
        db.executemany("DELETE FROM people WHERE id = ?", [(dice.randrange(20_000),) for _ in range(50)])
        db.executemany("INSERT INTO words VALUES (?)", [(f"w{dice.randrange(40)}",) for _ in range(30)])
        db.execute("DELETE FROM words WHERE rowid IN (SELECT rowid FROM words ORDER BY random() LIMIT 20)")


@pytest.mark.slow
def test_killed_at_twenty_moments_the_mirror_ends_equal_to_its_source(tmp_path):
    dice = random.Random(20)
    with sqlite3.connect(tmp_path / "mis.db") as db:
        db.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, amount REAL, version INTEGER)")
        db.execute("CREATE TABLE words (word TEXT)")
        rows = [(n, f"name {n}", n / 7, n) for n in range(20_000)]
        db.executemany("INSERT INTO people VALUES (?, ?, ?, ?)", rows)
        db.executemany("INSERT INTO words VALUES (?)", [(f"w{n % 40}",) for n in range(500)])
    long = night(tmp_path, "first")
    for number in range(KILLS):
        change(tmp_path, dice)
        night(tmp_path, f"killed-{number}", kill_after=dice.random() * long)
    night(tmp_path, "last")
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as con:
        live = "FROM mirror_mis.{} WHERE _ibr_deleted_at IS NULL ORDER BY 1"
        people = con.execute("SELECT id, name, amount, version " + live.format("people")).fetchall()
        words = con.execute("SELECT word " + live.format("words")).fetchall()
        unequal = con.execute("SELECT count(*) FROM ops.reconciliation WHERE NOT is_equal").fetchone()
    with sqlite3.connect(tmp_path / "mis.db") as db:
        assert people == db.execute("SELECT * FROM people ORDER BY id").fetchall()
        assert words == db.execute("SELECT * FROM words ORDER BY 1").fetchall()
    assert unequal == (0,)
    assert [folder.name for folder in (tmp_path / "landing" / "mis").iterdir() if folder.is_dir()] == ["last"]
