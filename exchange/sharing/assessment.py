"""The second step: what a request would mean for the people in it, in plain words with the numbers."""

import datetime as dt
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from exchange.sharing.catalogue import Marts, marts_of, purposes
from exchange.sharing.reading import recorded
from exchange.sharing.record import Case, Step, cases, changing, open_case
from exchange.sharing.request import Request
from exchange.sharing.risk import measure
from exchange.sharing.selection import published, rows_outside, stage, version
from exchange.sharing.table import count_table
from exchange.sharing.words import say_class, say_diversity, say_table
from ibr.config import Sharing
from ibr.errors import UsageProblem
from warehouse.audiences.sensitivity import Sensitivity

_OPEN = ("requested", "assessed", "half_approved", "approved", "extracted")


@dataclass(frozen=True)
class Finding:
    """One thing to know before approving. A grave one is only approved with a reason; `code` names it for programs.

    `extent`: what it is about, each with how many people or rows, or 1 where nothing is counted. An approval holds for
    no more than that.
    """

    code: str
    is_grave: bool
    text: str
    extent: dict[str, int] = field(default_factory=dict)


def assess(
    home: Path, request_id: str, settings: Sharing, *, by: str, today: dt.date, at: dt.datetime,
    progress: Callable[[str], None] = lambda message: None,
) -> Case:
    """Assess a request on the current publication, and put the assessment on record; approvals before it count no more.

    Raises UsageProblem for a request that is refused, lapsed, overdue or disposed of.
    """
    with changing(home, "ibr share assess"), published(home) as con:
        case = open_case(home, request_id)
        if (state := case.state(today)) not in _OPEN:
            raise UsageProblem(f"{case.request_id} is {state}; only an open request can be assessed, make a new one")
        content = assessed(con, home, case, settings, progress)
        return case.add(Step.ASSESSED, today=today, at=at, by=by, content={"request": case.events[0].sha256, **content})


def assessed(
    con: duckdb.DuckDBPyConnection, home: Path, case: Case, settings: Sharing, progress: Callable[[str], None]
) -> dict[str, Any]:
    """What is found on a request: `publication`, `findings`, `fields` by class, `rows` by mart, `figures`.

    Leaves the rows asked for in the temporary tables `asked_0`, `asked_1`, ..., in the order of the request's data, and
    tables of them in `counted_0`, ...: what is assessed is what leaves.
    """
    marts = marts_of(con)
    request = recorded(case, marts)
    staged = {f"asked_{place}": item for place, item in enumerate(request.data)}
    rows = {item.mart: stage(con, marts[item.mart], request, item, table) for table, item in staged.items()}
    findings = [*_of_purpose(marts, request), *_of_area(con, marts, request), *_of_earlier(home, case, request)]
    findings += _of_choice(marts, request, settings)
    findings += [
        Finding("no_rows", True, f"{mart}: no row fulfils the conditions; there is nothing to share", {mart: 1})
        for mart, count in rows.items() if not count
    ]
    figures: dict[str, Any] = {}
    if request.level == "records":
        risk = measure(
            con, marts, staged, smallest_class=settings.smallest_class, distinct_values=settings.distinct_sensitive
        )
        figures = asdict(risk)
        findings += [Finding(*say_class(found, settings.smallest_class)) for found in risk.classes]
        findings += [Finding(*say_diversity(found, settings.distinct_sensitive)) for found in risk.diversity]
    else:
        for place, item in enumerate(request.data):
            progress(f"table of {item.mart}")
            held = count_table(con, f"asked_{place}", item, f"counted_{place}", settings.smallest_cell, progress)
            figures[item.mart] = asdict(held)
            findings.append(Finding(*say_table(item.mart, held, settings.smallest_cell)))
    return {
        "publication": version(con), "rows": rows, "fields": _by_class(marts, request), "figures": figures,
        "findings": [asdict(finding) for finding in findings],
    }


def _by_class(marts: Marts, request: Request) -> dict[str, list[str]]:
    """The fields asked for, as mart.column, by their class."""
    return {
        sensitivity.value: [
            f"{item.mart}.{column.name}" for item in request.data
            for column in marts[item.mart].of(item.columns, sensitivity)
        ]
        for sensitivity in Sensitivity
    }


def _of_purpose(marts: Marts, request: Request) -> list[Finding]:
    """Minimisation: what the kind of purpose does not need."""
    purpose = purposes()[request.purpose_kind]
    kind = request.purpose_kind.replace("_", " ")
    findings = []
    if request.level not in purpose.levels:
        findings.append(Finding("level", True, f"Records are asked for, and for {kind} a table will do."))
    for sensitivity, asked in _by_class(marts, request).items():
        fields = [name for name in asked if not purpose.needs(name.partition(".")[0], sensitivity)]
        if fields:
            findings.append(Finding(
                "beyond_purpose", True,
                f"{', '.join(fields)} ({sensitivity.replace('_', '-')}): {kind} does not need it.",
                {f"{name}, {sensitivity}": 1 for name in fields},
            ))
    in_clear = [f"{item.mart}.{name}" for item in request.data for name in item.in_clear]
    if in_clear:
        will_do = "" if purpose.in_clear else f" For {kind} pseudonyms will do."
        findings.append(Finding(
            "in_clear", not purpose.in_clear,
            f"{', '.join(in_clear)} would leave as it is, so that everybody in the data can be told.{will_do} "
            f"The reason given: {request.reason_in_clear}", dict.fromkeys(in_clear, 1),
        ))
    return findings


def _of_choice(marts: Marts, request: Request, settings: Sharing) -> list[Finding]:
    """Rows that are chosen by what nobody is to learn: to be among them tells it, though the field does not leave."""
    chosen = [
        f"{item.mart}.{column.name}" for item in request.data
        for column in marts[item.mart].of(list(item.where), Sensitivity.SENSITIVE)
        if isinstance(wanted := item.where[column.name], list) and len(wanted) < settings.distinct_sensitive
    ]
    if request.level == "table" or not chosen:
        return []
    text = f"Rows are chosen by {', '.join(chosen)}: to be among them tells its value."
    return [Finding("chosen_by", True, text, dict.fromkeys(chosen, 1))]


def _of_area(con: duckdb.DuckDBPyConnection, marts: Marts, request: Request) -> list[Finding]:
    """Minimisation: rows of counties in which the organisation does not work."""
    if request.works_in is None:
        return []
    outside = {
        item.mart: rows_outside(con, marts[item.mart], request, item, request.works_in) for item in request.data
    }
    return [
        Finding(
            "beyond_area", True,
            f"{count:,} rows of {mart} are of no county in which {request.organisation} works.", {mart: count},
        )
        for mart, count in outside.items() if count
    ]


def _of_earlier(home: Path, case: Case, request: Request) -> list[Finding]:
    """What the organisation has of the same marts: two extracts together tell more than each."""
    marts = {item.mart for item in request.data}
    earlier = [
        other for other in cases(home)
        if other.request_id != case.request_id and other.of(Step.EXTRACTED)
        and other.request["organisation"].casefold() == request.organisation.casefold()
        and marts & {item["mart"] for item in other.request["data"]}
    ]
    if not earlier:
        return []
    numbers = ", ".join(other.request_id for other in earlier)
    return [Finding(
        "earlier_extracts", False,
        f"{request.organisation} was given data of the same marts before ({numbers}). Two tables that differ by a "
        "few people give those people away; look at them side by side.",
    )]
