"""What the steps of `ibr share` have in common: their day, and what they tell."""

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ibr.console import console, plain

if TYPE_CHECKING:
    from exchange.sharing import Case

GIVEN_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def as_at_option(command):
    """`--as-at DATE`: the day of the step."""
    return click.option(
        "--as-at", type=click.DateTime(["%Y-%m-%d"]), default=None, help="Day of the step instead of today.",
        callback=lambda context, parameter, value: value.date() if value else now().date(),
    )(command)


def now() -> dt.datetime:
    """The wall clock is right here: when a step was taken."""
    return dt.datetime.now(dt.UTC)


def tell(case: "Case", today: dt.date, as_json: bool, then: str | None, **more: str) -> None:
    """Where a request stands after a step, and what comes `then`; as JSON with `more` and what went on record."""
    state = case.state(today)
    if as_json:
        last = case.events[-1]
        shown = {"request_id": case.request_id, "state": state, "step": last.step, **more, "content": last.content}
        click.echo(json.dumps(shown, default=plain, indent=1))
        return
    following = f" Next: {then}" if then else ""
    console.print(f"{case.request_id}: {state.replace('_', ' ')}.{following}", markup=False, soft_wrap=True)
