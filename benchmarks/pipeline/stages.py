"""The stages of a run, as the run itself tells them: what it says when each begins."""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import duckdb

from benchmarks.pipeline.watching import Watched
from benchmarks.results import Figures

START = "start"
# `link` is deduplication and the match to the register, which run beside each other; `verify` what is made of them.
STAGES = (START, "replicate", "registry", "link", "verify", "marts", "checks", "exceptions", "publish")
_BEGINS = re.compile(r"\[ *[\d.]+ s\] (replicate|registry|link|marts|exceptions|publish)($| …)")
# Parts of stages that are told by lines of their own: what is measured apart, and where the stage goes on.
_PARTS = {
    "checking the contract on ": "checks",
    "verifying": "verify",
    "replacing the last run's tables": "link",
}


def by_stage(watched: Watched, rows: Mapping[str, int]) -> dict[str, Figures]:
    """Figures of each stage that the run went through; a stage in several parts has their sum, and their peak."""
    found: dict[str, Figures] = {}
    for stage, begun, ended in _spans(watched):
        part = watched.between(begun, ended)
        if known := found.get(stage):
            for name in ("seconds", "cpu_seconds"):
                part[name] = round(part[name] + known[name], 2)
            for name in ("peak_gb", "spilled_gb"):
                part[name] = max(part[name], known[name])
        found[stage] = part
    for stage, figures in found.items():
        if stage in rows:
            figures |= {"rows": rows[stage], "rows_per_second": round(rows[stage] / max(figures["seconds"], 0.01))}
    return {stage: found[stage] for stage in STAGES if stage in found}


def _spans(watched: Watched) -> Iterator[tuple[str, float, float]]:
    cuts = [(0.0, START)]
    for moment, line in watched.lines:
        stage = stage_of(line)
        if stage and stage != cuts[-1][1]:
            cuts.append((moment, stage))
    for (begun, stage), (ended, _) in pairwise([*cuts, (watched.seconds, "")]):
        yield stage, begun, ended


def stage_of(line: str) -> str | None:
    """The stage that begins with a line of a run's; None where it goes on with the one it is at."""
    if begins := _BEGINS.match(line):
        return begins[1]
    said = line.partition("] ")[2]
    return next((stage for start, stage in _PARTS.items() if said.startswith(start)), None)


def rows_of_last_run(home: Path) -> dict[str, int]:
    """Rows that each stage of the last run dealt with, by what it wrote in ops.runs; checks: of the layers checked."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
        answer = con.execute(
            "SELECT stage, sum(rows)::BIGINT FROM ops.runs WHERE rows IS NOT NULL "
            "AND run_id = (SELECT max_by(run_id, ended_at) FROM ops.runs) GROUP BY stage"
        )
        rows = dict(answer.fetchall())
    rows |= {"verify": rows.get("link", 0), "checks": rows.get("registry", 0) + rows.get("marts", 0)}
    return {stage: rows[stage] for stage in STAGES if rows.get(stage)}
