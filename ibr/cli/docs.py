"""`ibr docs`: dbt's documentation, in one file."""

from pathlib import Path

import click

from ibr.cli.options import home_option
from ibr.console import console, progress
from ibr.workspace import Workspace


@click.command(epilog="Example: ibr docs --output models.html")
@home_option
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file. Default: docs/models.html in the workspace.",
)
def docs(home: Workspace, output: Path | None) -> None:
    """Write what every table, column, test and rule is, with its lineage, as one HTML file that needs no network."""
    with progress("docs") as say:
        say("reading the dbt project")
        from pipelines.dbt import write_docs

        file = output or home.home / "docs" / "models.html"
        write_docs(file)
    console.print(f"Written: {file}", markup=False, soft_wrap=True)
