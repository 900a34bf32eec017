"""A run of the benchmark: what has been measured so far, and how a work is measured beside its peers."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks import accuracy
from benchmarks.datasets import Dataset, Say, cache, sample_country
from benchmarks.jobs import Job
from benchmarks.measure import JobFailed, Limits, measured, quiet
from benchmarks.results import Figures, Row
from benchmarks.targets import Target
from ibr.errors import UsageProblem

OURS, SPLINK, RECORDLINKAGE = "ours", "splink", "recordlinkage_ecm"
NAMES = {OURS: "ibr linkage", SPLINK: "Splink", RECORDLINKAGE: "recordlinkage"}
PACKAGES = {SPLINK: "splink", RECORDLINKAGE: "recordlinkage"}
# A work this short is done three times and told by its median; longer ones vary little beside their length.
SHORT_SECONDS, TIMES = 20.0, 3
# As the registry runs the engine (linkage/registry/run.py): only sure pairs join, clusters are not compared as wholes.
AS_REGISTRY = {"join_probability": 0.99, "compare_clusters": False}


@dataclass
class Bench:
    """What all works share. `is_full`: national sizes. `engines`: those to measure; a test asks for ours alone.

    `tell` gets a line for each thing done, `say` what is going on just now.
    """

    is_full: bool
    limits: Limits
    tell: Say = print
    say: Say = quiet
    engines: Sequence[str] = (OURS, SPLINK, RECORDLINKAGE)
    times: int = TIMES
    country_scale: float | None = None
    _done: dict[str, Figures] = field(default_factory=dict)
    _countries: dict[tuple[float, bool], Dataset] = field(default_factory=dict)

    @property
    def scale(self) -> str:
        """What SCALE was."""
        return "full" if self.is_full else "small"

    @property
    def country(self) -> float:
        """The sample country's scale for this run."""
        return self.country_scale or (1.0 if self.is_full else 0.1)

    def sample_country(self, scale: float, with_register: bool = False) -> Dataset:
        """The sample country, made or looked for once in a run. Raises UsageProblem where it cannot be made."""
        asked = scale, with_register
        if asked not in self._countries:
            self._countries[asked] = sample_country(scale, self.tell, with_register)
        return self._countries[asked]

    def compare(
        self, row: str, work: str, data: Callable[[], Dataset], targets: list[Target], *,
        peers: Sequence[str] = (SPLINK,), matching: bool = False, options: dict[str, Any] | None = None,
        memory_limit: str | None = None,
    ) -> list[Row]:  # fmt: skip
        """Measure a work with our engine and with each peer: a row a peer. `{records}` in `work` is filled in.

        Where the data is not there, one row that says so.
        """
        try:
            dataset = data()
        except UsageProblem as problem:
            self.tell(f"{row}: left out: {problem}")
            work = work.format(records="the", register="the register")
            return [Row(row, work, self.scale, {"left_out": str(problem)})]
        work = work.format(records=f"{dataset.size:,}", register=f"{dataset.register_size:,}")
        ours = self.measure(OURS, work, dataset, matching, options, memory_limit)
        rows = []
        for name in [peer for peer in peers if peer in self.engines] or [""]:
            peer = self.measure(name, work, dataset, matching, None, memory_limit) if name else {}
            judged = [target.judge(ours, peer) for target in targets]
            rows.append(Row(row, work, self.scale, ours, peer, judged))
        return rows

    def measure(
        self, engine: str, work: str, dataset: Dataset, matching: bool = False,
        options: dict[str, Any] | None = None, memory_limit: str | None = None,
    ) -> Figures:  # fmt: skip
        """Figures of one engine on one data set, or why there are none. What was measured before is not run again."""
        job = _job(engine, dataset, matching, options or {}, memory_limit)
        if job.key not in self._done:
            self._done[job.key] = self._measure(job, work, dataset)
            self.tell(f"{work}: {in_short(self._done[job.key])}")
        return {**self._done[job.key], "records": dataset.size}

    def _measure(self, job: Job, work: str, dataset: Dataset) -> Figures:
        package = PACKAGES.get(job.engine)
        if package and find_spec(package) is None:
            return {"engine": NAMES[job.engine], "left_out": "not installed (uv sync --group bench)"}
        runs: list[Figures] = []
        while len(runs) < self.times and (not runs or runs[0]["wall_seconds"] < SHORT_SECONDS):
            try:
                runs.append(self._once(job, work, dataset))
            except JobFailed as failure:
                return {"engine": NAMES[job.engine], "failed": str(failure)}
        return _middle(runs)

    def _once(self, job: Job, work: str, dataset: Dataset) -> Figures:
        self.say(f"{work}: {NAMES[job.engine]}")

        def say(stage: str) -> None:
            self.say(f"{work}: {NAMES[job.engine]}: {stage}")

        with measured(job, cache() / "scratch", self.limits, say) as (figures, folder):
            return {**figures, **_accuracy(job, folder, dataset)}


def in_short(figures: Figures) -> str:
    """One line on one engine."""
    why = figures.get("failed") or figures.get("left_out")
    if why:
        return f"{figures['engine']}: {why}"
    return (
        f"{figures['engine']}: {figures['seconds']:.1f} s, {figures['cpu_seconds']:.1f} s of processor, "
        f"{figures['peak_gb']:.2f} GB, F1 {figures['pair_f1']:.4f}"
    )


def _job(engine: str, data: Dataset, matching: bool, options: dict[str, Any], memory_limit: str | None) -> Job:
    from benchmarks.country import REGISTER, REGISTER_ID, SHARED

    job: dict[str, Any] = {
        "engine": engine, "data": data.name, "records": str(data.records), "record_id": data.record_id,
        "source": data.source, "columns": data.columns, "options": options, "memory_limit": memory_limit,
    }  # fmt: skip
    if matching:
        job |= {"register": data.register, "register_id": REGISTER_ID, "register_columns": REGISTER, "columns": SHARED}
    return Job(**job)


def _accuracy(job: Job, folder: Path, dataset: Dataset) -> Figures:
    if job.register:
        assert dataset.register_truth is not None
        return accuracy.of_matches(folder, dataset.register_truth)
    return accuracy.of_clusters(folder, dataset.truth)


def _middle(runs: list[Figures]) -> Figures:
    """The run whose time is the median, with the largest memory of all, and a note where results differ."""
    median = statistics.median_low([run["seconds"] for run in runs])
    middle = dict(next(run for run in runs if run["seconds"] == median))
    middle["peak_gb"] = max(run["peak_gb"] for run in runs)
    middle["runs"] = len(runs)
    f1 = sorted({run["pair_f1"] for run in runs})
    if len(f1) > 1:
        middle["note"] = f"pair F1 differs from run to run: {f1[0]} to {f1[-1]}"
    return middle
