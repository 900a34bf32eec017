"""Twenty officers query while runs publish thirty versions: no error, no torn read, each reader consistent."""

import datetime as dt
import multiprocessing as mp
import time
from pathlib import Path

import pytest

from tests.integration import reading_child
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


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_twenty_readers_never_see_anything_but_whole_publications_while_thirty_are_published(tmp_path):
    with connect(tmp_path / "warehouse.duckdb") as con:
        prepare(con)
    next_night(tmp_path, 1)
    processes = mp.get_context("forkserver")  # which imports once what twenty need
    processes.set_forkserver_preload([reading_child.__name__])
    with processes.Pool(READERS) as pool:
        reading = pool.starmap_async(
            reading_child.read, [(tmp_path, reader, VERSIONS) for reader in range(READERS)], chunksize=1
        )
        while len(list(tmp_path.glob("reading-*"))) < READERS and not reading.ready():
            time.sleep(0.1)
        for night in range(2, VERSIONS + 1):
            next_night(tmp_path, night)
        seen = reading.get(timeout=reading_child.LONGEST)
    assert len(seen) == READERS
    assert len(publications(tmp_path)) == 5
    # While they read, the publication under them was replaced many times, and most of these were read by somebody.
    assert all(len(set(runs)) > 2 for runs in seen)
    assert len({run for runs in seen for run in runs}) > VERSIONS / 2
