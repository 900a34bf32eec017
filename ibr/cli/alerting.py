"""`ibr alert`, and alerts of other commands. An alert that cannot be sent is told, and changes no outcome."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from ibr.alerts import Alert, send
from ibr.cli.options import home_option
from ibr.config import load_alerts
from ibr.console import console, errors
from ibr.errors import ConfigurationProblem, IbrError, SourceUnreachable, UsageProblem
from ibr.workspace import Workspace


def alert(home: Workspace, told: Alert) -> bool:
    """Tell those whom registry.yml names; whether everything was sent. What could not be is told on stderr."""
    if not home.registry_file.is_file():
        return True  # no workspace, so nobody is named
    try:
        problems = send(load_alerts(home.registry_file), told)
    except ConfigurationProblem as fault:
        problems = [f"no alert was sent: {fault}"]
    for problem in problems:
        errors.print(f"ibr: {problem}", markup=False, highlight=False, soft_wrap=True)
    return not problems


@contextmanager
def alerting_of_problems(home: Workspace, subject: str) -> Iterator[None]:
    """Tell of what ends the block, and let it go on. A mistake on the command line is told where it was made."""
    try:
        yield
    except UsageProblem:
        raise
    except Exception as error:
        # Of a defect of ours the kind alone: its words may hold values.
        words = str(error) if isinstance(error, IbrError) else f"a defect of ours: {type(error).__name__}"
        alert(home, Alert(subject, [words]))
        raise


@click.command("alert", epilog="Example: ibr alert 'a trial: please answer if you read this'")
@click.argument("message")
@home_option
def alert_command(message: str, home: Workspace) -> None:
    """Send a message to those who are alerted: to try it, or from a service manager when a job of it failed.

    Exit 5 if somebody could not be reached.
    """
    settings = load_alerts(home.registry_file)
    if not (settings.email or settings.webhook):
        raise ConfigurationProblem(f"{home.registry_file} names nobody to alert; write alerts: {{email: ...}} there")
    if not alert(home, Alert(message)):
        sys.exit(SourceUnreachable.exit_code)
    console.print("Sent.")
