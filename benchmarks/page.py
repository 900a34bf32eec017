"""What people read: docs/benchmarks.md and the table on the terminal, both from the rows of linkage.json alone."""

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from benchmarks.datasets import ROOT
from benchmarks.results import Figures

FILE = ROOT / "docs" / "benchmarks.md"
# Cores taken by other processes up to which a machine counts as idle.
QUIET = 0.2
VERDICTS = {True: "met", False: "**missed**", None: "not known"}
HEAD = """\
# Benchmarks of the linkage engine

Written by `make bench` from [linkage.json](../benchmarks/results/linkage.json), which says more; not by hand. How it is
measured and what the peers' models are: [benchmarks/README.md](../benchmarks/README.md).
"""
WHAT = """\
## What was measured

- **Accuracy** on public sets whose truth is known, and on the made-up country, which knows who is who. No engine was
  shown the truth. Precision: of the pairs taken as one person, the share that are. Recall: of the pairs that are one
  person, the share found. F1: their harmonic mean. B-cubed: the same from each record's point of view.
- **Families**: beneficiaries live in households, and people of one household resemble each other on paper. The share of
  pairs of different people of one household that were taken as one person.
- **Time and memory** of each engine in a process of its own, on the same records, one after the other in one run.
  Seconds are of the linkage itself: training, candidate pairs, scoring, clusters; reading the records in is left out
  for all. Processor seconds are summed over cores. Memory is the largest resident memory of the process. Other work:
  the cores that other processes took meanwhile.
- **Ours** is given the roles of columns and nothing else. **Splink** has the model of its own documentation's example
  where there is one, **recordlinkage** its guide's; nobody tuned either, and somebody who knows them well would get
  more out of them.

## To repeat it

```
make bench                            # minutes
make bench SCALE=full                 # a nation's records
make bench ROWS="febrl4 dedupe"       # only these rows; the other figures stay as they are
```
"""


def render(rows: list[Figures]) -> str:
    """The page."""
    parts = (
        HEAD,
        _summary(rows),
        "## Targets\n\n" + table(["work", "figure", "asked", "ours", "peers", ""], target_lines(rows)),
        _missed(rows),
        "## Time and memory\n\n" + table(TIME_COLUMNS, _time_lines(rows)),
        _growth(rows),
        _left_out(rows),
        WHAT,
    )
    return "\n".join(part for part in parts if part)


def write(rows: list[Figures], path: Path = FILE) -> None:
    """Write the page."""
    path.write_text(render(rows), encoding="utf-8")


def target_lines(rows: list[Figures]) -> list[list[str]]:
    """A line for each target of each work, with the same figure of every peer; works that were left out have none."""
    lines = []
    for work, same in groupby(rows, key=lambda row: row["work"]):
        beside = list(same)
        for first in beside[0].get("targets", []):
            peers = [f"{_name(row)} {shown(t['peer'], t['unit'])}" for row, t in _same(beside, first)]
            lines.append(
                [work, first["what"], _asked(first), shown(first["got"], first["unit"]), ", ".join(peers),
                 VERDICTS[first["met"]] if first["asked"] != "none set" else ""]
            )  # fmt: skip
    return lines


def shown(value: float | None, unit: str) -> str:
    """A figure as people read it."""
    if value is None:
        return "–"
    if unit == "share":
        return f"{value:.0%}" if value >= 0.1 else f"{value:.2%}" if value >= 0.001 else f"{value:.3%}"
    if unit == "GB":
        return f"{value:.1f} GB"
    if unit == "number":
        return f"{value:.2f}"
    return f"{value:.4f}"


def _same(rows: list[Figures], target: Figures) -> Iterable[tuple[Figures, Figures]]:
    """The rows whose peer has a figure for this target."""
    for row in rows:
        for other in row["targets"]:
            if other["what"] == target["what"] and other["peer"] is not None:
                yield row, other


def _name(row: Figures) -> str:
    return str(row["peer"]["engine"]).split(" ")[0]


def _asked(target: Figures) -> str:
    if target["asked"]:
        return str(target["asked"])
    bound = target["bound"]
    number = shown(bound, target["unit"]) if target["unit"] != "accuracy" else f"{bound:g}"
    return f"{'at most' if target['at_most'] else 'at least'} {number}"


def _summary(rows: list[Figures]) -> str:
    if not rows:
        return "Nothing has been measured yet.\n"
    judged = [t["met"] for work in _works(rows) for t in work["targets"] if t["asked"] != "none set"]
    machines = {machine(row) for row in rows}
    dates = sorted({row["date"] for row in rows})
    when = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    unknown = judged.count(None)
    return (
        f"**{judged.count(True)} of {len(judged)} targets are met, {judged.count(False)} missed"
        f"{f', {unknown} not known' if unknown else ''}.** Measured {when} on {'; '.join(sorted(machines))}."
        f"{_other_work(rows)}\n"
    )


def _other_work(rows: list[Figures]) -> str:
    """What the reader should know of times where other work ran beside."""
    measured = [figures for row in rows for figures in (row["ours"], row["peer"], *row["ours"].get("steps", []))]
    if max((figures.get("other_cores", 0.0) for figures in measured), default=0.0) <= QUIET:
        return ""
    return " Other work ran beside some of it: its seconds are rough, processor seconds less so."


def machine(row: Figures) -> str:
    """The machine of a row, in words."""
    told = row["machine"]
    return (
        f"{told['cpu']}, {told['cores_allowed']} cores, {told['memory_gb']:.0f} GB, "
        f"Python {told['python']}, DuckDB {told['duckdb']}"
    )


def _works(rows: list[Figures]) -> list[Figures]:
    """The first row of each work: the one beside its main peer."""
    return [next(iter(same)) for _, same in groupby(rows, key=lambda row: row["work"])]


def _missed(rows: list[Figures]) -> str:
    lines = [
        f"- {row['work']}: {target['what']}: {_asked(target)} was asked, "
        + (f"{shown(target['got'], target['unit'])} was measured." if "failed" not in row["ours"] else "it failed.")
        for row in _works(rows)
        for target in row["targets"]
        if target["met"] is False
    ]
    return "## Missed\n\n" + ("\n".join(lines) or "Nothing.") + "\n"


GROWTH_COLUMNS = ["engine", "records", "seconds", "processor seconds", "peak memory", "F1 of pairs", "measured"]
TIME_COLUMNS = ["work", "engine", "seconds", "processor seconds", "peak memory", "other work", "runs", "measured"]


def _time_lines(rows: list[Figures]) -> list[list[str]]:
    lines = []
    for work, same in groupby(rows, key=lambda row: row["work"]):
        beside = list(same)
        measured = f"{beside[0]['date']}, {beside[0]['commit']}"
        for figures in [beside[0]["ours"], *(row["peer"] for row in beside if row["peer"])]:
            if "seconds" in figures:
                lines.append([work, figures["engine"], *_cost(figures), str(figures["runs"]), measured])
    return _without_repeats(lines)


def _cost(figures: Figures) -> list[str]:
    """Seconds, processor seconds, memory, other work."""
    return [
        f"{figures['seconds']:.1f}",
        f"{figures['cpu_seconds']:.1f}",
        f"{figures['peak_gb']:.2f} GB",
        f"{figures['other_cores']:.1f} cores",
    ]


def _without_repeats(lines: list[list[str]]) -> list[list[str]]:
    """One line where several works had the same run: the sample country's are one."""
    seen: set[tuple[str, ...]] = set()
    kept = []
    for line in lines:
        if (key := tuple(line[1:])) not in seen:
            kept.append(line)
        seen.add(key)
    return kept


def _growth(rows: list[Figures]) -> str:
    lines = [
        [figures["engine"], f"{step['records']:,}", f"{step['seconds']:.1f}" if "seconds" in step else step["failed"],
         f"{step['cpu_seconds']:.1f}" if "seconds" in step else "–",
         f"{step['peak_gb']:.2f} GB" if "peak_gb" in step else "–", shown(step.get("pair_f1"), "accuracy"),
         f"{row['date']}, {row['commit']}"]
        for row in rows
        for figures in (row["ours"], row["peer"])
        for step in figures.get("steps", [])
    ]  # fmt: skip
    if not lines:
        return ""
    return "## Growth\n\n" + table(GROWTH_COLUMNS, lines)


def _left_out(rows: list[Figures]) -> str:
    told = [
        f"- {row['work']}: {figures.get('engine', 'the data')}: {figures.get('failed') or figures.get('left_out')}"
        for row in rows
        for figures in (row["ours"], row["peer"])
        if "failed" in figures or "left_out" in figures
    ]
    notes = [
        f"- {row['work']}: {figures['engine']}: {figures['note']}"
        for row in rows
        for figures in (row["ours"], row["peer"])
        if "note" in figures
    ]
    lines = list(dict.fromkeys([*told, *notes]))
    return "## Failed, left out, uneven\n\n" + "\n".join(lines) + "\n" if lines else ""


def table(columns: list[str], lines: list[list[str]]) -> str:
    """A table in Markdown."""
    rows = [columns, ["---"] * len(columns), *lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in rows) + "\n"
