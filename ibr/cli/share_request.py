"""`ibr share request`: by a file, or by options."""

import datetime as dt
from typing import Any

import click

from ibr.cli.options import home_option, json_option
from ibr.cli.share_steps import GIVEN_FILE, as_at_option, now, tell
from ibr.errors import UsageProblem
from ibr.workspace import Workspace


@click.command(epilog="Example: ibr share request request.yml")
@click.argument("file", required=False, type=GIVEN_FILE)
@click.option("--template", is_flag=True, help="A commented request to start from, on standard output.")
@click.option("--organisation", help="Who asks.")
@click.option("--person", help="Who answers for the data there.")
@click.option("--contact", help="E-mail or telephone of that person.")
@click.option("--works-in", multiple=True, help="A county in which the organisation works. Default: the whole country.")
@click.option("--purpose-kind", help="statistics, research, evaluation, planning, emergency_response, ...")
@click.option("--purpose", help="In a sentence, what the data is for.")
@click.option("--legal-basis", help="The law, agreement or mandate.")
@click.option("--consent", help="Where consent is on file.")
@click.option("--level", help="records, or table for numbers only.")
@click.option("--mart", help="The mart; a request for several goes by a file.")
@click.option("--field", "fields", multiple=True, help="A field of it, for records.")
@click.option("--variable", "by", multiple=True, help="A variable of the table.")
@click.option("--sum", "sums", multiple=True, help="An amount to be added up in the table.")
@click.option("--where", multiple=True, help="COLUMN=VALUE, or COLUMN=FROM..TO for dates; several values: repeat it.")
@click.option("--county", "counties", multiple=True, help="A county, by code or name; or all.")
@click.option("--until", help="The day by which the data is disposed of.")
@as_at_option
@home_option
@json_option
def request(file, template: bool, as_at: dt.date, home: Workspace, as_json: bool, **options: Any) -> None:
    """Ask for data, by a file or by options. Everything is checked first; all faults are told at once."""
    from exchange.sharing import TEMPLATE, read_request, submit

    given = {name: value for name, value in options.items() if value}
    if template:
        click.echo(TEMPLATE, nl=False)
        return
    if file and given:
        raise UsageProblem("a file holds the whole request; it goes without --" + next(iter(given)).replace("_", "-"))
    if not file and not given:
        raise UsageProblem("nothing is asked for: expected a FILE (--template shows one), or options")
    case = submit(home.home, read_request(file) if file else _of_options(given), today=as_at, at=now())
    tell(case, as_at, as_json, f"ibr share assess {case.request_id} --by NAME")


def _of_options(given: dict[str, Any]) -> dict[str, Any]:
    """Options as the content of a request's file."""
    item: dict[str, Any] = {name: list(given.pop(name)) for name in ("fields", "by", "sums") if name in given}
    if "mart" in given:
        item["mart"] = given.pop("mart")
    if "where" in given:
        item["where"] = _conditions(given.pop("where"))
    counties = list(given.get("counties", ()))
    shown = {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()}
    return {**shown, "data": [item], "counties": "all" if counties == ["all"] else counties}


def _conditions(given: tuple[str, ...]) -> dict[str, Any]:
    conditions: dict[str, Any] = {}
    for text in given:
        column, sign, value = text.partition("=")
        if not sign:
            raise UsageProblem(f"--where {text!r} holds no =; expected COLUMN=VALUE or COLUMN=FROM..TO")
        first, dots, last = value.partition("..")
        if dots:
            conditions[column] = {name: day for name, day in (("from", first), ("to", last)) if day}
        else:
            conditions.setdefault(column, []).append(value)
    return conditions
