"""A command and all its processes, watched from outside: what it says and when, processor, memory, disk."""

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.measure import JobFailed, Limits, seconds_of_others
from benchmarks.results import Figures

POLL_SECONDS = 0.2
DISK_SECONDS = 2.0  # between looks at the disk: a workspace has thousands of files
_TICK, _PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Sample:
    """The command's processes at a moment, in seconds since it began."""

    at: float
    cpu_seconds: float
    resident_gb: float
    spilled_gb: float
    disk_gb: float


@dataclass
class Watched:
    """What a command said (seconds since it began, line) and what it took. `other_cores`: taken by others meanwhile."""

    lines: list[tuple[float, str]] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    seconds: float = 0.0
    other_cores: float = 0.0

    def between(self, begun: float, ended: float) -> Figures:
        """Figures of a part of the time; disk: what the workspace held at its end."""
        part = [sample for sample in self.samples if begun <= sample.at <= ended] or [self._at(ended)]
        return {
            "seconds": round(ended - begun, 2),
            "cpu_seconds": round(self._at(ended).cpu_seconds - self._at(begun).cpu_seconds, 2),
            "peak_gb": round(max(sample.resident_gb for sample in part), 3),
            "spilled_gb": round(max(sample.spilled_gb for sample in part), 3),
            "disk_gb": round(part[-1].disk_gb, 3),
        }

    def _at(self, moment: float) -> Sample:
        return min(self.samples, key=lambda sample: abs(sample.at - moment))


def watch(command: Sequence[str], home: Path, limits: Limits) -> Watched:
    """Run a command on a workspace to its end. Raises JobFailed if it fails, or takes more than the limits."""
    watched, begun, others = Watched(), time.monotonic(), seconds_of_others()
    # A session of its own: every process that it starts is found by that.
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    hearing = threading.Thread(target=_hear, args=(process, watched, begun), daemon=True)
    hearing.start()
    disk, looked = 0.0, -DISK_SECONDS
    try:
        while process.poll() is None:
            now = time.monotonic() - begun
            if now - looked >= DISK_SECONDS:
                disk, looked = _size(home) / 1e9, now
            cpu, resident = _taken(process.pid)
            watched.samples.append(Sample(now, cpu, resident, _size(home / "tmp") / 1e9, disk))
            if ended := limits.beyond(resident, now):
                raise JobFailed(ended)
            time.sleep(POLL_SECONDS)
    finally:
        _end(process)
    hearing.join()
    watched.seconds = time.monotonic() - begun
    watched.other_cores = round(max(0.0, seconds_of_others() - others) / watched.seconds, 2)
    if process.returncode != 0:
        told = [line for _, line in watched.lines if line.startswith("ibr:")] or [f"exit {process.returncode}"]
        raise JobFailed(f"failed after {watched.seconds:.0f} s: {told[-1][:300]}")
    return watched


def _hear(process: subprocess.Popen, watched: Watched, begun: float) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        watched.lines.append((time.monotonic() - begun, line.rstrip("\n")))


def _end(process: subprocess.Popen) -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
    process.wait()


def _size(folder: Path) -> int:
    """Bytes of the files below a folder; what lies behind a link counts elsewhere, a file with two names once."""
    found: dict[int, int] = {}
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                status = os.lstat(Path(place, name))
                found[status.st_ino] = status.st_blocks * 512
    return sum(found.values())


def _taken(session: int) -> tuple[float, float]:
    """Processor seconds so far and resident gigabytes of a session's processes, those that ended included."""
    ticks = pages = 0
    for fields in _processes():
        if int(fields[3]) == session:
            ticks += sum(map(int, fields[11:15]))  # its own, and of children that ended and were waited for
            pages += int(fields[21])
    return ticks / _TICK, pages * _PAGE / 1e9


def _processes() -> Iterator[list[str]]:
    """/proc/<pid>/stat of each process, from its state on: its name, which may hold anything, is left out."""
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                yield Path(entry.path, "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
