"""benchmarks/results/linkage.json: a row for each work and peer, each with when, on what and from which code."""

import datetime as dt
import json
import os
import platform
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.datasets import ROOT
from benchmarks.measure import machine_memory_gb

FILE = ROOT / "benchmarks" / "results" / "linkage.json"
Figures = dict[str, Any]


@dataclass
class Row:
    """What was found for one work beside one peer; `row` is its name in ROWS, `ratio` our seconds by the peer's.

    `ours` and `peer` hold figures, or {"failed": why} or {"left_out": why}; a work without a peer has peer {}.
    `targets` are judged (targets.py).
    """

    row: str
    work: str
    scale: str
    ours: Figures
    peer: Figures = field(default_factory=dict)
    targets: list[Figures] = field(default_factory=list)

    def as_dict(self, stamp: Figures) -> Figures:
        """For the file: what a reader of JSON needs, `stamp` (date, commit, machine) last."""
        return {
            "work": self.work,
            "row": self.row,
            "scale": self.scale,
            "ours": self.ours,
            "peer": self.peer,
            "ratio": ratio(self.ours, self.peer),
            "targets": self.targets,
            **stamp,
        }


def ratio(ours: Figures, peer: Figures) -> float | None:
    """Our seconds by the peer's; None where one of them has none."""
    mine, theirs = ours.get("seconds"), peer.get("seconds")
    return round(mine / max(theirs, 0.001), 3) if mine is not None and theirs is not None else None


def stamp() -> Figures:
    """Date, commit and machine of a row measured now."""
    return {
        "date": dt.datetime.now(dt.UTC).strftime("%Y-%m-%d"),
        "commit": _commit(),
        "machine": {
            "cpu": _cpu(),
            "cores": os.cpu_count(),
            "cores_allowed": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
            "memory_gb": round(machine_memory_gb(), 1),
            "load_at_start": round(os.getloadavg()[0], 2),
            "system": platform.platform(terse=True),
            "python": platform.python_version(),
            "duckdb": duckdb.__version__,
        },
    }


def read(path: Path = FILE) -> list[Figures]:
    """The rows of the file; none where there is no file. Rows of an earlier shape are passed over."""
    if not path.exists():
        return []
    return [row for row in json.loads(path.read_text(encoding="utf-8")) if "row" in row]


def merge(kept: list[Figures], new: list[Figures], order: list[str]) -> list[Figures]:
    """New rows take the place of those of the same work and peer; the others stay.

    A row that was left out (its data, or the peer, is not there) does not push out one that was measured; itself it
    goes with the next run of its name. Sorted by `order`, the names of rows; rows of other names are gone.
    """
    again = {row["row"] for row in new}
    rows = {_identity(row): row for row in kept if not (_is_left_out(row) and row["row"] in again)}
    for row in new:
        if not _is_left_out(row) or _identity(row) not in rows:
            rows[_identity(row)] = row
    known = [row for row in rows.values() if row["row"] in order]
    works = list(dict.fromkeys(row["work"] for row in known))
    return sorted(
        known,
        key=lambda r: (order.index(r["row"]), r["ours"].get("records", 0), works.index(r["work"]), _peer(r)),
    )


def write(rows: list[Figures], path: Path = FILE) -> None:
    """The whole file, or none of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    partial.rename(path)


def _identity(row: Figures) -> tuple[str, str]:
    return row["work"], _peer(row)


def _peer(row: Figures) -> str:
    """Without its version: a new release's figures replace the old one's."""
    return str(row["peer"].get("engine", "")).split(" ")[0]


def _is_left_out(row: Figures) -> bool:
    return "left_out" in row["ours"] or "left_out" in row["peer"]


def _commit() -> str:
    try:
        told = subprocess.run(
            ["git", "describe", "--always", "--dirty=, changed", "--exclude=*"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return told.stdout.strip()


def _cpu() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())
