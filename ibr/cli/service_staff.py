"""`ibr service staff`: people who may use the service's pages."""

import datetime as dt
import json

import click

from ibr.cli.options import as_option, home_option, json_option
from ibr.console import console, table
from ibr.errors import UsageProblem
from ibr.workspace import Workspace


@click.group(name="staff")
def service_staff() -> None:
    """People who may use the pages, each as far as their profile may see."""


@service_staff.command(epilog="Example: ibr service staff add 'Amina Otieno' --profile program --program OPCT")
@click.argument("name")
@click.option("--profile", type=click.Choice(["secretariat", "program", "county"]), required=True,
              help="Whom they work for, and so what they may see.")  # fmt: skip
@click.option("--program", default=None, help="The program that they see, for the profile program.")
@click.option("--county", default=None, help="The code of the county that they see, for the profile county.")
@as_option
@home_option
@json_option
def add(name: str, profile: str, program: str | None, county: str | None, home: Workspace, as_json: bool) -> None:
    """Add somebody, and show their first secret, once. It lasts seven days; who uses it chooses a password."""
    from exchange.pages.staff import Profile
    from exchange.pages.staff import add as add_member
    from warehouse.audit import record
    from warehouse.query import published_file

    if program and program not in home.registry.programs:
        raise UsageProblem(f"there is no program {program}; there are {', '.join(home.registry.programs)}")
    if county:
        published_file(home.home, f"county_{county}")  # told here, with those there are, not to whom signs in
    secret = add_member(home.home, name, Profile(profile), program, county, dt.datetime.now(dt.UTC))
    record(home.home, "staff_added", details={"name": name, "profile": profile, "program": program, "county": county})
    if as_json:
        told = {"name": name, "profile": profile, "program": program, "county": county, "secret": secret}
        click.echo(json.dumps(told))
        return
    console.print(f"First secret of {name}; it cannot be shown again:", markup=False)
    click.echo(secret)


@service_staff.command(epilog="Example: ibr service staff remove 'Amina Otieno'")
@click.argument("name")
@as_option
@home_option
def remove(name: str, home: Workspace) -> None:
    """Remove somebody: a running service knows them no more. Who forgot a password is removed, and added again."""
    from exchange.pages.staff import remove as remove_member
    from warehouse.audit import record

    remove_member(home.home, name)
    record(home.home, "staff_removed", details={"name": name})
    console.print(f"{name} may not use the pages any more.", markup=False)


@service_staff.command(name="list", epilog="Example: ibr service staff list")
@home_option
@json_option
def list_staff(home: Workspace, as_json: bool) -> None:
    """List who may use the pages."""
    from exchange.pages.staff import members

    there = members(home.home)
    if as_json:
        click.echo(json.dumps([
            {"name": one.name, "profile": one.profile, "program": one.program, "county": one.county,
             "made_at": one.made_at} for one in there
        ], indent=1))  # fmt: skip
        return
    rows = [(one.name, one.profile, one.program or one.county or "all", one.made_at) for one in there]
    console.print(table("", ["name", "profile", "sees", "added at"], rows))
