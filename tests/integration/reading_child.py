"""A process that reads the current publication in a loop, as an officer's program does, until it has seen the last."""

import json
import sys
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
PAUSE = 0.25  # seconds between two looks: twenty readers without one take the machine from who publishes
LONGEST = 120  # seconds: the parent waits no longer either


def look(home: Path, by_link: bool) -> tuple[int, ...]:
    """Two looks through one connection, between which others publish: the answer has to be one."""
    if by_link:
        con = duckdb.connect(str(home / "published" / "current" / "secretariat.duckdb"), read_only=True)
    else:
        con = open_publication(home)
    with con:
        first = con.sql(ASK).fetchone()
        time.sleep(0.02)
        if con.sql(ASK).fetchone() != first:
            raise SystemExit(f"a reader's snapshot changed under it: {first}")
    return first


def main(home: Path, by_link: bool, last: int) -> None:
    seen: list[int] = []
    deadline = time.monotonic() + LONGEST
    while not seen or seen[-1] != last:
        run, told, expected, lowest, highest, persons = look(home, by_link)
        if not run == told == lowest == highest or persons != expected:
            raise SystemExit(f"torn: {run}, report of {told}, rows of {lowest} to {highest}, {persons} of {expected}")
        if seen and run < seen[-1]:
            raise SystemExit(f"run {run} was read after run {seen[-1]}")
        if not seen:
            print("reading", flush=True)
        seen.append(run)
        if time.monotonic() > deadline:
            raise SystemExit(f"run {last} was never seen, {run} was the last")
        time.sleep(PAUSE)
    print(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] == "link", int(sys.argv[3]))
