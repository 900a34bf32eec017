"""The sample country: what a registry of five programs asks of the engine, run as the registry runs it."""

from functools import partial

from benchmarks.bench import AS_REGISTRY, Bench
from benchmarks.results import Row
from benchmarks.targets import Target, at_least, at_most, no_lower_than_peer, share_of_peers_time

DEMO_SCALE = 0.01


def country(bench: Bench) -> list[Row]:
    """All sources together: what is decided automatically, and what is found with review."""
    targets = [
        at_least("pair_precision", "precision of automatic matches", 0.999),
        at_least("pair_recall", "recall of automatic matches", 0.985),
        at_least("recall_with_review", "recall with review", 0.995),
    ]
    return _for_sizes(bench, "country", "sample country, {records} records", targets)


def families(bench: Bench) -> list[Row]:
    """People of one household are not one person."""
    targets = [
        at_most("family_share", "pairs of different people of one household taken as one", 0.002, "share"),
        at_least("family_f1", "F1 among people with household members", 0.98),
    ]
    return _for_sizes(bench, "families", "families in the sample country, {records} records", targets)


def dedupe(bench: Bench) -> list[Row]:
    """A nation's records deduplicated: training, keys, scoring, clusters."""
    targets = [share_of_peers_time(1 / 3, "at most a third"), no_lower_than_peer("pair_f1", "F1 of pairs")]
    data = partial(bench.sample_country, bench.country)
    return bench.compare("dedupe", "dedupe {records} records", data, targets, options=AS_REGISTRY)


def verify(bench: Bench) -> list[Row]:
    """A nation's records matched to its population register."""
    targets = [
        share_of_peers_time(0.2, "at most a fifth"),
        at_most("peak_gb", "peak memory", 6.0, "GB"),
        no_lower_than_peer("pair_f1", "F1 of matches"),
    ]
    data = partial(bench.sample_country, bench.country, with_register=True)
    return bench.compare("verify", "verify {records} records against {register}", data, targets, matching=True)


def _for_sizes(bench: Bench, row: str, work: str, targets: list[Target]) -> list[Row]:
    rows = []
    for scale in [bench.country] if bench.is_full else sorted({DEMO_SCALE, bench.country}):
        data = partial(bench.sample_country, scale)
        rows += bench.compare(row, work, data, targets, options=AS_REGISTRY)
    return rows
