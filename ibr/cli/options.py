"""Options that many commands share."""

from pathlib import Path

import click

from ibr.workspace import Workspace

# A day, or a time of it (UTC).
MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])


def home_option(command):
    """`--home DIR`: the workspace, by default $IBR_HOME or ./workspace."""
    return click.option(
        "--home",
        type=click.Path(path_type=Path),
        default=None,
        help="The workspace. Default: $IBR_HOME, else ./workspace.",
        callback=lambda context, parameter, value: Workspace.at(value),
        expose_value=True,
    )(command)


def json_option(command):
    """`--json`: for scripts."""
    return click.option("--json", "as_json", is_flag=True, help="JSON on standard output, for scripts.")(command)
