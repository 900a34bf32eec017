"""`ibr marts`: what can be asked, from the descriptions that travel with the tables."""

import json

import click

from ibr.cli.options import home_option, json_option
from ibr.console import console
from ibr.console import table as shown
from ibr.workspace import Workspace


@click.command(epilog="Example: ibr marts rpt_who_gets_what")
@click.argument("name", required=False)
@home_option
@click.option("--audience", default="secretariat", show_default=True, help="Whose snapshot.")
@json_option
def marts(name: str | None, home: Workspace, audience: str, as_json: bool) -> None:
    """List the published tables with the question each answers and what a row is; or, of one, its columns."""
    from warehouse.query import described

    columns, rows = described(home.home, audience, name)
    if as_json:
        click.echo(json.dumps([dict(zip(columns, row, strict=True)) for row in rows], indent=1))
        return
    console.print(shown(name or "", columns, rows))
