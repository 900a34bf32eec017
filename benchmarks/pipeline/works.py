"""What is measured of a pipeline: the first run, the night after, and how time grows with the country."""

import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.datasets import Say, cache
from benchmarks.growth import CLOCKS, growth_of
from benchmarks.measure import JobFailed, Limits
from benchmarks.pipeline import country
from benchmarks.pipeline.stages import by_stage, rows_of_last_run
from benchmarks.pipeline.watching import watch
from benchmarks.results import Figures, Row
from benchmarks.targets import at_most
from ibr.config import load_warehouse
from sample_country.hundredth import change_a_hundredth

ENGINE = "ibr run"
NATION = 1.0  # the scale that targets of time are set for
# Below this a stage is over before its time says anything of how it grows.
SHORT_SECONDS = 2.0
MINUTES = at_most("minutes", "minutes from nothing to published, without the generation", 12, "number")
SHARE = at_most("share", "time of the night, as a share of the first run's", 0.1, "share")
EXPONENT = at_most("exponent", "exponent of time in the number of rows", 1.15, "number")


@dataclass(frozen=True)
class Size:
    """One size: its scale, and where its country lies already, unless it is to be made."""

    scale: float
    made_in: Path | None = None

    @classmethod
    def of_workspace(cls, folder: Path) -> "Size":
        """The size of a sample country that was made."""
        state = json.loads((folder / "truth" / "state.json").read_text(encoding="utf-8"))
        return cls(float(state["scale"]), folder)


def measure(size: Size, limits: Limits, say: Say) -> list[Row]:
    """Rows of one size: the first run, the night after a hundredth changed, and each stage of the first run."""
    made = size.made_in or country.made(size.scale, say)
    scratch = cache() / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=scratch))
    try:
        home = country.workspace(made, folder)
        say(f"scale {size.scale:g}: first run")
        first = _run(home, limits)
        if "failed" in first:
            return judged(size, first, None, 0, home)
        say(f"scale {size.scale:g}: {first['seconds']:.0f} s, {first['peak_gb']:.2f} GB")
        changed = change_a_hundredth(home / "sources")
        say(f"scale {size.scale:g}: night after {changed:,} rows changed")
        night = _run(home, limits)
        return [*judged(size, first, night, changed, home), *_stages(size, first)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def judged(size: Size, first: Figures, night: Figures | None, changed: int, home: Path) -> list[Row]:
    """The rows of a first run and of the night after `changed` rows, held against what is asked of them."""
    return [_first(size, first, home), *([_night(size, first, night, changed)] if night else [])]


def growth(rows: Sequence[Figures]) -> list[Row]:
    """Exponents of the whole run and of its longer stages, over the sizes that were measured on the last row's machine
    and commit."""
    runs = [row for row in rows if row["row"] == "run" and "failed" not in row["ours"]]
    runs = [row for row in runs if (row["machine"]["cpu"], row["commit"]) == _measured_by(runs[-1])]
    if len(runs) < 2:
        return []
    steps = [_step(run["ours"], run["ours"]["rows"], float(run["scale"])) for run in runs]
    ours = {"engine": ENGINE, **growth_of(steps), "stages": _exponents(runs)}
    work = f"growth from scale {runs[0]['scale']} to {runs[-1]['scale']}"
    return [Row("growth", work, runs[-1]["scale"], ours, {}, [EXPONENT.judge(ours, {})])]


def _measured_by(row: Figures) -> tuple[str, str]:
    return row["machine"]["cpu"], row["commit"]


def _exponents(runs: Sequence[Figures]) -> dict[str, float]:
    """By stage, where it is long enough at two sizes to tell."""
    found = {}
    for stage in runs[-1]["ours"]["stages"]:
        parts = [(run["ours"]["stages"].get(stage, {}), run["ours"]["rows"]) for run in runs]
        steps = [_step(part, rows) for part, rows in parts if part.get("seconds", 0) >= SHORT_SECONDS]
        if "exponent" in (told := growth_of(steps, [c for c in CLOCKS if all(s[c] > 0 for s in steps)])):
            found[stage] = told["exponent"]
    return found


def _step(figures: Figures, rows: int, scale: float | None = None) -> Figures:
    kept = {name: figures[name] for name in ("seconds", "cpu_seconds", "peak_gb", "other_cores") if name in figures}
    return {"records": rows, **kept, **({"scale": scale} if scale else {})}


def _run(home: Path, limits: Limits) -> Figures:
    """Figures of one `ibr run`, and of its stages."""
    command = [country.IBR, "run", "--home", str(home)]
    try:
        watched = watch(command, home, limits)
    except JobFailed as failure:
        return {"engine": ENGINE, "failed": str(failure)}
    rows = rows_of_last_run(home)
    whole = watched.between(0.0, watched.seconds)
    return {
        "engine": ENGINE,
        **whole,
        "minutes": round(whole["seconds"] / 60, 2),
        "rows": rows.get("replicate", 0),
        "rows_per_second": round(rows.get("replicate", 0) / whole["seconds"]),
        "other_cores": watched.other_cores,
        "stages": by_stage(watched, rows),
    }


def _first(size: Size, figures: Figures, home: Path) -> Row:
    settings = load_warehouse(home / "registry.yml", home)
    what = f"peak memory of all processes, memory_limit {settings.memory_limit}"
    targets = [at_most("peak_gb", what, settings.budget.total / 1e9, "GB")]
    if size.scale >= NATION:
        targets.insert(0, MINUTES)
    return _row("run", size, "from nothing to published", figures, targets)


def _night(size: Size, first: Figures, night: Figures, changed: int) -> Row:
    if "seconds" in night:
        night = {**night, "changed": changed, "share": round(night["seconds"] / first["seconds"], 3)}
    targets = [SHARE] if size.scale >= NATION else []
    return _row("night", size, "a night after 1% of people, payments and register changed", night, targets)


def _stages(size: Size, first: Figures) -> list[Row]:
    return [
        _row("stage", size, stage, {"engine": ENGINE, **figures}, []) for stage, figures in first["stages"].items()
    ]


def _row(name: str, size: Size, what: str, ours: Figures, targets: list[Any]) -> Row:
    judged = [target.judge(ours, {}) for target in targets]
    return Row(name, f"scale {size.scale:g}: {what}", f"{size.scale:g}", ours, {}, judged)
