"""`ibr ui`: Dagster's page for the workspace."""

import os
import subprocess
import sys
from pathlib import Path

import click

from ibr.cli.options import home_option
from ibr.workspace import Workspace


@click.command(epilog="Example: ibr ui --port 3000")
@home_option
@click.option("--port", type=int, default=3000, show_default=True)
@click.option("--read-only", is_flag=True, help="Only to look at: nothing can be started, and no schedules run.")
def ui(home: Workspace, port: int, read_only: bool) -> None:
    """Show assets, runs, checks and schedules in Dagster; its schedules run while this does."""
    from pipelines.instance import settle

    _ = home.registry
    settle(home.ensure())
    environment = {**os.environ, "IBR_HOME": str(home.home), "DAGSTER_HOME": str(home.dagster_home)}
    programs = Path(sys.executable).parent
    command = [str(programs / "dagster-webserver"), "--read-only"] if read_only else [str(programs / "dagster"), "dev"]
    command += ["-m", "pipelines.definitions", "-p", str(port)]
    sys.exit(subprocess.call(command, env=environment, cwd=Path(__file__).parents[2]))
