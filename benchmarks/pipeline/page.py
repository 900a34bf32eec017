"""docs/pipeline-benchmarks.md, from the rows of pipeline.json alone."""

from pathlib import Path

from benchmarks.datasets import ROOT
from benchmarks.page import QUIET, machine, table, target_lines
from benchmarks.results import Figures

FILE = ROOT / "docs" / "pipeline-benchmarks.md"
HEAD = """\
# Benchmarks of the whole pipeline

Written by `make bench-pipeline` from [pipeline.json](../benchmarks/results/pipeline.json), which says more; not by
hand.
"""
WHAT = """\
## What was measured

The sample country of a scale (1.0 is a nation: 883,000 households, 3.7 million persons, 30 million people in the
register, 10 million payments) is made before, and not counted. Then `ibr run`, in a new workspace, from nothing to
published, with all audiences, exception files and the public pages; then again, after a hundredth of the people, of
the payments and of the register were changed in their systems.

- **Stages** are cut where the run says that they begin. `start`: Python, libraries, definitions; `replicate`: all
  sources, with the contracts on what they sent; `registry`: seeds, staging and registry with their tests; `link`:
  deduplication, and the match to the register beside it; `verify`: what these come to for each record; `checks`:
  contracts on registry and marts; the rest by their name.
- **Seconds** from outside; **processor** seconds over all cores and processes; **memory**: the largest sum of
  resident memory of all processes of the run; **spilled**: the most that DuckDB had put aside on disk; **disk**: what
  the workspace held at the stage's end, without the sources; **rows**: copied, built, linked, written or published by
  the stage, as the run records it.
- **Growth**: the largest exponent between neighbouring sizes, ln(time ratio) / ln(row ratio), of seconds and of
  processor seconds, of sizes measured on one machine and commit. Stages under 2 s are left out.

## To repeat it

```
make bench-pipeline                     # scales 0.1 and 1
make bench-pipeline SCALES="0.01"       # minutes, to see that it works
make bench-pipeline PROGRAMS=80         # 80 programs in a tiny country, beside its own five
make bench-pipeline WORKSPACE=DIR       # on a sample country that `ibr sample-country DIR` has made; it stays as it is
```
"""
STAGE_COLUMNS = ["stage", "seconds", "processor", "memory", "spilled", "disk", "rows", "rows a second"]
PROGRAM_COLUMNS = ["programs", "dbt parses", "definitions", "first run", "measured"]
GROWTH_COLUMNS = ["scale", "rows copied", "seconds", "processor", "memory", "measured"]


def render(rows: list[Figures]) -> str:
    """The page."""
    parts = [HEAD, _summary(rows)]
    if lines := target_lines(rows):
        parts.append("## Targets\n\n" + table(["work", "figure", "asked", "ours", "peers", ""], lines))
    parts += [_of_scale(rows, scale) for scale in dict.fromkeys(row["scale"] for row in rows if row["row"] == "run")]
    parts += [_growth(rows), _programs(rows), WHAT]
    return "\n".join(part for part in parts if part)


def write(rows: list[Figures], path: Path = FILE) -> None:
    """Write the page."""
    path.write_text(render(rows), encoding="utf-8")


def _summary(rows: list[Figures]) -> str:
    if not rows:
        return "Nothing has been measured yet.\n"
    busy = any(row["ours"].get("other_cores", 0) > QUIET for row in rows)
    return (
        f"Measured on {'; '.join(sorted({machine(row) for row in rows}))}."
        f"{' Other work ran beside some of it: seconds are rough there, processor seconds less so.' if busy else ''}\n"
    )


def _of_scale(rows: list[Figures], scale: str) -> str:
    here = {row["row"]: row for row in rows if row["scale"] == scale and row["row"] in ("run", "night")}
    first = here["run"]
    when = f"Measured {first['date']}, {first['commit']}"
    if "failed" in first["ours"]:
        return f"## Scale {scale}\n\n{when}. It {first['ours']['failed']}.\n"
    columns, lines = STAGE_COLUMNS, [_line(stage, figures) for stage, figures in first["ours"]["stages"].items()]
    lines.append(_line("**all**", first["ours"]))
    night = here.get("night", {}).get("ours", {})
    if "stages" in night:
        columns, lines = [*columns, "night"], [
            [*line, _seconds(night["stages"].get(line[0], night if line[0] == "**all**" else {}))] for line in lines
        ]  # fmt: skip
    told = " ".join(filter(None, [f"{when}.", _of_others(first["ours"]), _of_night(night)]))
    return f"## Scale {scale}\n\n{told}\n\n{table(columns, lines)}"


def _of_others(figures: Figures) -> str:
    cores = figures.get("other_cores", 0)
    return f"Other work took {cores:.1f} cores beside it: its seconds are rough." if cores > QUIET else ""


def _of_night(night: Figures) -> str:
    if "failed" in night:
        return f"The night after: {night['failed']}."
    if not night:
        return ""
    return (
        f"A night after {night['changed']:,} rows had changed took {night['seconds']:.0f} s and "
        f"{night['peak_gb']:.2f} GB: {night['share']:.0%} of the first run (last column: seconds)."
    )


def _line(name: str, figures: Figures) -> list[str]:
    rows = [f"{figures[key]:,}" if key in figures else "–" for key in ("rows", "rows_per_second")]
    gigabytes = [f"{figures[key]:.2f} GB" for key in ("peak_gb", "spilled_gb", "disk_gb")]
    return [name, _seconds(figures), f"{figures['cpu_seconds']:.1f}", *gigabytes, *rows]


def _seconds(figures: Figures) -> str:
    return f"{figures['seconds']:.1f}" if figures else "–"


def _growth(rows: list[Figures]) -> str:
    row = next((row for row in rows if row["row"] == "growth"), None)
    if row is None:
        return ""
    ours = row["ours"]
    lines = [
        [f"{step['scale']:g}", f"{step['records']:,}", f"{step['seconds']:.1f}", f"{step['cpu_seconds']:.1f}",
         f"{step['peak_gb']:.2f} GB", f"{row['date']}, {row['commit']}"]
        for step in ours["steps"]
    ]  # fmt: skip
    told = ", ".join(f"{stage} {value:.2f}" for stage, value in ours["stages"].items())
    whole = f"Exponent of the whole: {ours['exponent']:.2f}. By stage: {told or 'none is long enough'}."
    return f"## Growth\n\n{table(GROWTH_COLUMNS, lines)}\n{whole}\n"


def _programs(rows: list[Figures]) -> str:
    row = next((row for row in rows if row["row"] == "programs"), None)
    if row is None:
        return ""
    lines = [
        [str(figures["programs"]), *(
            f"{figures[f'{step}_seconds']:.1f} ({figures[f'{step}_cpu_seconds']:.1f})" if "seconds" in figures else "–"
            for step in ("parse", "definitions", "run")
        ), f"{row['date']}, {row['commit']}"]
        for figures in (row["peer"], row["ours"])
    ]  # fmt: skip
    return (
        "## Many programs\n\nSeconds (of processor) in a tiny country whose further programs have a system and a "
        f"household each.\n\n{table(PROGRAM_COLUMNS, lines)}"
    )
