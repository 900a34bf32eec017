"""`ibr publish` and `ibr publications`: make snapshots, go back to an earlier one, see what changed between two."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from ibr.cli.options import home_option, json_option
from ibr.cli.run import execute
from ibr.console import console, errors, progress, table
from ibr.workspace import Workspace

if TYPE_CHECKING:
    from warehouse.publication import Publication
    from warehouse.serving import Served


@click.command(epilog="Example: ibr publish --version 20260701T010000Z")
@home_option
@click.option("--version", default=None, help="Make this earlier publication the current one again.")
@json_option
def publish(home: Workspace, version: str | None, as_json: bool) -> None:
    """Publish the marts anew, for every audience; or make an earlier publication the current one again.

    What fails its checks is not published. The next run publishes again, whatever is current.
    """
    if version is None:
        execute(home, ["publish"], as_json=as_json)
        return
    from exchange import portal
    from warehouse.audiences.policy import load_policy
    from warehouse.lock import warehouse_lock
    from warehouse.publication import make_current
    from warehouse.serving import check

    portal.check(home.home, home.registry)
    check(load_policy(home.home, home.registry.publish.audiences), home.registry.serving)
    with progress("publish") as say, warehouse_lock(home.home, "ibr publish"):
        made = make_current(home.warehouse_file, home.home, version)
        say("building the public pages")
        page = portal.publish(home.home, home.registry)
        # Last: where the server is away the pages are of this version all the same.
        served = _serve(home, version, say) if home.registry.serving else None
    if as_json:
        told = {"version": made.version, "reporting_date": made.reporting_date, "is_current": True}
        click.echo(json.dumps(told | ({"served_rows": served.rows} if served else {})))
        return
    console.print(f"Current is now {made.version}, as at {made.reporting_date}. Who reads keeps what is open.")
    if page:
        console.print(f"The public pages are of it too: {page}", soft_wrap=True)
    if served:
        console.print(f"PostgreSQL has it too: {served.rows:,} rows in {served.tables} tables.")


def _serve(home: Workspace, version: str, say: Callable[[str], None]) -> "Served":
    from pipelines import dbt
    from pipelines.serving import serve_again

    say("PostgreSQL: preparing")
    served = serve_again(home, dbt.prepare(home), version, say)
    if served.note:
        errors.print(served.note, markup=False, highlight=False, soft_wrap=True)
    return served


@click.command(epilog="Example: ibr publications 20260630T010000Z current")
@click.argument("older", required=False)
@click.argument("newer", required=False)
@home_option
@click.option("--audience", default="secretariat", show_default=True, help="Whose files are compared.")
@json_option
def publications(home: Workspace, older: str | None, newer: str | None, audience: str, as_json: bool) -> None:
    """List the publications that are kept; with one or two versions, what changed from the first to the second.

    Where the second is not given, it is the current one.
    """
    if older:
        _compare(home, older, newer or "current", audience, as_json)
        return
    from warehouse.publication import publications as all_of

    there = all_of(home.home)
    if as_json:
        click.echo(json.dumps([_as_dict(found) for found in there], indent=1))
        return
    titles = ["version", "current", "as at", "run", "tables", "rows", "files", "stale sources"]
    rows = [
        (found.version, found.is_current, found.reporting_date, found.run_id, found.tables, found.rows,
         len(found.files), ", ".join(found.stale_sources))
        for found in there
    ]  # fmt: skip
    console.print(table("", titles, rows))


def _as_dict(found: "Publication") -> dict:
    return {
        "version": found.version,
        "is_current": found.is_current,
        "reporting_date": found.reporting_date,
        "run_id": found.run_id,
        "published_at": found.published_at.isoformat(),
        "tables": found.tables,
        "rows": found.rows,
        "audiences": sorted(found.files),
        "stale_sources": list(found.stale_sources),
    }


def _compare(home: Workspace, older: str, newer: str, audience: str, as_json: bool) -> None:
    from warehouse.comparison import compare
    from warehouse.publication import find

    before, after = find(home.home, older), find(home.home, newer)
    found = compare(before, after, audience)
    if as_json:
        content = {
            "older": before.version,
            "newer": after.version,
            "audience": audience,
            "tables": [dict(zip(("table", "before", "after"), row, strict=True)) for row in found.tables],
            "figures": [dict(zip(("kpi", "unit", "before", "after"), row, strict=True)) for row in found.figures],
        }
        click.echo(json.dumps(content, indent=1))
        return
    changed = [(*row, (row[2] or 0) - (row[1] or 0)) for row in found.tables if row[1] != row[2]]
    console.print(table(f"Rows, {before.version} to {after.version}", ["table", "before", "after", "change"], changed))
    console.print(f"{len(found.tables) - len(changed)} more tables have as many rows as before.")
    console.print(table("Chief figures that changed", ["figure", "unit", "before", "after"], found.figures))
