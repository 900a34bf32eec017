"""Public sets with a known truth: the engine as `ibr link` runs it."""

from functools import partial

from benchmarks import datasets
from benchmarks.bench import RECORDLINKAGE, SPLINK, Bench
from benchmarks.results import Row
from benchmarks.targets import Target, at_least

BOTH = (SPLINK, RECORDLINKAGE)


def historical(bench: Bench) -> list[Row]:
    """50,578 records of historical people. recordlinkage's blocks bring more pairs here than its memory holds."""
    targets = [at_least("pair_f1", "F1 of pairs", 0.96), at_least("b_cubed_f1", "B-cubed F1", 0.96)]
    return bench.compare("historical", "historical figures, 50,578 records", datasets.historical, targets)


def febrl3(bench: Bench) -> list[Row]:
    """5,000 records, up to six of one person."""
    return _febrl(bench, 3, 0.994, 0.9995)


def febrl4(bench: Bench) -> list[Row]:
    """10,000 records, two of each person."""
    return _febrl(bench, 4, 0.997, 0.9999)


def _febrl(bench: Bench, number: int, without: float, with_it: float) -> list[Row]:
    rows = []
    for has_ssn, bound in ((False, without), (True, with_it)):
        work = f"FEBRL {number} {'with' if has_ssn else 'without'} SSN, {{records}} records"
        data = partial(datasets.febrl, number, has_ssn)
        rows += bench.compare(f"febrl{number}", work, data, [at_least("pair_f1", "F1 of pairs", bound)], peers=BOTH)
    return rows


def fake_1000(bench: Bench) -> list[Row]:
    """1,000 made-up records; no target was set."""
    shown: list[Target] = [Target("pair_f1", "F1 of pairs", lambda _: None, asked="none set")]
    return bench.compare("fake_1000", "fake_1000, 1,000 records", datasets.fake_1000, shown, peers=BOTH)
