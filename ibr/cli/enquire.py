"""`ibr enquire`: is this person known, alive, enrolled, paid?"""

import datetime as dt
import json
import sys
from typing import TYPE_CHECKING

import click

from ibr.cli.options import as_option, home_option, json_option
from ibr.console import console, table
from ibr.errors import UsageProblem
from ibr.workspace import Workspace

if TYPE_CHECKING:
    from exchange.enquiries import Answer, Person


@click.command(epilog="Example: ibr enquire --id 20413377 --purpose 'payment query, county desk' --as 'A. Otieno'")
@click.option("--id", "national_id", default=None, help="The national ID number.")
@click.option("--name", "full_name", default=None, help="The name, in any order; at least two names.")
@click.option("--birth-date", type=click.DateTime(["%Y-%m-%d"]), default=None, help="As 1951-03-28.")
@click.option(
    "--purpose", default="not stated", show_default=True,
    help="Why it is asked, in a few words that name nobody; it is kept, and so is that none was given.",
)
@as_option
@home_option
@json_option
def enquire(
    national_id: str | None, full_name: str | None, birth_date: dt.datetime | None, purpose: str, home: Workspace,
    as_json: bool,
) -> None:  # fmt: skip
    """Ask the published snapshot about one person. Who asked, why, and the answer are recorded first.

    By ID number, by name (best with the birth date), or by ID number with a name and birth date to compare. Names are
    compared with the tolerance of verification. By name alone nobody is sure, so those who may be meant are listed.
    "Not found" means that it was looked for; where nothing could be looked for, it says so, and leaves with exit 2.
    """
    from exchange.enquiries import Question
    from exchange.enquiries import enquire as ask

    answer = ask(home.home, Question(purpose, national_id, full_name, birth_date and birth_date.date()))
    if as_json:
        click.echo(json.dumps(answer.as_dict(), default=str, indent=1))
    else:
        _show(answer)
    if answer.outcome == "could_not_check":
        sys.exit(UsageProblem.exit_code)


_WORDS = {
    "found": "Found. What agrees: {agrees}.",
    "differs": "One person fits, and what was given differs in: {differs}. It may be somebody else; see the ID card.",
    "several": "{count} may be meant.",
    "not_found": "Not found: looked for, and nobody in the programs' records fits.",
    "could_not_check": "COULD NOT CHECK, which says nothing about the person: {reason}.",
}
_REASONS = {
    "nothing_is_published": "nothing is published yet; `ibr run` makes the first publication",
    "id_is_not_usable": "this is no usable ID number; ask by name and birth date",
    "fewer_than_two_names": "a name needs at least two parts; give more of it, or the ID number",
    "a_name_alone_is_not_sure": "a name alone is not sure: ask again with the birth date or the ID number",
}


def _show(answer: "Answer") -> None:
    best = answer.candidates[0] if answer.candidates else None
    said = _WORDS[answer.outcome].format(
        agrees=_listed(best.agrees if best else []), differs=_listed(best.differs if best else []),
        count=f"{answer.candidates_in_all:,}", reason=_REASONS.get(answer.reason or "", answer.reason),
    )
    console.print(said, style="bold", markup=False, soft_wrap=True)
    if answer.outcome == "several" and answer.reason:
        console.print(_REASONS[answer.reason].capitalize() + ".", markup=False, soft_wrap=True)
    if answer.outcome == "several" or answer.candidates_in_all > 1:
        rows = [
            (one.person_uid, _listed(one.agrees), _listed(one.differs), one.sex or "", str(one.birth_year or ""),
             one.county or "")
            for one in answer.candidates
        ]  # fmt: skip
        console.print(table("Who may be meant", ["person", "agrees", "differs", "sex", "born", "county"], rows))
        if more := answer.candidates_in_all - len(rows):
            console.print(f"{more:,} more are not listed: ask with more of the name, the birth date or the ID number.")
    if answer.person:
        _show_person(answer.person)
    if answer.version:
        stale = ", ".join(answer.stale_sources)
        console.print(
            f"As at {answer.reporting_date}, from the snapshot {answer.version}."
            + (f" Older than promised: {stale}; what they would say now is not known." if stale else ""),
            markup=False, soft_wrap=True,
        )  # fmt: skip
    console.print(f"Recorded as event {answer.audit_sequence} of the audit trail.")


def _listed(fields: list[str]) -> str:
    return ", ".join(fields).replace("_", " ")


def _show_person(person: "Person") -> None:
    register = person.verification_status.replace("_", " ")
    life = person.life
    lines = [
        f"Person      {person.person_uid}",
        f"Register    {register}"
        + (f" ({person.could_not_check_reason.replace('_', ' ')})" if person.could_not_check_reason else ""),
        f"Alive       {life.state.replace('_', ' ')}" + (f" since {life.since}" if life.since else "")
        + (f" (register: {life.reason.replace('_', ' ')})" if life.reason else ""),
        f"Enrolled    {'yes' if person.is_enrolled else 'no'}",
    ]
    console.print("\n".join(lines), markup=False, soft_wrap=True)
    rows = [
        (one.program, one.enrolment_id, one.status, ", ".join(one.roles), one.enrolled_date or "", one.exit_date or "",
         one.last_paid_date or one.last_paid_period_end or "never", one.last_paid_amount,
         "source is stale" if one.is_source_stale else "")
        for one in person.enrolments
    ]  # fmt: skip
    if rows:
        columns = ["program", "enrolment", "status", "as", "since", "until", "last paid", "amount", "note"]
        console.print(table("Enrolments", columns, rows))
