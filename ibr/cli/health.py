"""`ibr health`: whether anything is overdue, full, cut off or open, for people and for machines that watch."""

import datetime as dt
import json
import sys
from dataclasses import asdict

import click

from ibr.alerts import Alert
from ibr.cli.alerting import alert
from ibr.cli.options import home_option, json_option
from ibr.console import console, table
from ibr.errors import ContractBroken
from ibr.workspace import Workspace


@click.command(epilog="Example: ibr health --json")
@click.option("--alert", "tells", is_flag=True, help="Send what is wrong to those under alerts in registry.yml.")
@home_option
@json_option
def health(tells: bool, home: Workspace, as_json: bool) -> None:
    """Look at the age of the last publication and backup, stale sources, disks, the end of the audit trail, and who may
    read the workspace and its keys. Exit 4 if anything is wrong.

    Limits stand in registry.yml under health. It takes a second, writes nothing and may be asked while a run is going
    on. It proves nothing: that is `ibr audit verify` and `ibr backup verify`.
    """
    from warehouse.health import State, check

    now = dt.datetime.now(dt.UTC)  # the wall clock is right here: ages
    findings = check(home.home, home.registry, now)
    problems = [one for one in findings if one.state is State.PROBLEM]
    if tells and problems:
        alert(home, Alert(f"{len(problems)} of {len(findings)} health checks found something",
                          [f"{one.check}: {one.found}" for one in problems]))  # fmt: skip
    if as_json:
        click.echo(json.dumps({"healthy": not problems, "checks": [asdict(one) for one in findings]}, indent=1))
    else:
        console.print(table("Health", ["check", "state", "found"],
                            [(one.check, one.state.replace("_", " "), one.found) for one in findings]))  # fmt: skip
    if problems:
        sys.exit(ContractBroken.exit_code)
