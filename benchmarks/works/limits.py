"""How time grows with the number of records, and what happens when memory is short."""

from collections.abc import Callable
from functools import partial

from benchmarks.bench import AS_REGISTRY, NAMES, OURS, SPLINK, Bench
from benchmarks.datasets import Dataset
from benchmarks.growth import growth_of
from benchmarks.results import Figures, Row
from benchmarks.targets import Target, at_most
from ibr.errors import UsageProblem

# By scale of the run: DuckDB's limit, well below what it takes by itself, so that it has to spill.
MEMORY_LIMITS = {False: "400MB", True: "2GB"}
REGISTER_LIMITS = {False: "600MB", True: "5GB"}
# What is not DuckDB's: Python, libraries, and the arrays that clusters are made in.
BESIDE_GB = 1.0
STEP = ("records", "seconds", "cpu_seconds", "peak_gb", "other_cores", "pair_f1", "failed")


def growth(bench: Bench) -> list[Row]:
    """Deduplication at growing scales: the exponent of time in the number of records, the worst of the steps."""
    scales = [scale * bench.country for scale in ((0.1, 1, 3) if bench.is_full else (1, 10))]
    # At small scale only ours is put through the larger country: it is there to keep growth in view, not to compare.
    engines = [OURS, *([SPLINK] if bench.is_full and SPLINK in bench.engines else [])]
    steps: dict[str, list[Figures]] = {engine: [] for engine in engines}
    for scale in scales:
        try:
            data = bench.sample_country(scale)
        except UsageProblem as problem:
            bench.tell(f"growth: {problem}")
            continue
        for engine in engines:
            options = AS_REGISTRY if engine == OURS else None
            figures = bench.measure(engine, f"dedupe {data.size:,} records", data, options=options)
            steps[engine].append({name: figures[name] for name in STEP if name in figures})
    ours, *others = ({"engine": NAMES[engine], **growth_of(found)} for engine, found in steps.items())
    peer = others[0] if others else {}
    target = at_most("exponent", "exponent of time in the number of records", 1.15, "number")
    work = f"growth from {scales[0]:g}x to {scales[-1]:g}x"
    return [Row("growth", work, bench.scale, ours, peer, [target.judge(ours, peer)])]


def memory(bench: Bench) -> list[Row]:
    """Deduplication with little memory: it spills to disk, finishes, and finds the same."""
    data = partial(bench.sample_country, bench.country)
    return _with_little(bench, "memory", "dedupe {records} records", data, MEMORY_LIMITS[bench.is_full])


def register_memory(bench: Bench) -> list[Row]:
    """The match to the register, likewise."""
    data = partial(bench.sample_country, bench.country, with_register=True)
    work, limit = "verify {records} records against {register}", REGISTER_LIMITS[bench.is_full]
    return _with_little(bench, "register_memory", work, data, limit, matching=True)


def _with_little(
    bench: Bench, row: str, work: str, data: Callable[[], Dataset], limit: str, matching: bool = False
) -> list[Row]:
    options = None if matching else AS_REGISTRY
    try:
        dataset = data()
        told = work.format(records=f"{dataset.size:,}", register=f"{dataset.register_size:,}")
        free = bench.measure(OURS, told, dataset, matching, options)
    except UsageProblem:
        free = {}
    gigabytes = float(limit[:-2]) / (1000 if limit.endswith("MB") else 1)
    targets = [
        Target("pair_f1", "F1 of pairs", lambda _: free.get("pair_f1"), asked="as without the limit"),
        at_most("peak_gb", "peak memory of the process", gigabytes + BESIDE_GB, "GB"),
    ]
    work = f"{work} with memory_limit {limit}"
    return bench.compare(row, work, data, targets, matching=matching, options=options, memory_limit=limit)
