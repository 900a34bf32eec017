"""`ibr sql`: questions to the published snapshot, also while a run writes."""

import csv
import datetime as dt
import json
import sys
from hashlib import sha256

import click

from ibr.cli.options import MOMENT, as_option, home_option, json_option
from ibr.console import console, plain, table
from ibr.errors import IbrError, UsageProblem
from ibr.workspace import Workspace


@click.command(epilog="Example: ibr sql 'select program, sum(amount_paid) from marts.fct_payments group by 1'")
@click.argument("query", required=False)
@as_option
@home_option
@click.option("--audience", default="secretariat", show_default=True, help="Whose snapshot.")
@click.option("--as-of", type=MOMENT, default=None, help="What was known on that day.")
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="CSV on standard output.")
def sql(
    query: str | None, home: Workspace, audience: str, as_of: dt.datetime | None, as_json: bool, as_csv: bool
) -> None:
    """Ask the published marts a question in SQL, or start a prompt."""
    if query:
        _answer(home, audience, as_of, query, as_json, as_csv)
        return
    if not sys.stdin.isatty():
        raise UsageProblem("no query given; write it behind `ibr sql`, or start it in a terminal for a prompt")
    console.print(f"The {audience}'s snapshot, read-only. `show all tables` lists the marts; an empty line leaves.")
    while question := click.prompt("sql", default="", show_default=False).strip():
        try:
            _answer(home, audience, as_of, question, False, False)
        except IbrError as error:
            console.print(str(error), markup=False)


def _answer(
    home: Workspace, audience: str, as_of: dt.datetime | None, query: str, as_json: bool, as_csv: bool
) -> None:
    from warehouse.audit import record
    from warehouse.query import query_publication

    columns, rows = query_publication(home.home, audience, query, as_of)
    # Of the statement only its sum: people write names and numbers into it.
    record(home.home, "sql_asked", details={
        "audience": audience, "as_of": as_of, "rows": len(rows), "statement": sha256(query.encode()).hexdigest(),
    })
    if as_json:
        click.echo(json.dumps([dict(zip(columns, row, strict=True)) for row in rows], default=plain, indent=1))
    elif as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    else:
        console.print(table("", columns, rows))
