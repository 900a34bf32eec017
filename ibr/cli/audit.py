"""`ibr audit`: the trail of who did what, proved and searched."""

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from ibr.cli.options import as_option, home_option, json_option
from ibr.console import console, table
from ibr.errors import ContractBroken, UsageProblem
from ibr.workspace import Workspace

if TYPE_CHECKING:
    from warehouse.audit import Sighting, Verification


@click.group()
def audit() -> None:
    """The audit trail: who did what, and who looked at whom."""


@audit.command(epilog="Example: ibr audit verify --anchor 1207:9f2c...")
@home_option
@click.option("--anchor", "given", multiple=True, help="SEQUENCE:HASH written down earlier (repeat it).")
@json_option
def verify(home: Workspace, given: tuple[str, ...], as_json: bool) -> None:
    """Prove that nothing in the log was changed, removed, added or moved, in either copy.

    Both copies are read whole, and compared with the heads that publications and ops.runs kept. What it prints as the
    head is worth writing down elsewhere: with --anchor it proves later that nothing up to it was cut off. Exit 4 if
    anything is found.
    """
    from warehouse.audit import Head, verify
    from warehouse.audit.anchors import kept_anchors

    anchors, missed = kept_anchors(home.home, home.warehouse_file)
    for text in given:
        try:
            anchors[f"--anchor {text[:20]}"] = Head.parse(text)
        except ValueError as problem:
            raise UsageProblem(f"--anchor {text!r}: {problem}") from None
    result = verify(home.home, anchors)
    if as_json:
        click.echo(json.dumps({**asdict(result), "not_compared": missed}, indent=1))
    else:
        _show(result, missed)
    if not result.passed:
        sys.exit(ContractBroken.exit_code)


@audit.command("who-saw", epilog="Example: ibr audit who-saw P000000123")
@click.argument("person_uid")
@home_option
@as_option
@json_option
def who_saw(person_uid: str, home: Workspace, as_json: bool) -> None:
    """Who looked at a person, or was sent what is held on them: enquiries, reports, reviews, exports, shares.

    It knows what went through `ibr` and the service. Whoever opens a published file with another program is seen by
    the operating system alone. The question is itself recorded.
    """
    from warehouse.audit import identifiers_of, record, who_saw
    from warehouse.connection import connect

    with connect(home.warehouse_file, read_only=True) as con:
        identifiers = identifiers_of(con, person_uid)
    record(home.home, "who_saw_asked", subjects=[person_uid])
    seen = who_saw(home.home, identifiers)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in seen], indent=1))
    else:
        _show_seen(person_uid, seen)


def _show(result: "Verification", missed: list[str]) -> None:
    for fault in result.faults:
        console.print(f"FOUND  {fault}", markup=False, soft_wrap=True)
    for words in missed:
        console.print(f"NOT COMPARED  {words}", markup=False, soft_wrap=True)
    said = "nothing was altered" if result.passed else "altered; keep both copies as they are until it is understood"
    console.print(f"{result.events:,} events, {result.anchors} anchors: {said}.", soft_wrap=True)
    console.print(f"Head: {result.head}", markup=False, soft_wrap=True)
    console.print(
        "Not to be told from here: both copies cut off behind the last anchor. Keep the head where nobody who can "
        "write to this machine can change it.",
        soft_wrap=True,
    )


def _show_seen(person_uid: str, seen: "list[Sighting]") -> None:
    rows = [
        (one.at[:19].replace("T", " "), one.actor, one.user, one.action.replace("_", " "), one.purpose or "",
         ", ".join(one.identifiers))
        for one in seen
    ]  # fmt: skip
    console.print(table(f"Who saw {person_uid}", ["when (UTC)", "who", "account", "what", "purpose", "found by"], rows))
