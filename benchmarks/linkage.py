"""Accuracy, time and memory of the linkage engine beside Splink and recordlinkage: `make bench`.

    python -m benchmarks.linkage [--scale small|full] [--rows "febrl4 dedupe"]

Writes benchmarks/results/linkage.json after each work, and docs/benchmarks.md from it.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

import click

from benchmarks import page, results
from benchmarks.bench import Bench
from benchmarks.measure import Limits
from benchmarks.results import Figures
from benchmarks.works import WORKS
from ibr.console import console, errors, progress, table
from ibr.errors import IbrError, UsageProblem


@click.command(epilog='Example: python -m benchmarks.linkage --scale full --rows "dedupe verify"')
@click.option("--scale", type=click.Choice(["small", "full"]), default="small", show_default=True)
@click.option("--rows", default="", help=f"Only these, by name: {', '.join(WORKS)}.")
@click.option("--page-only", is_flag=True, help="Measure nothing; write docs/benchmarks.md from the results there are.")
def main(scale: str, rows: str, page_only: bool) -> None:
    """Measure the linkage engine beside its peers."""
    try:
        if page_only:
            page.write(results.read())
            return
        with progress("bench") as say:
            bench = Bench(
                is_full=scale == "full",
                limits=Limits.of_machine(),
                tell=lambda line: errors.print(line, markup=False, soft_wrap=True),
                say=say if errors.is_terminal else lambda _: None,
            )
            found = run(bench, named(rows))
    except IbrError as problem:
        errors.print(f"bench: {problem}", markup=False, soft_wrap=True)
        sys.exit(problem.exit_code)
    lines = [(*line[:-1], line[-1].strip("*")) for line in page.target_lines(found)]
    console.print(table("Targets", ["work", "figure", "asked", "ours", "peers", ""], lines))
    console.print(f"Written: {results.FILE.relative_to(results.ROOT)}, {page.FILE.relative_to(results.ROOT)}")
    if any("failed" in row["ours"] for row in found):
        sys.exit(1)


def named(rows: str) -> list[str]:
    """The works asked for, in their order; all where none is named. Raises UsageProblem."""
    asked = rows.replace(",", " ").split()
    unknown = [name for name in asked if name not in WORKS]
    if unknown:
        raise UsageProblem(f"no row is called {', '.join(unknown)}; there are {', '.join(WORKS)}")
    return [name for name in WORKS if not asked or name in asked]


def run(
    bench: Bench, names: Iterable[str], results_file: Path = results.FILE, page_file: Path = page.FILE
) -> list[Figures]:
    """Measure works and merge their rows into the results and the page as each is done; the rows found."""
    found: list[Figures] = []
    for name in names:
        stamp = results.stamp()
        found += [row.as_dict(stamp) for row in WORKS[name](bench)]
        merged = results.merge(results.read(results_file), found, list(WORKS))
        results.write(merged, results_file)
        page.write(merged, page_file)
    return found


if __name__ == "__main__":
    main()
