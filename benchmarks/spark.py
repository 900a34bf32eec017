"""What linkage on Spark moves at a size that nobody here can run: computed from two sizes that were measured.

    python -m benchmarks.spark [SMALLER LARGER]       # scales of the sample country, by default .01 and .1
    python -m benchmarks.spark --again                # from what was measured last

Each match key's pairs, the pairs that say something and those that may join two records are counted at both sizes.
Between them every count grew with some power of the records; the same power is carried on, and a key is held to what
linkage lets it bring. Bytes are those of the rows in memory, measured; how often a row is sent on is in `_moved`.
Beside it, what one machine would take, from the growth that `make bench` measured. Writes benchmarks/results/spark.json
and prints the tables of docs/spark.md.
"""

import json
import math
import sys
import tracemalloc
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np

from benchmarks.country import PERSONS, RECORD_ID, make
from linkage import Specification, deduplicate
from linkage.candidates import most_pairs
from linkage.clustering import average_linkage, components
from linkage.prior import Prior, odds_sql
from linkage.sql import single

SCALES, SIZES = (0.01, 0.1), (100_000_000, 1_000_000_000)
RESULTS = Path(__file__).with_name("results") / "spark.json"
LINKAGE = RESULTS.with_name("linkage.json")
VALUE_BYTES, PAIR_BYTES, WEIGHED_BYTES = 17, 24, 40  # (key, h, r), (l, r, keys), and with w_m and w_h
EDGES = 1_000_000
TB = 1e12


@dataclass
class Counted:
    """What one size showed. `pairs`: what each match key brings, or would; `used`: the keys that are run; `telling`:
    pairs that say something; `near`: records not alone in their area, `edges`: what holds areas together."""

    records: int
    pairs: dict[str, int]
    used: list[str]
    telling: int
    near: int
    edges: int
    row_bytes: float


def count(scale: float, folder: Path) -> Counted:
    """Deduplicate the sample country of a size on this machine, and count."""
    persons = make(folder, scale, with_register=False) / "persons.parquet"
    specification = Specification.from_mapping({"record_id": RECORD_ID, "source": "source", "columns": PERSONS})
    con = duckdb.connect()
    con.execute(f"create view persons as from '{persons}'")
    how = {"compare_clusters": False, "keep_in": "kept", "join_probability": 0.99}
    found = deduplicate(con, specification, "persons", "o", **how)
    used = [key.name for key in found.keys if key.is_used and key.limit is not None]
    rows = con.execute("from kept.records limit 100000").to_arrow_table()
    odds = odds_sql(Prior(found.model["prior"]["same_person"], found.model["prior"]["same_household"]))
    tied = "hh in (select hh_l from kept.ties union select hh_r from kept.ties)"
    telling, near, edges = (
        single(con, f"select count(*) from {what}")
        for what in ("kept.pairs", "kept.areas", f"(select {odds} as odds from kept.pairs union all "
                     f"select 0 from kept.records where {tied}) where odds > -1")
    )  # fmt: skip
    return Counted(
        found.counts["records"], {key.name: key.pairs for key in found.keys if key.pairs}, used,
        telling, near, edges, rows.nbytes / len(rows),
    )  # fmt: skip


def driver_bytes() -> float:
    """Memory that finding areas takes for each edge, at its peak."""
    rng = np.random.default_rng(1)
    left, right = rng.integers(0, 2**40, (2, EDGES))
    tracemalloc.start()
    known, ends = np.unique(np.concatenate([left, right]), return_inverse=True)
    known[components(ends[:EDGES], ends[EDGES:], len(known))]
    peak = tracemalloc.get_traced_memory()[1] / EDGES
    tracemalloc.stop()
    return peak + left.itemsize + right.itemsize


def cluster_bytes() -> float:
    """Memory that clustering on one machine takes for each record, beside what DuckDB may have: a few arrays."""
    one = np.array([0])
    tracemalloc.start()
    average_linkage(one, one + 1, np.array([9.0]), EDGES)
    peak = tracemalloc.get_traced_memory()[1] / EDGES
    tracemalloc.stop()
    return peak


def on_one_machine(records: int, bytes_a_record: float) -> dict[str, float]:
    """Hours of linking so many records on the machine of `make bench`, and the memory of their clusters.

    From the largest size that was linked, and the worst growth on the way to it.
    """
    rows = [row["ours"] for row in json.loads(LINKAGE.read_text(encoding="utf-8")) if row["row"] == "growth"]
    growth = max(rows, key=lambda row: row["steps"][-1]["records"])
    last = growth["steps"][-1]
    hours = last["seconds"] / 3600 * (records / last["records"]) ** growth["exponent"]
    return {"records": records, "hours": hours, "cluster_gb": records * bytes_a_record / 1e9}


def at(records: int, smaller: Counted, larger: Counted, edge_bytes: float) -> dict[str, float]:
    """What a number of records would bring."""
    def grown(one: int, other: int) -> float:
        power = math.log(other / one) / math.log(larger.records / smaller.records) if one and other else 1.0
        power = max(power, 1.0)  # less is chance, or the other match keys of the smaller size
        return other * (records / larger.records) ** power

    by_key = {
        name: min(grown(smaller.pairs.get(name, 0), larger.pairs[name]), most_pairs(records)) for name in larger.used
    }
    pairs, values = sum(by_key.values()), records * len(by_key)
    telling, near = grown(smaller.telling, larger.telling), grown(smaller.near, larger.near)
    edges = grown(smaller.edges, larger.edges)
    moved = _moved(records, larger.row_bytes, values, pairs, telling, near)
    return {
        "records": records, "keys": len(by_key), "values": values, "pairs": pairs, "largest_key": max(by_key.values()),
        "telling": telling, "near": near, **{f"tb_{step}": sent / TB for step, sent in moved.items()},
        "tb": sum(moved.values()) / TB, "driver_gb": edges * edge_bytes / 1e9,
    }  # fmt: skip


def _moved(records: float, row: float, values: float, pairs: float, telling: float, near: float) -> dict[str, float]:
    """Bytes that machines send each other, by step."""
    return {
        # Sorted by identifier; each value counted; joined with the counts of ID and telephone, and with households.
        "standardise": records * row * (1 + 1 + 3),
        # Counted by block, joined with those that are small enough; pairs found by several keys made one.
        "match_keys": 2 * values * VALUE_BYTES + pairs * PAIR_BYTES,
        # Joined with the record of either side.
        "compare": 2 * (records * row + pairs * (PAIR_BYTES + row)),
        "cluster": 2 * telling * WEIGHED_BYTES + near * row,
    }


def main(arguments: list[str]) -> None:
    """Measure, or with `--again` take what was measured; compute, write and print."""
    if arguments == ["--again"]:
        told = json.loads(RESULTS.read_text(encoding="utf-8"))
        smaller, larger = (Counted(**one) for one in told["measured"])
        edge_bytes, record_bytes = told["driver_bytes_an_edge"], told["cluster_bytes_a_record"]
    else:
        with TemporaryDirectory() as folder:
            smaller, larger = (count(scale, Path(folder)) for scale in tuple(map(float, arguments)) or SCALES)
        edge_bytes, record_bytes = driver_bytes(), cluster_bytes()
    alone = [on_one_machine(size, record_bytes) for size in (30_000_000, *SIZES)]
    computed = [at(size, smaller, larger, edge_bytes) for size in SIZES]
    told = {
        "measured": [asdict(smaller), asdict(larger)], "driver_bytes_an_edge": edge_bytes,
        "cluster_bytes_a_record": record_bytes, "one_machine": alone, "computed": computed,
    }  # fmt: skip
    RESULTS.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print("\n".join([*_one_machine(alone), "", *_on_spark(computed)]))


def _one_machine(rows: list[dict[str, float]]) -> Iterator[str]:
    yield "| persons | hours | memory for clusters |"
    yield "| --- | --- | --- |"
    for row in rows:
        yield f"| {row['records'] / 1e6:,.0f} M | {row['hours']:.1f} | {row['cluster_gb']:.1f} GB |"


def _on_spark(rows: list[dict[str, float]]) -> Iterator[str]:
    yield "| persons | keys | values | pairs | of one key | telling pairs | not alone | shuffled | driver |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for row in rows:
        cells = [f"{row[name] / 1e6:,.0f} M" for name in ("values", "pairs", "largest_key", "telling", "near")]
        whole = [f"{row['records'] / 1e6:,.0f} M", f"{row['keys']:.0f}", *cells, f"{row['tb']:.2f} TB"]
        yield f"| {' | '.join(whole)} | {row['driver_gb']:.1f} GB |"


if __name__ == "__main__":
    main(sys.argv[1:])
