"""`ibr person`: what is held on one person."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ibr.cli.options import as_option, home_option, json_option
from ibr.console import console
from ibr.errors import UsageProblem
from ibr.workspace import Workspace

if TYPE_CHECKING:
    from exchange.enquiries import PersonReport


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
