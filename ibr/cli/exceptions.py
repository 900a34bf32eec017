"""`ibr exceptions export`: the files to program managers."""

import click

from ibr.cli.options import home_option
from ibr.console import console, table
from ibr.workspace import Workspace


@click.group()
def exceptions() -> None:
    """Exception files to program managers."""


@exceptions.command(epilog="Example: ibr exceptions export --home /srv/registry")
@home_option
def export(home: Workspace) -> None:
    """Write the files again from the marts as they stand."""
    from ibr.cli.run import execute

    execute(home, ["exceptions"])
    dates = sorted(home.exceptions.glob("*/*"))
    rows = [(folder.parent.name, folder.name, str(folder)) for folder in dates]
    console.print(table("Exception files", ["program", "date", "folder"], rows))
