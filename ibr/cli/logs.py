"""`ibr logs`: what runs wrote of themselves."""

import datetime as dt
import json
from dataclasses import asdict

import click

from ibr.cli.options import home_option, json_option
from ibr.console import console
from ibr.workspace import Workspace


@click.group()
def logs() -> None:
    """Logs of runs, and Dagster's own records of them."""


@logs.command(epilog="Example: ibr logs prune")
@home_option
@json_option
def prune(home: Workspace, as_json: bool) -> None:
    """Remove logs and Dagster's records of runs that are older than logs.keep_days of registry.yml.

    `ibr run` does so at its end; where Dagster's daemon starts the runs, a timer does. The audit trail, `ops.runs` and
    what is published are not touched.
    """
    from pipelines.housekeeping import prune as prune_logs
    from pipelines.instance import open_instance
    from warehouse.lock import warehouse_lock

    keep = home.registry.logs.keep_days
    with warehouse_lock(home.home, "ibr logs prune"), open_instance(home) as instance:
        removed = prune_logs(home, instance, dt.datetime.now(dt.UTC) - dt.timedelta(days=keep))
    if as_json:
        click.echo(json.dumps(asdict(removed)))
        return
    console.print(f"Older than {keep} days: removed {removed.logs} logs and Dagster's records of {removed.runs} runs.")
