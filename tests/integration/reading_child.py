"""What a process does that reads the current publication in a loop, as an officer's program, until it saw the last."""

import time
from pathlib import Path

import duckdb

from warehouse.query import open_publication

# Whatever tables a publication is of, all say the same night, and hold all rows of it.
ASK = """
    SELECT (SELECT run_id FROM about)::INTEGER AS run, (SELECT night FROM marts.rpt_kpis) AS told,
        (SELECT persons FROM marts.rpt_kpis) AS expected, min(night) AS first, max(night) AS last, count(*) AS persons
    FROM marts.dim_person
"""
PAUSE = 0.8  # seconds between two looks: twenty readers without one take the machine from who publishes
LONGEST = 150  # seconds


def read(home: Path, reader: int, last: int) -> list[int]:
    """The runs that a reader saw, one a look; it leaves `reading-<number>` behind when it has begun.

    Every second reader opens the file by the link, as other programs do, the others as `ibr sql` does.
    """
    seen: list[int] = []
    deadline = time.monotonic() + LONGEST
    while not seen or seen[-1] != last:
        run, told, expected, lowest, highest, persons = _look(home, by_link=reader % 2 == 0)
        assert run == told == lowest == highest, f"torn: {run}, report of {told}, rows of {lowest} to {highest}"
        assert persons == expected, f"torn: {persons} rows of run {run}, which has {expected}"
        assert not seen or run >= seen[-1], f"run {run} was read after run {seen[-1]}"
        assert time.monotonic() < deadline, f"run {last} was never seen, {run} was the last"
        if not seen:
            (home / f"reading-{reader}").touch()
        seen.append(run)
        time.sleep(PAUSE)
    return seen


def _look(home: Path, by_link: bool) -> tuple[int, ...]:
    """Two looks through one connection, between which others publish: the answer has to be one."""
    if by_link:
        con = duckdb.connect(str(home / "published" / "current" / "secretariat.duckdb"), read_only=True)
    else:
        con = open_publication(home)
    with con:
        first = con.sql(ASK).fetchone()
        time.sleep(0.1)
        assert con.sql(ASK).fetchone() == first, "a reader's snapshot changed under it"
    return first
