"""`ibr run`: materialise, and say what came out."""

import datetime as dt
import json
import sys
from typing import TYPE_CHECKING

import click

from ibr.alerts import Alert
from ibr.cli.alerting import alert, alerting_of_problems
from ibr.cli.options import MOMENT, home_option, json_option
from ibr.config import STAGES
from ibr.console import console, errors, progress
from ibr.errors import UsageProblem
from ibr.workspace import Workspace

if TYPE_CHECKING:
    from pipelines.outcome import RunOutcome


@click.command(epilog="Example: ibr run --select replicate registry --as-at 2026-06-30")
@home_option
@click.option("--full-refresh", is_flag=True, help="Copy every table whole, not only what changed.")
@click.option(
    "--select", "stages", multiple=True, type=click.Choice(STAGES), help="Only these stages (repeat it). Default: all."
)
@click.argument("more_stages", nargs=-1, type=click.Choice(STAGES))
@click.option(
    "--as-at", type=click.DateTime(["%Y-%m-%d"]), default=None, help="Reporting date instead of registry.yml's."
)
@click.option(
    "--as-of", type=MOMENT, default=None,
    help="Rebuild what was known at the end of that day, or at that time (UTC), into a snapshot of its own.",
)  # fmt: skip
@click.option(
    "--resume", is_flag=True,
    help="Go on where the last run failed or was ended; what it had done before is not done again.",
)  # fmt: skip
@json_option
def run(home, full_refresh, stages, more_stages, as_at, as_of, resume, as_json) -> None:
    """Replicate the sources, build the registry, link, build marts, write exception files, publish."""
    if resume:
        if full_refresh or stages or more_stages or as_at or as_of:
            raise UsageProblem("--resume goes on as the last run was told; it goes without other options")
        execute(home, as_json=as_json, resume=True)
        return
    if as_of:
        if full_refresh or stages or more_stages:
            raise UsageProblem("--as-of rebuilds everything from the mirrors; it goes without --select, --full-refresh")
        _rebuild(home, as_of, as_at.date() if as_at else None, as_json)
        return
    chosen = [stage for stage in STAGES if stage in (*stages, *more_stages)] or list(STAGES)
    execute(home, chosen, full_refresh, as_at.date() if as_at else None, as_json)


def execute(
    home: Workspace,
    stages: list | None = None,
    full_refresh: bool = False,
    as_at: dt.date | None = None,
    as_json: bool = False,
    resume: bool = False,
) -> None:
    """Run stages, or what the last run left of them, and report; leaves with the run's exit code unless it is 0."""
    with alerting_of_problems(home, "a run did not begin, or was stopped"):
        _ = home.registry  # a mistake in registry.yml is told before anything heavy is loaded
        with progress("run") as say:
            from pipelines import runner

            outcome = (
                runner.resume(home, progress=say)
                if resume
                else runner.run(home, stages=stages or STAGES, full_refresh=full_refresh, as_at=as_at, progress=say)
            )
    if outcome.exit_code:
        alert(home, _alert(outcome))
    if as_json:
        click.echo(json.dumps(_as_dict(outcome), indent=1))
    else:
        for trouble in outcome.troubles:
            errors.print(f"ibr: {trouble.place}: {trouble.message}", markup=False, highlight=False, soft_wrap=True)
        if outcome.exit_code and outcome.left:
            errors.print(f"`ibr run --resume` goes on from {outcome.left}", markup=False, soft_wrap=True)
        if outcome.published:
            from ibr.cli.summary import show

            show(home, outcome)
        else:
            console.print(f"Run {outcome.run_id}: {'done' if not outcome.exit_code else 'not published'}.")
            if outcome.exit_code and home.checks_page.is_file():
                console.print(f"What contracts expected and found: {home.checks_page}", markup=False, soft_wrap=True)
    if outcome.exit_code:
        sys.exit(outcome.exit_code)


def _alert(outcome: "RunOutcome") -> Alert:
    ended = "the rest was published" if outcome.published else "nothing was published"
    return Alert(
        f"run {outcome.run_id} ended with exit {outcome.exit_code}, {ended}",
        [f"{trouble.place}: {trouble.message}" for trouble in outcome.troubles],
    )


def _rebuild(home: Workspace, moment: dt.datetime, as_at: dt.date | None, as_json: bool) -> None:
    """What was known then, and where it lies; leaves with the run's exit code unless it is 0."""
    _ = home.registry
    with progress("run") as say:
        from pipelines.as_of import rebuild

        outcome, file = rebuild(home, moment, as_at=as_at, progress=say)
    if as_json:
        click.echo(json.dumps(_as_dict(outcome) | {"file": file and str(file)}, indent=1))
    else:
        for trouble in outcome.troubles:
            errors.print(f"ibr: {trouble.place}: {trouble.message}", markup=False, highlight=False, soft_wrap=True)
        if file:
            told = moment.isoformat().removesuffix("T00:00:00")
            console.print(f"What was known on {told}, reported as at {outcome.reporting_date}: {file}", soft_wrap=True)
            console.print(f"Ask it: ibr sql --as-of {told} 'show all tables'", markup=False, soft_wrap=True)
    if outcome.exit_code:
        sys.exit(outcome.exit_code)


def _as_dict(outcome) -> dict:
    return {
        "run_id": outcome.run_id,
        "reporting_date": outcome.reporting_date.isoformat(),
        "exit_code": outcome.exit_code,
        "published": outcome.published,
        "left": outcome.left,
        "stages": [vars(stage) for stage in outcome.stages],
        "troubles": [vars(trouble) for trouble in outcome.troubles],
    }
