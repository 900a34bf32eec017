"""`ibr review`: the pairs that wait for a person, and samples for clerks that measure the linkage."""

import json
from pathlib import Path

import click

from ibr.cli.options import home_option, json_option
from ibr.console import console, table
from ibr.errors import UsageProblem
from ibr.workspace import Workspace

_FILE = click.Path(path_type=Path, dir_okay=False)
UNSEEN = (
    "Pairs that no match key brought together, and pairs below the review threshold, are not listed and not seen here: "
    "recall is of listed pairs only."
)


@click.group(invoke_without_command=True, epilog="Example: ibr review --first 50")
@home_option
@click.option("--first", type=click.IntRange(min=0), default=20, show_default=True, help="How many pairs to list.")
@json_option
@click.pass_context
def review(context: click.Context, home: Workspace, first: int, as_json: bool) -> None:
    """The pairs that wait for a person: how many, of which sources, how probable; and the likeliest."""
    if context.invoked_subcommand:
        return
    from linkage.clerical import queue

    with _warehouse(home) as con:
        found = queue(con, first)
    if as_json:
        click.echo(json.dumps(found.as_dict(), indent=1))
        return
    console.print(f"{found.total:,} pairs wait for review.")
    if found.total:
        console.print(table("By sources and probability", ["sources", "probability", "pairs"], found.counts))
        console.print(table("The likeliest", ["record", "record", "match key", "probability"], found.pairs))
        console.print("`ibr explain RECORD RECORD` tells why.")


@review.command(epilog="Example: ibr review sample --size 200 --output sample.csv")
@home_option
@click.option("--size", type=click.IntRange(min=1), default=200, show_default=True, help="Pairs to judge.")
@click.option("--output", type=_FILE, default=None, help="The CSV file to write. It holds personal data.")
@click.option("--read", "judged", type=_FILE, default=None, help="A file whose column decision is filled in.")
@json_option
def sample(home: Workspace, size: int, output: Path | None, judged: Path | None, as_json: bool) -> None:
    """A sample for clerks that measures precision and recall: write it with --output, read the answers with --read.

    Clerks fill the column decision with same, different or unsure. The file shows both records, but neither
    probability nor verdict. Answers bind nothing and are stored nowhere: they only measure. Read them before the next
    `ibr run`, which may list other pairs.
    """
    if (output is None) == (judged is None):
        raise UsageProblem("one of --output FILE (write a sample) and --read FILE (read its answers) is needed")
    if output:
        _write(home, size, output, as_json)
    elif judged:
        _read(home, judged, as_json)


def _write(home: Workspace, size: int, output: Path, as_json: bool) -> None:
    from linkage import clerical

    with _warehouse(home) as con:
        written = clerical.sample(con, size, output)
    if as_json:
        click.echo(json.dumps({"pairs": written, "file": str(output)}))
        return
    told = f"{written:,} pairs written to {output}. It holds personal data: give it only to those who judge them."
    console.print(told, markup=False)
    console.print(f"Fill in decision (same, different, unsure), then: ibr review sample --read {output}", markup=False)


def _read(home: Workspace, judged: Path, as_json: bool) -> None:
    from linkage.clerical import read_sample

    with _warehouse(home) as con:
        answers = read_sample(con, judged)
    if as_json:
        click.echo(json.dumps({**answers.as_dict(), "note": UNSEEN}, indent=1))
        return
    strata = [(s.verdict, s.band, s.pairs, s.same, s.different, s.unsure) for s in answers.strata]
    console.print(table("Answers", ["verdict", "probability", "pairs", "same", "different", "unsure"], strata))
    rows = [
        (name, e.share, e.standard_error, e.low, e.high) if e else (name, None, None, None, None)
        for name, e in answers.estimates.items()
    ]
    console.print(table("Estimates", ["measure", "estimate", "standard error", "95% from", "to"], rows))
    if unsure := sum(s.unsure for s in answers.strata):
        console.print(f"{unsure:,} unsure answers are left out, as if those pairs had not been asked about.")
    if None in answers.estimates.values():
        console.print("An estimate is empty where a stratum has no answer same or different, or no such pairs.")
    console.print(UNSEEN)


def _warehouse(home: Workspace):
    """The warehouse, read-only; it closes at the end of a `with`."""
    from warehouse.connection import connect

    return connect(home.warehouse_file, read_only=True)
