"""`ibr retention`: what is past its time."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from ibr.cli.options import as_option, home_option, json_option
from ibr.cli.writing import writing
from ibr.console import console, table
from ibr.errors import ConfigurationProblem
from ibr.workspace import Workspace

if TYPE_CHECKING:
    from warehouse.retention import RetentionReport

_AS_AT = click.option(
    "--as-at", type=click.DateTime(["%Y-%m-%d"]), default=None, help="Judge as at this day instead of reporting_date."
)


@click.group()
def retention() -> None:
    """What is past its time by the rules of registry.yml."""


@retention.command(epilog="Example: ibr retention report --as-at 2026-12-31")
@_AS_AT
@home_option
@json_option
def report(as_at, home: Workspace, as_json: bool) -> None:
    """Count what is past its time, and where else it lies. Changes nothing: look at it before `ibr retention apply`."""
    from warehouse.connection import connect
    from warehouse.retention import report as counted

    _require_rules(home)
    day = as_at.date() if as_at else home.registry.reporting_date
    with connect(home.warehouse_file, read_only=True) as con:
        found = counted(con, home.home, home.registry.retention, day)
    if as_json:
        click.echo(json.dumps(found.as_dict(), default=str, indent=1))
    else:
        _show(found)


@retention.command(epilog="Example: ibr retention apply --yes --as 'Data protection officer'")
@_AS_AT
@click.option("--yes", is_flag=True, help="Do it without asking again.")
@as_option
@home_option
@json_option
def apply(as_at, yes: bool, home: Workspace, as_json: bool) -> None:
    """Pseudonymise who is past their time, and remove old versions of rows. What is removed does not come back.

    From the next run on, names, numbers, addresses and accounts of those people stand in no registry table, mart or
    publication; payments, sums and counts stay. Versions that mirrors held before are deleted, so `--as-of` an earlier
    day is no longer whole. What is still in a program's own system is the program's to remove.
    """
    from warehouse.audit import record
    from warehouse.retention import apply as applied
    from warehouse.schemas import prepare

    _require_rules(home)
    day = as_at.date() if as_at else home.registry.reporting_date
    if not yes:
        click.confirm(f"Apply {home.registry_file.name}'s retention as at {day}? It cannot be taken back", abort=True)
    with writing(home, "ibr retention apply") as con:
        prepare(con)
        con.begin()
        done = applied(con, home.registry.retention, day)
        record(home.home, "retention_applied", details={"as_at": day, **asdict(done)})
        con.commit()
    if as_json:
        click.echo(json.dumps(asdict(done), indent=1))
        return
    rows = [*((f"{kind}s pseudonymised from the next run on", count) for kind, count in done.marked.items()),
            *((f"rows removed from {name}", count) for name, count in done.removed.items())]  # fmt: skip
    console.print(table("Applied", ["what", "count"], rows))
    console.print("The next `ibr run` leaves their particulars out of registry, marts and publication.")


def _require_rules(home: Workspace) -> None:
    rules = home.registry.retention
    if rules.left_years is None and rules.history_years is None:
        raise ConfigurationProblem(
            f"{home.registry_file} has no retention rule; write as retention: {{left_years: 7, history_years: 7}}"
        )


def _show(found: "RetentionReport") -> None:
    console.print(f"As at {found.as_at}: benefits ended before {found.left_before or 'any time, no rule is set'}; "
                  f"rows changed before {found.changed_before or 'any time, no rule is set'}.")  # fmt: skip
    for title, rows in (("People past their time", found.people), ("Old versions of rows", found.versions),
                        ("Written before, and not touched", found.kept_elsewhere)):  # fmt: skip
        if rows:
            columns = [name.replace("_", " ") for name in rows[0]]
            console.print(table(title, columns, [tuple(row.values()) for row in rows]))
        else:
            console.print(f"{title}: nothing.")
