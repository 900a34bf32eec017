"""`ibr share`: data for others, by procedure: request, assess, approve, extract, dispose."""

import csv
import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any

import click

from ibr.cli.options import home_option, json_option
from ibr.cli.share_request import request
from ibr.cli.share_steps import GIVEN_FILE, as_at_option, now, tell
from ibr.console import console, plain, progress, table
from ibr.workspace import Workspace

_LISTED = ("request_id", "state", "organisation", "level", "marts", "approved_by", "extracts", "until", "days_overdue")
by_option = click.option("--by", required=True, help="Who takes this step: a name.")


@click.group()
def share() -> None:
    """Data for others, by procedure: request, assess, approve, extract, dispose."""


share.add_command(request)


@share.command(epilog="Example: ibr share assess S2026-001 --by 'A. Otieno'")
@click.argument("request_id")
@by_option
@as_at_option
@home_option
@json_option
def assess(request_id: str, by: str, as_at: dt.date, home: Workspace, as_json: bool) -> None:
    """Say what a request would mean: sensitivity, minimisation, and whether people could be told, with the numbers."""
    from exchange.sharing import assess as run

    with progress("assess") as say:
        case = run(home.home, request_id, home.registry.sharing, by=by, today=as_at, at=now(), progress=say)
    assert case.assessment is not None
    found = case.assessment.content
    if not as_json:
        for sensitivity, fields in found["fields"].items():
            if fields:
                console.print(f"{sensitivity.replace('_', '-')}: {', '.join(fields)}", markup=False, soft_wrap=True)
        for mart, count in found["rows"].items():
            console.print(f"{mart}: {count:,} rows", markup=False)
        for finding in found["findings"]:
            console.print(f"{'GRAVE ' if finding['is_grave'] else ''}- {finding['text']}", markup=False, soft_wrap=True)
    tell(case, as_at, as_json, f"ibr share approve {case.request_id} --by NAME --agreement FILE --reference TEXT")


@share.command(epilog="Example: ibr share approve S2026-001 --by 'B. Wanjiru' --agreement nda.pdf --reference 'NDA 14'")
@click.argument("request_id")
@by_option
@click.option("--agreement", type=GIVEN_FILE, help="The signed confidentiality agreement; needed once.")
@click.option("--reference", default="", help="How the agreement is filed.")
@click.option("--despite", help="Why it is approved although the assessment has grave findings.")
@click.option("--refuse", "refusal", help="Refuse it, for this reason.")
@as_at_option
@home_option
@json_option
def approve(
    request_id, by, agreement, reference, despite, refusal, as_at: dt.date, home: Workspace, as_json: bool
) -> None:
    """Approve a request as it was assessed, or refuse it. Two people have to approve, neither the one who asks."""
    from exchange.sharing import Agreement, refuse
    from exchange.sharing import approve as run

    if refusal is not None:
        case = refuse(home.home, request_id, by=by, reason=refusal, today=as_at, at=now())
        tell(case, as_at, as_json, None)
        return
    signed = Agreement(reference, agreement) if agreement else None
    case = run(home.home, request_id, by=by, today=as_at, at=now(), agreement=signed, despite=despite)
    step = "extract" if case.is_approved else "approve"
    tell(case, as_at, as_json, f"ibr share {step} {case.request_id} --by {'NAME' if case.is_approved else 'ANOTHER'}")


@share.command(epilog="Example: ibr share extract S2026-001 --by 'A. Otieno'")
@click.argument("request_id")
@by_option
@click.option("--reason", help="Why the same request is extracted again.")
@as_at_option
@home_option
@json_option
def extract(request_id: str, by: str, reason: str | None, as_at: dt.date, home: Workspace, as_json: bool) -> None:
    """Write the files of an approved request: its fields and rows, under pseudonyms of its own, and nothing else."""
    from exchange.sharing import extract as run
    from exchange.sharing import open_case

    with progress("extract") as say:
        folder = run(
            home.home, request_id, home.registry.sharing, by=by, today=as_at, at=now(), reason=reason, progress=say
        )
    if not as_json:
        console.print(f"Written to {folder}; send all files of it.", markup=False, soft_wrap=True)
    case = open_case(home.home, request_id)
    tell(case, as_at, as_json, f"ibr share dispose {case.request_id} (by {case.until})", folder=str(folder))


@share.command(epilog="Example: ibr share dispose S2026-001 --by 'C. Njoroge' --how 'disk wiped, no copies kept'")
@click.argument("request_id")
@by_option
@click.option("--how", required=True, help="How the data was disposed of.")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="When. Default: the day of the step.")
@click.option("--statement", type=GIVEN_FILE, help="What the organisation signed, kept with the request.")
@as_at_option
@home_option
@json_option
def dispose(request_id, by, how, on, statement, as_at: dt.date, home: Workspace, as_json: bool) -> None:
    """Record that the data was disposed of, write the certificate, and destroy the key of its pseudonyms."""
    from exchange.sharing import dispose as run
    from exchange.sharing import open_case

    day = on.date() if on else as_at
    certificate = run(home.home, request_id, by=by, how=how, on=day, today=as_at, at=now(), statement=statement)
    if not as_json:
        console.print(f"Certificate: {certificate}", markup=False, soft_wrap=True)
    tell(open_case(home.home, request_id), as_at, as_json, None, certificate=str(certificate))


@share.command("list", epilog="Example: ibr share list --csv")
@as_at_option
@home_option
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="CSV on standard output.")
def list_(as_at: dt.date, home: Workspace, as_json: bool, as_csv: bool) -> None:
    """The register of all requests, and what is overdue for disposal."""
    from exchange.sharing import COLUMNS, register

    rows = register(home.home, as_at)
    if as_json:
        click.echo(json.dumps(rows, default=plain, indent=1))
    elif as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([_cell(value) for value in row.values()] for row in rows)
    else:
        shown = [tuple(_cell(row[column]) for column in _LISTED) for row in rows]
        console.print(table("Requests for data", list(_LISTED), shown))
        for row in rows:
            if row["state"] == "broken":
                console.print(f"BROKEN {row['request_id']}: its record was changed; put the folder back from a backup")
            if row["days_overdue"]:
                console.print(
                    f"OVERDUE {row['request_id']}: {row['organisation']} had to dispose of the data by {row['until']}; "
                    f"ask {row['person']} for the certificate", markup=False, soft_wrap=True,
                )


@share.command(epilog="Example: ibr share trace found-on-the-web.csv")
@click.argument("file", type=GIVEN_FILE)
@home_option
@json_option
def trace(file: Path, home: Workspace, as_json: bool) -> None:
    """Say to whom a file was given that turned up somewhere: by its sum, row marks and pseudonyms."""
    from exchange.sharing import trace as run
    from warehouse.audit import record

    found = run(home.home, file)
    record(home.home, "share_traced", details={"requests": sorted({one.request_id for one in found})})
    if as_json:
        click.echo(json.dumps([vars(one) for one in found], indent=1))
        return
    for one in found:
        sign = "the file as it was given" if one.is_whole_file else f"{one.tokens:,} marks and pseudonyms of it"
        console.print(
            f"{one.request_id}, extract {one.extract}, given to {one.organisation} ({one.person}): {sign}",
            markup=False, soft_wrap=True,
        )
    if not found:
        console.print("No sign of any extract. That does not mean that it is of none: marks can be taken out.")


def _cell(value: Any) -> Any:
    return ", ".join(value) if isinstance(value, list) else value
