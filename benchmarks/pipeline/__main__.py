"""The whole pipeline at several scales of the sample country: `make bench-pipeline`.

    python -m benchmarks.pipeline [--scales "0.1 1"] [--workspace DIR]

Writes benchmarks/results/pipeline.json after each scale, and docs/pipeline-benchmarks.md from it.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from benchmarks import results
from benchmarks.measure import Limits
from benchmarks.page import target_lines
from benchmarks.pipeline import page, works
from benchmarks.pipeline.programs import programs as programs_row
from benchmarks.pipeline.works import Size
from benchmarks.results import Figures
from ibr.console import console, errors, table
from ibr.errors import IbrError, UsageProblem

FILE = results.FILE.with_name("pipeline.json")
ORDER = ["run", "night", "stage", "growth", "programs"]


@click.command(epilog='Example: python -m benchmarks.pipeline --scales "0.1 1 3"')
@click.option("--scales", default="0.1 1", show_default=True, help="Scales of the sample country, smallest first.")
@click.option(
    "--workspace", type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A sample country that is there already, in place of scales; it is copied, and stays as it is.",
)  # fmt: skip
@click.option("--programs", type=click.IntRange(min=6), help="So many programs in a tiny country, in place of scales.")
@click.option("--page-only", is_flag=True, help="Measure nothing; write the page from the results there are.")
def main(scales: str, workspace: Path | None, programs: int | None, page_only: bool) -> None:
    """Measure runs of the whole pipeline, from nothing and after a change of 1%."""
    if page_only:
        page.write(results.read(FILE))
        return
    try:
        found = run_programs(programs) if programs else run(sizes(scales, workspace), Limits.of_machine())
    except IbrError as problem:
        errors.print(f"bench: {problem}", markup=False, soft_wrap=True)
        sys.exit(problem.exit_code)
    lines = [(*line[:4], line[-1].strip("*")) for line in target_lines(found)]
    console.print(table("Targets", ["work", "figure", "asked", "ours", ""], lines))
    console.print(f"Written: {FILE.relative_to(results.ROOT)}, {page.FILE.relative_to(results.ROOT)}")
    if any("failed" in row["ours"] for row in found):
        sys.exit(1)


def sizes(scales: str, workspace: Path | None) -> list[Size]:
    """What was asked for. Raises UsageProblem."""
    if workspace:
        if not (workspace / "truth" / "state.json").is_file():
            raise UsageProblem(f"{workspace} holds no sample country; `ibr sample-country {workspace}` makes one")
        return [Size.of_workspace(workspace)]
    try:
        asked = sorted(float(scale) for scale in scales.replace(",", " ").split())
    except ValueError:
        raise UsageProblem(f"--scales is {scales!r}; expected numbers, such as 0.1 1") from None
    if not asked or asked[0] <= 0:
        raise UsageProblem(f"--scales is {scales!r}; expected numbers above 0, such as 0.1 1")
    return [Size(scale) for scale in asked]


def _tell(line: str) -> None:
    errors.print(line, markup=False, soft_wrap=True)


def run_programs(many: int) -> list[Figures]:
    """Measure many programs and merge the row into the results and the page."""
    stamp = results.stamp()
    found = [row.as_dict(stamp) for row in programs_row(many, _tell)]
    results.write(results.merge(results.read(FILE), found, ORDER), FILE)
    page.write(results.read(FILE))
    return found


def run(
    asked: Sequence[Size], limits: Limits, results_file: Path = FILE, page_file: Path = page.FILE
) -> list[Figures]:
    """Measure each size and merge its rows into the results and the page as it is done; the rows found."""
    found: list[Figures] = []
    for size in asked:
        stamp = results.stamp()
        rows = works.measure(size, limits, _tell)
        found += [row.as_dict(stamp) for row in rows]
        kept = [row for row in results.read(results_file) if row["row"] != "growth"]
        # The stages of a run that is measured again go with it, also those that it no longer has.
        kept = [row for row in kept if row["scale"] != f"{size.scale:g}"]
        merged = results.merge(kept, found, ORDER)
        grown = [row.as_dict(stamp) for row in works.growth(merged)]
        results.write(results.merge(merged, grown, ORDER), results_file)
        page.write(results.read(results_file), page_file)
    return [*found, *grown]


if __name__ == "__main__":
    main()
