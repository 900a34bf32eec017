"""The measured process: one job, one engine, nothing else.

    python -m benchmarks.child JOB.json

Works in the current folder: progress to stdout, the engine's result beside the job, figures to figures.json. Reading
the records in and importing libraries is outside the clock.
"""

import json
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.jobs import Job


class Clock:
    """Seconds and processor seconds of the work itself."""

    def __init__(self) -> None:
        self.seconds = self.cpu_seconds = 0.0

    @contextmanager
    def __call__(self) -> Iterator[None]:
        start, cpu = time.perf_counter(), time.process_time()
        yield
        self.seconds += time.perf_counter() - start
        self.cpu_seconds += time.process_time() - cpu


def peak_gb() -> float:
    """The process's largest resident memory.

    Not ru_maxrss where there is another way: Linux lets a child start with its parent's.
    """
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1e6
    unit = 1e9 if sys.platform == "darwin" else 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def run(job: Job) -> dict[str, Any]:
    """Do the job in the current folder; its figures."""
    engine = import_module(f"benchmarks.engines.{job.engine}")
    clock = Clock()
    extra = engine.match(job, clock) if job.register else engine.deduplicate(job, clock)
    return {
        "engine": engine.name(),
        "seconds": round(clock.seconds, 3),
        "cpu_seconds": round(clock.cpu_seconds, 3),
        "peak_gb": round(peak_gb(), 3),
        **extra,
    }


def main() -> None:
    """Run the job named on the command line."""
    with suppress(OSError):  # where memory runs out, this process is the one to go
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="utf-8")
    figures = run(Job.read(Path(sys.argv[1])))
    Path("figures.json").write_text(json.dumps(figures), encoding="utf-8")


if __name__ == "__main__":
    main()
