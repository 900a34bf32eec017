"""`ibr decisions import`: what program managers decided, back into the registry."""

import datetime as dt
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ibr.cli.options import as_option, home_option, json_option
from ibr.cli.writing import writing
from ibr.console import console, errors
from ibr.durable import sha256_of
from ibr.errors import WarehouseBusy
from ibr.workspace import Workspace

if TYPE_CHECKING:
    from exchange.decisions import Outcome, Refused


@click.group()
def decisions() -> None:
    """Decisions of program managers."""


@decisions.command("import", epilog="Example: ibr decisions import duplicates.xlsx --by 'A. Otieno'")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--by", default=None, help="Who has them imported; confirms decisions that wait for a second person.")
@click.option("--program", default=None, help="Whose files they have to be: a row of another program is a fault.")
@click.option("--as-at", type=click.DateTime(["%Y-%m-%d"]), default=None, help="Day of the import instead of today.")
@as_option
@home_option
@json_option
def import_(files, by, program, as_at, home: Workspace, as_json: bool) -> None:
    """Import exception files that came back: edited workbooks or CSV files, plain or encrypted, in any language.

    Everything is checked first, and all faults are told by sheet and row; then all of it is recorded, or nothing. A
    file may be imported again: what is on record already stays as it is. The next run honours the decisions. While a
    run is writing, the files are left in inbox/decisions, and the next run imports them.
    """
    from exchange.decisions import Reading, Refused, import_files, imported, kind_of, last_day, leave, refused
    from warehouse.schemas import prepare

    two_people, reading = home.registry.decisions.two_people, Reading.of(home.home, home.registry)
    now = dt.datetime.now(dt.UTC)
    for path in files:
        kind_of(path)
    try:
        with writing(home, "ibr decisions import") as con:
            prepare(con)
            today = as_at.date() if as_at else last_day(con, home.registry.schedule.day_of(now))
            outcome = import_files(
                con, files, today=today, imported_at=now, by=by, program=program, two_people=two_people,
                reading=reading,
            )
            imported(home.home, list(map(sha256_of, files)), by, outcome)
    except Refused as refusal:
        refused(home.home, list(map(sha256_of, files)), by)
        _show_faults(refusal, as_json)
        raise
    except WarehouseBusy as busy:
        leave(home.home, files, by, program)
        raise WarehouseBusy(
            f"{busy}; the files were left in inbox/decisions, and the next run checks and imports them"
        ) from None
    if as_json:
        click.echo(json.dumps(asdict(outcome), indent=1))
    else:
        _show(outcome)


def _show_faults(refused: "Refused", as_json: bool) -> None:
    if as_json:
        faults = [asdict(fault) for fault in refused.faults]
        click.echo(json.dumps({"faults": faults, "count": refused.count}, indent=1))
        return
    for fault in refused.faults:
        errors.print(str(fault), markup=False, highlight=False, soft_wrap=True)
    if refused.count > len(refused.faults):
        errors.print(f"... and {refused.count - len(refused.faults):,} more")


def _show(outcome: "Outcome") -> None:
    matches = ", ".join(outcome.contested_matches)
    said = [
        ("Recorded", outcome.recorded, "the next run honours them"),
        ("Corrections among them", outcome.corrected, "the decisions before stay on record"),
        ("Confirmed by a second person", outcome.confirmed, "the next run honours them"),
        ("On record already", outcome.repeated, "nothing was changed"),
        ("Waiting", outcome.waiting, "a second person has to decide the same, or have this file imported with --by"),
        ("Contested", outcome.contested, f"the other program decided otherwise, so neither binds ({matches})"),
        ("About evidence that has changed since", outcome.outdated, "these cases come again"),
        ("Comments without a decision", outcome.comments, "not kept"),
    ]
    for title, count, words in said:
        if count:
            console.print(f"{title}: {count:,}; {words}", markup=False, soft_wrap=True)
    if not outcome.recorded + outcome.confirmed:
        console.print(f"Nothing new in {outcome.rows:,} rows: the registry is as it was.")
