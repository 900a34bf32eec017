"""`ibr review`: the review queue, and clerical samples, out and back."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ibr.cli.options import as_option, home_option, json_option
from ibr.cli.review_cases import Session, about
from ibr.cli.writing import writing
from ibr.console import console, plain, table
from ibr.errors import UsageProblem
from ibr.workspace import Workspace

if TYPE_CHECKING:
    from exchange.review import ReviewQueue
    from linkage.clerical.samples import DrawnSample, Result


@click.group(invoke_without_command=True, epilog="Example: ibr review --by 'A. Otieno'")
@home_option
@as_option
@click.option("--by", default=None, help="Who decides: goes through the cases one by one, with PERSONAL DATA.")
@click.option("--as-at", type=click.DateTime(["%Y-%m-%d"]), default=None, help="Day of the decisions instead of today.")
@click.option("--first", type=click.IntRange(min=0), default=10, show_default=True, help="How many pairs to list.")
@json_option
@click.pass_context
def review(context: click.Context, home: Workspace, by, as_at, first: int, as_json: bool) -> None:
    """The review queue: pairs that are likely, but not surely, one person, and that nobody has decided.

    Counts by programs and probability, and the first cases with the evidence in words: those with most money at stake
    first, then the likeliest. Where both records receive a benefit, the pair stands in their programs' exception files
    too, as a suspected duplicate, and their answers go before yours; the others stand here alone.

    With --by, case by case: both records side by side, and the evidence. Each decision is on record at once, and can be
    taken back; leave at any time, and go on later. `ibr review sample` measures how often the linkage is right.
    """
    if context.invoked_subcommand:
        return
    from exchange.review import review_queue
    from warehouse.audit import record
    from warehouse.connection import connect

    if by is not None:
        if not by.strip() or as_json:
            raise UsageProblem("--by expects a name, and goes through the cases in a terminal, without --json")
        Session(home, by, as_at.date() if as_at else None).run()
        return

    with connect(home.warehouse_file, read_only=True) as con:
        queue = review_queue(con, first)
    shown = [record_id for pair in queue.pairs for record_id in (pair.record_id_l, pair.record_id_r)]
    record(home.home, "review_listed", subjects=shown, details={"pairs": len(queue.pairs)})
    if as_json:
        click.echo(json.dumps(queue.as_dict(), default=plain, indent=1))
    else:
        _show_queue(queue, home.registry.currency)


@review.command(epilog="Example: ibr review sample --size 200 --output clerks/")
@as_option
@home_option
@click.option("--size", type=click.IntRange(min=20, max=5000), default=200, show_default=True, help="Pairs to draw.")
@click.option("--output", type=click.Path(path_type=Path), default=None, help="Folder to write a new sample to.")
@click.option("--read", "read_path", type=click.Path(path_type=Path), default=None, help="A filled-in sample to read.")
@json_option
def sample(home: Workspace, size: int, output: Path | None, read_path: Path | None, as_json: bool) -> None:
    """Measure the linkage: write pairs for clerks to judge, or read their answers.

    With --output, pairs from around the thresholds as a workbook and as CSV: PERSONAL DATA, readable by you alone.
    Clerks see neither probability nor verdict. With --read, the answers are checked, stored, and give precision and
    recall with 95% intervals.

    The answers are a measurement. They decide nothing and bind no run.
    """
    if (output is None) == (read_path is None):
        raise UsageProblem("name --output DIR, to write a sample, or --read FILE, to read one that was filled in")
    if output is not None:
        _write(home, size, output, as_json)
    elif read_path is not None:
        _read(home, read_path, as_json)


def _write(home: Workspace, size: int, output: Path, as_json: bool) -> None:
    from exchange.clerical import write_sample
    from linkage.clerical.samples import draw
    from warehouse.audit import record

    dated = home.registry.reporting_date
    with writing(home, "ibr review sample --output") as con:
        drawn = draw(con, size)
        written = write_sample(con, drawn, output, dated)
        held = con.execute(
            "SELECT unnest([record_id_l, record_id_r]) FROM linkage.clerical_sample WHERE sample_id = ?",
            [drawn.sample_id],
        ).fetchall()
        record(home.home, "sample_drawn", subjects=[subject for (subject,) in held], details={
            "sample_id": drawn.sample_id, "pairs": written.pairs,
        })
    if as_json:
        click.echo(json.dumps({**asdict(drawn), **asdict(written)}, default=str, indent=1))
        return
    _show_drawn(drawn)
    console.print(f"{written.pairs} pairs in {written.workbook}, and the same as CSV", markup=False, soft_wrap=True)
    console.print("Personal data: for the clerks who judge them, and nobody else.")
    console.print(f"When it is filled in: ibr review sample --read {written.workbook}", markup=False, soft_wrap=True)


def _read(home: Workspace, path: Path, as_json: bool) -> None:
    from exchange.clerical import read_answers
    from linkage.clerical.samples import store_answers
    from warehouse.audit import record

    with writing(home, "ibr review sample --read") as con:
        sample_id, answers = read_answers(con, path)
        result = store_answers(con, sample_id, answers)
        record(home.home, "sample_read", details={"sample_id": result.sample_id, "answers": result.answers})
    if as_json:
        click.echo(json.dumps(asdict(result), indent=1))
    else:
        _show_result(result)


def _show_queue(queue: "ReviewQueue", currency: str) -> None:
    console.print(f"{queue.total:,} pairs wait for review after run {queue.run_id}.")
    bands = sorted({c.band for c in queue.counts}, reverse=True)
    counted = {(c.programs, c.band): c.pairs for c in queue.counts}
    programs = list(dict.fromkeys(c.programs for c in queue.counts))
    lines = [(p, [counted.get((p, band), 0) for band in bands]) for p in programs]
    rows = [(p, *pairs, sum(pairs)) for p, pairs in lines]
    console.print(table("By programs and probability", ["programs", *bands, "all"], rows))
    for pair in queue.pairs:
        first, *others = about(pair, currency)
        told = [f"\n{pair.record_id_l} and {pair.record_id_r} {first}", *(f" {line}" for line in others)]
        for line in [*told, *(f" {line}" for line in pair.evidence)]:
            console.print(line, markup=False, soft_wrap=True)
    if len(queue.pairs) < queue.total:
        console.print(f"\n{queue.total - len(queue.pairs):,} more: --first N. One by one: ibr review --by NAME")


def _show_drawn(drawn: "DrawnSample") -> None:
    rows = [(name, drawn.pairs[name], taken) for name, taken in drawn.drawn.items()]
    console.print(table(f"Sample {drawn.sample_id} of run {drawn.run_id}", ["stratum", "pairs", "drawn"], rows))
    console.print(_beyond(*drawn.beyond))


def _beyond(pairs: int, expected: float) -> str:
    return (
        f"{pairs:,} more pairs are too unlikely to sample: the model expects {expected:,.1f} matches among them. Pairs "
        "below one in a million are not counted, and those that no match key brought together are not known of."
    )


def _show_result(result: "Result") -> None:
    said = ", ".join(f"{n} {answer}" for answer, n in result.answers.items())
    console.print(f"Sample {result.sample_id} of run {result.run_id}: {said}.")
    rows = [
        ("all" if e.group_by == "all" else f"{e.group_by.replace('_', ' ')}: {e.group_value}", e.counted, e.measure,
         e.estimate.value, e.estimate.low, e.estimate.high, e.estimate.judged)
        for e in result.estimates
    ]  # fmt: skip
    if not rows:
        console.print("Too few pairs were judged to estimate anything.")
        return
    columns = ["pairs", "counted", "measure", "estimate", "95% from", "to", "judged"]
    console.print(table("What the clerks' answers say", columns, rows))
    console.print(
        "Recall is of the pairs that the linkage compared and gave a chance: a person whose records no match key "
        "brought together is missing from it. The answers are a measurement and decide nothing."
    )
