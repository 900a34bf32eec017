"""`ibr person`: what is held on one person."""

import datetime as dt
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ibr.cli.options import as_option, home_option, json_option
from ibr.cli.writing import writing
from ibr.console import console, table
from ibr.errors import UsageProblem
from ibr.workspace import Workspace

if TYPE_CHECKING:
    from exchange.corrections import Request
    from exchange.enquiries import PersonReport


def _today(home: Workspace) -> dt.date:
    return home.registry.schedule.day_of(dt.datetime.now(dt.UTC))


@click.group()
def person() -> None:
    """One person's rights: what is held on them, and corrections."""


@person.command(epilog="Example: ibr person report P000000123 --as 'A. Otieno'")
@click.argument("person_uid", required=False)
@click.option("--enquiry", type=click.IntRange(min=1), default=None, help="The person that this enquiry found, by its "
              "event in the audit trail.")  # fmt: skip
@click.option("--purpose", default="request of the person", show_default=True, help="Why; it is kept, so name nobody.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), default=None,
              help="The HTML file. Default: reports/PERSON_UID.html in the workspace.")  # fmt: skip
@as_option
@home_option
@json_option
def report(
    person_uid: str | None, enquiry: int | None, purpose: str, output: Path | None, home: Workspace, as_json: bool
) -> None:
    """What is held on a person, where from, and who looked: a page that opens without a network, or --json.

    All records of all programs with the rows of their mirrors, the values that stand for the person and why, benefits,
    payments, complaints, findings and decisions, what the population register says, and the audit trail. It is written
    for the person who asks: other members of the household are not shown. The report is itself recorded.
    """
    uid = _asked_for(home, person_uid, enquiry)
    gathered = _gather(home, uid, purpose)
    if as_json:
        click.echo(json.dumps(gathered.as_dict(), default=str, indent=1))
    if output or not as_json:
        from exchange.enquiries import write_page

        file = output or home.home / "reports" / f"{uid}.html"
        write_page(gathered, file)
        if not as_json:
            console.print(f"Written: {file} (personal data; readable by you alone)", markup=False, soft_wrap=True)


def _asked_for(home: Workspace, person_uid: str | None, enquiry: int | None) -> str:
    if (person_uid is None) == (enquiry is None):
        raise UsageProblem("name a PERSON_UID, as `ibr enquire` tells it, or --enquiry with its event's number")
    if person_uid:
        return person_uid
    from warehouse.audit import find_event

    found = find_event(home.home, enquiry or 0)
    if found is None or found.action != "enquired" or len(found.subjects) != 1:
        raise UsageProblem(f"event {enquiry} of the audit trail is no enquiry that found one person")
    return found.subjects[0]


def _gather(home: Workspace, uid: str, purpose: str) -> "PersonReport":
    """The report, recorded before anything of it is shown."""
    from exchange.enquiries import person_report
    from pipelines.lineage import content, trace
    from warehouse.audit import identifiers_of, record, who_saw
    from warehouse.connection import connect

    with connect(home.warehouse_file, read_only=True) as con:
        identifiers = identifiers_of(con, uid)
        event = record(home.home, "person_reported", subjects=[uid], details={"purpose": purpose})
        mirrored = [
            {"record": one.identifier, "is": one.kinds, "mirror": one.mirror, "key": one.key, "run_id": one.run_id,
             "loaded_at": one.loaded_at, "gone_from_source_at": one.deleted_at, **content(con, one)}
            for one in trace(con, home.registry, uid)
        ]  # fmt: skip
        seen = [one for one in who_saw(home.home, identifiers) if one.sequence != event.sequence]
        return person_report(con, uid, mirrored, seen)


@person.command(epilog="Example: ibr person correct P000000123 --field phone --says +254711000222 --evidence 'SIM'")
@click.argument("person_uid")
@click.option("--record", "record_id", default=None, help="The record that is wrong; may be left out if there is one.")
@click.option("--field", required=True, help="The detail, by its name in registry.persons, as birth_date or phone.")
@click.option("--says", required=True, help="What the person says it is.")
@click.option("--evidence", required=True, help="What shows it: a document seen, and where it is kept.")
@as_option
@home_option
@json_option
def correct(
    person_uid: str, record_id: str | None, field: str, says: str, evidence: str, home: Workspace, as_json: bool
) -> None:
    """Ask the program that owns a record to correct it. Nothing is changed here.

    The request goes out with the program's next exception files, on the sheet Corrections, and again every time until
    the record that the program sends has changed.
    """
    from exchange.corrections import Wanted, request
    from warehouse.audit import actor_name, record
    from warehouse.schemas import prepare

    with writing(home, "ibr person correct") as con:
        prepare(con)
        records = con.execute(
            "SELECT record_id FROM linkage.persons_crosswalk WHERE person_uid = ? ORDER BY record_id", [person_uid]
        ).fetchall()
        if record_id is None and len(records) != 1:
            listed = ", ".join(one for (one,) in records) or "none"
            raise UsageProblem(f"name the record with --record; those of {person_uid} are {listed}")
        wanted = Wanted(record_id or records[0][0], field, says, evidence)
        con.begin()
        asked = request(con, person_uid, wanted, _today(home), actor_name())
        record(home.home, "correction_requested", subjects=[person_uid, asked.record_id], details={
            "correction_id": asked.correction_id, "program": asked.program, "field": field,
        })
        con.commit()
    _tell(asked, as_json, f"{asked.correction_id}: goes to {asked.program} with its next exception files.")


@person.command(epilog="Example: ibr person corrections --program OPCT")
@click.option("--program", default=None, help="Only of this program.")
@click.option("--person", "person_uid", default=None, help="Only of this person_uid.")
@home_option
@json_option
def corrections(program: str | None, person_uid: str | None, home: Workspace, as_json: bool) -> None:
    """The requests for correction, and what came of them: keys and states, no values of records."""
    from exchange.corrections import requests
    from warehouse.connection import connect

    with connect(home.warehouse_file, read_only=True) as con:
        found = requests(con, program, person_uid)
    rows = [
        (one.correction_id, one.program, one.person_uid, one.record_id, one.field, one.requested_on, one.state)
        for one in found
    ]  # fmt: skip
    columns = ["correction", "program", "person", "record", "field", "asked for on", "state"]
    if as_json:
        click.echo(json.dumps([dict(zip(columns, row, strict=True)) for row in rows], default=str, indent=1))
    else:
        console.print(table("Corrections", columns, rows))


@person.command("close-correction", epilog="Example: ibr person close-correction C000001 --withdrawn --reason 'moved'")
@click.argument("correction_id")
@click.option("--refused", "closed_as", flag_value="refused", help="The program says that its record is right.")
@click.option("--withdrawn", "closed_as", flag_value="withdrawn", help="The person no longer asks for it.")
@click.option("--reason", required=True, help="Why; it is told to the person.")
@as_option
@home_option
@json_option
def close_correction(
    correction_id: str, closed_as: str | None, reason: str, home: Workspace, as_json: bool
) -> None:
    """Close a request that its program refuses, or that the person withdraws. It stays on record with the reason."""
    from exchange.corrections import close
    from warehouse.audit import actor_name, record
    from warehouse.schemas import prepare

    if closed_as is None:
        raise UsageProblem("say how it ended: --refused or --withdrawn")
    with writing(home, "ibr person close-correction") as con:
        prepare(con)
        con.begin()
        closed = close(con, correction_id, closed_as, reason, _today(home), actor_name())
        record(home.home, "correction_closed", subjects=[closed.person_uid, closed.record_id], details={
            "correction_id": correction_id, "program": closed.program, "closed_as": closed_as,
        })
        con.commit()
    _tell(closed, as_json, f"{correction_id}: {closed_as}.")


def _tell(one: "Request", as_json: bool, words: str) -> None:
    if as_json:
        click.echo(json.dumps(asdict(one), default=str, indent=1))
    else:
        console.print(words, markup=False, soft_wrap=True)
