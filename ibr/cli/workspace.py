"""`ibr init`: a new workspace."""

from pathlib import Path

import click

from ibr.console import console
from ibr.errors import UsageProblem
from ibr.workspace import Workspace

_TEMPLATE = Path(__file__).parents[1] / "templates" / "registry.yml"


@click.command(epilog="Example: ibr init /srv/registry")
@click.argument("directory", type=click.Path(path_type=Path))
def init(directory: Path) -> None:
    """Make a new workspace with a commented registry.yml."""
    workspace = Workspace.at(directory)
    if workspace.registry_file.exists():
        raise UsageProblem(f"{workspace.registry_file} is there already; edit it, or choose another folder")
    workspace.ensure()
    workspace.registry_file.write_text(_TEMPLATE.read_text(encoding="utf-8"), encoding="utf-8")
    console.print(f"Wrote {workspace.registry_file}, and the folders beside it that runs fill.")
    console.print(f"Fill in programs and sources, then: ibr run --home {directory}")
