"""Twenty officers query while runs publish thirty versions: no error, no torn read, each reader consistent."""

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path

from warehouse.connection import connect
from warehouse.publication import publications, publish
from warehouse.schemas import prepare

READERS, VERSIONS = 20, 30
NIGHT = dt.datetime(2026, 6, 1, 1, tzinfo=dt.UTC)


def next_night(home: Path, night: int) -> None:
    """A run's marts: as many people more each night, all of them of that night."""
    with connect(home / "warehouse.duckdb") as con:
        con.execute(
            "CREATE OR REPLACE TABLE marts.dim_person AS SELECT i AS person_uid, ?::INTEGER AS night "
            "FROM range(1000 * ?) t(i)", [night, night],
        )  # fmt: skip
        con.execute(
            "CREATE OR REPLACE TABLE marts.rpt_kpis AS SELECT any_value(night) AS night, count(*) AS persons "
            "FROM marts.dim_person"
        )
    publish(home / "warehouse.duckdb", home, str(night), NIGHT + dt.timedelta(days=night), keep=5)


def test_twenty_readers_never_see_anything_but_whole_publications_while_thirty_are_published(tmp_path):
    with connect(tmp_path / "warehouse.duckdb") as con:
        prepare(con)
    next_night(tmp_path, 1)
    readers = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.integration.reading_child", str(tmp_path), way, str(VERSIONS)],
            cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for way in ("link", "query") * (READERS // 2)
    ]  # fmt: skip
    try:
        assert [reader.stdout.readline() for reader in readers] == ["reading\n"] * READERS
        for night in range(2, VERSIONS + 1):
            next_night(tmp_path, night)
        ended = [reader.communicate(timeout=120) for reader in readers]
    finally:
        for reader in readers:
            reader.kill()
    assert [(reader.returncode, said) for reader, (_, said) in zip(readers, ended, strict=True)] == [(0, "")] * READERS
    seen = [json.loads(out) for out, _ in ended]
    assert len(publications(tmp_path)) == 5
    # While they read, the publication under them was replaced many times, and most of these were read by somebody.
    assert sum(len(set(runs)) > 1 for runs in seen) > READERS / 2
    assert len({run for runs in seen for run in runs}) > VERSIONS / 2
