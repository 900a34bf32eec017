"""Running a job in a process of its own: time, memory, and an end for what would take the machine down."""

import contextlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.datasets import ROOT, Say
from benchmarks.jobs import Job

POLL_SECONDS = 0.1


class JobFailed(Exception):
    """A job that gave no result; the text says why, in one line."""


@dataclass(frozen=True)
class Limits:
    """When a job is ended: beyond `memory_gb` of resident memory, or after `minutes`."""

    memory_gb: float
    minutes: float

    @classmethod
    def of_machine(cls) -> "Limits":
        """85% of the machine's memory, or $IBR_BENCH_MEMORY_GB; an hour, or $IBR_BENCH_MINUTES."""
        memory = os.environ.get("IBR_BENCH_MEMORY_GB")
        return cls(
            float(memory) if memory else 0.85 * machine_memory_gb(),
            float(os.environ.get("IBR_BENCH_MINUTES", 60)),
        )

    def beyond(self, resident_gb: float, seconds: float) -> str | None:
        """Why a job is to be ended that takes so much; None where it may go on."""
        if resident_gb > self.memory_gb:
            return f"ended after {seconds:.0f} s: it took more than the {self.memory_gb:.1f} GB allowed"
        if seconds > self.minutes * 60:
            return f"ended: it took longer than the {self.minutes:g} minutes allowed"
        return None


def machine_memory_gb() -> float:
    """The machine's memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


@contextmanager
def measured(job: Job, scratch: Path, limits: Limits, say: Say) -> Iterator[tuple[dict[str, Any], Path]]:
    """Run the job; its figures and the folder with its result, which is gone afterwards. Raises JobFailed.

    Beside the job's own figures: wall_seconds of the whole process; spilled_gb, the most that lay on disk beside the
    scratch database; other_cores, how many cores other processes took meanwhile.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=scratch))
    try:
        job.write(folder / "job.json")
        observed = _watch(folder, limits, say)
        figures = json.loads((folder / "figures.json").read_text(encoding="utf-8"))
        yield {**figures, **observed}, folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _watch(folder: Path, limits: Limits, say: Say) -> dict[str, float]:
    begun = time.monotonic()
    with (folder / "progress.txt").open("w") as progress, (folder / "errors.txt").open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.child", "job.json"],
            cwd=folder, stdout=progress, stderr=errors, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    largest, spilled, ended = 0.0, 0.0, None
    others = seconds_of_others()
    try:
        while process.poll() is None:
            time.sleep(POLL_SECONDS)
            largest, spilled = max(largest, _resident_gb(process.pid)), max(spilled, _spilled_gb(folder))
            ended = limits.beyond(largest, time.monotonic() - begun)
            if ended:
                process.kill()
                process.wait()
            _tell(folder, say)
    finally:
        process.kill()
        process.wait()
    seconds = time.monotonic() - begun
    if process.returncode != 0:
        raise JobFailed(ended or _reason(process.returncode, folder, largest, seconds))
    return {
        "wall_seconds": round(seconds, 2),
        "spilled_gb": round(spilled, 3),
        "other_cores": round(max(0.0, seconds_of_others() - others) / seconds, 2),
    }


def seconds_of_others() -> float:
    """Processor seconds of everything but the processes measured so far, from an arbitrary zero; 0 where not known."""
    with contextlib.suppress(OSError, ValueError):
        fields = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:]
        user, nice, system, _idle, _waiting, interrupt, soft_interrupt = map(int, fields[:7])
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        busy = (user + nice + system + interrupt + soft_interrupt) / os.sysconf("SC_CLK_TCK")
        return busy - spent.ru_utime - spent.ru_stime
    return 0.0


def _reason(code: int, folder: Path, largest: float, seconds: float) -> str:
    if code == -signal.SIGKILL:
        return f"killed by the system after {seconds:.0f} s, most likely for its memory ({largest:.1f} GB)"
    # The message of the last exception: a line that begins at the margin, after the traceback.
    lines = (folder / "errors.txt").read_text(encoding="utf-8", errors="replace").splitlines()
    told = [line for line in lines if line[:1].strip() and not line.startswith("Traceback")]
    named = next((line for line in reversed(told) if "Error" in line.split(":")[0] or "Exception" in line), "")
    return f"failed after {seconds:.0f} s: {(named or (told or [f'exit {code}'])[-1])[:200]}"


def _resident_gb(process: int) -> float:
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf(
            "SC_PAGE_SIZE"
        ) / 1e9  # fmt: skip
    return 0.0


def _spilled_gb(folder: Path) -> float:
    """What DuckDB put aside: files in its temporary folders (scratch.duckdb.tmp, .tmp)."""
    total = 0
    for spill in (folder / "scratch.duckdb.tmp", folder / ".tmp"):
        with contextlib.suppress(OSError):
            total += sum(entry.stat().st_size for entry in os.scandir(spill))
    return total / 1e9


def _tell(folder: Path, say: Say) -> None:
    lines = (folder / "progress.txt").read_text(encoding="utf-8", errors="replace").splitlines()
    if lines:
        say(lines[-1])


def quiet(_: str) -> None:
    """Progress for nobody."""
