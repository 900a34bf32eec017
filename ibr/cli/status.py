"""`ibr status`: how the last run went, how old each source is, what is open."""

import datetime as dt
import json

import click

from ibr.cli.options import home_option, json_option
from ibr.console import console, table
from ibr.workspace import Workspace


@click.command(epilog="Example: ibr status --json")
@home_option
@json_option
def status(home: Workspace, as_json: bool) -> None:
    """Last run per stage, freshness per source, batches that wait or were refused, open exceptions, failing checks, and
    shared data that is to be disposed of."""
    from exchange.sharing import overdue
    from pipelines.replication.inbox.overview import open_batches
    from warehouse.status import read_status

    now = dt.datetime.now(dt.UTC)  # the wall clock is right here: ages, and which files have lain long enough
    report = read_status(home.warehouse_file, home.registry.sources, now)
    report["batches"] = open_batches(home.home, home.registry, now)
    report["shared_data_overdue"] = overdue(home.home, now.date())
    if as_json:
        click.echo(json.dumps(report, default=str, indent=1))
        return
    for title, rows in report.items():
        if rows:
            console.print(table(title.replace("_", " "), list(rows[0]), [tuple(row.values()) for row in rows]))
    if home.checks_page.is_file():
        console.print(f"What contracts expected and found: {home.checks_page}", markup=False, soft_wrap=True)
