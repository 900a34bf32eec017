"""Options that many commands share."""

import os
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


def as_option(command):
    """`--as NAME`: who acts, in the audit trail, beside the operating system's user."""
    return click.option(
        "--as",
        metavar="NAME",
        default=None,
        help="Who acts, for the audit trail. Default: $IBR_ACTOR, else the operating system's user.",
        callback=lambda context, parameter, value: value and os.environ.update({"IBR_ACTOR": value}),
        expose_value=False,
    )(command)


def json_option(command):
    """`--json`: for scripts."""
    return click.option("--json", "as_json", is_flag=True, help="JSON on standard output, for scripts.")(command)
