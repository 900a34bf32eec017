"""The cases of the queue in order, and what a person is shown of one."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

import duckdb

from exchange.records import show_records
from exchange.scripts import run_script
from ibr.errors import UsageProblem
from linkage.registry.last_run import LastRun
from linkage.registry.review import QueueCount, evidence_on, gather_queue, queue_counts
from linkage.sql import table_exists

Pair = tuple[str, str]
# What is compared of the two records: its name, and where it stands in `records_shown`.
_DETAILS = (
    ("name", "full_name"), ("sex", "sex"), ("birth date", "birth_date"), ("ID number", "national_id"),
    ("birth certificate", "birth_certificate_no"), ("phone", "phone"), ("relationship to head", "relationship"),
    ("area", "area"), ("others in the household", "household"), ("program", "program"),
)


@dataclass(frozen=True)
class Asked:
    """A program whose exception file asks about the pair, and what became of that."""

    program: str
    exception_id: str
    status: str


@dataclass(frozen=True)
class Said:
    """What somebody said about the pair here, and has not taken back."""

    decision: str
    decided_by: str
    decided_on: dt.date
    comment: str | None


@dataclass(frozen=True)
class Detail:
    """One detail of both records. `is_different`: both have it, and not the same."""

    name: str
    left: str | None
    right: str | None

    @property
    def is_different(self) -> bool:
        return self.left is not None and self.right is not None and self.left.lower() != self.right.lower()


@dataclass(frozen=True)
class Case:
    """A pair that waits.

    `amount_at_stake`: the most that an exception about the pair is about; None where no program is asked. `beside`:
    another record of the person that both are already. `evidence`: the sum that leads to the probability, a line each,
    without values. `details`: personal data, empty where a list is shown.
    """

    record_id_l: str
    record_id_r: str
    programs: str
    match_key: str
    match_probability: float
    is_one_person: bool
    beside: str | None
    amount_at_stake: Decimal | None
    asked: list[Asked]
    said: list[Said]
    evidence: list[str]
    details: list[Detail] = field(default_factory=list)

    @property
    def pair(self) -> Pair:
        return self.record_id_l, self.record_id_r


@dataclass(frozen=True)
class ReviewQueue:
    """The queue of the last run: counts of all, and the first cases, without details of the records."""

    run_id: str
    total: int
    counts: list[QueueCount]
    pairs: list[Case]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def review_queue(con: duckdb.DuckDBPyConnection, first: int) -> ReviewQueue:
    """What waits, and the `first` cases: those with most money at stake first, then the likeliest.

    The connection may be read-only. Raises UsageProblem where nothing was linked yet.
    """
    last = gather(con, None)
    counts = queue_counts(con)
    rows = con.execute("FROM review_cases ORDER BY place LIMIT ?", [first])
    return ReviewQueue(last.run_id, sum(count.pairs for count in counts), counts, _cases(con, last, rows))


def next_case(con: duckdb.DuckDBPyConnection, by: str, passed_over: Sequence[Pair] = ()) -> Case | None:
    """The next case for a person, with the details of both records; None where none is left.

    Pairs in `passed_over`, and those on which this person's word already waits for a second one, are left out. For
    which somebody needs more time come last. Errors as `review_queue`.
    """
    last = gather(con, by)
    rows = con.execute(
        "SELECT * FROM review_cases WHERE NOT is_waiting_for_others AND NOT list_contains($passed_over, "
        "record_id_l || chr(31) || record_id_r) ORDER BY place LIMIT 1",
        {"passed_over": [chr(31).join(pair) for pair in passed_over]},
    )
    return _with_details(con, last, rows)


def case_of(con: duckdb.DuckDBPyConnection, pair: Pair) -> Case | None:
    """The case of one pair, with details; None where it does not wait. Errors as `review_queue`."""
    last = gather(con, None)
    rows = con.execute(
        "FROM review_cases WHERE list_contains($pair, record_id_l) AND list_contains($pair, record_id_r)",
        {"pair": list(pair)},
    )
    return _with_details(con, last, rows)


def gather(con: duckdb.DuckDBPyConnection, by: str | None) -> LastRun:
    """Make the temporary table `review_cases` of what waits, as it is for a person; returns the last run."""
    last = gather_queue(con)
    if not table_exists(con, "ops", "review_answers"):
        raise UsageProblem("the warehouse was last written by an earlier release; `ibr run` brings it up to date")
    run_script(con, "exchange.review", "cases", {"by": by})
    return last


def _with_details(con: duckdb.DuckDBPyConnection, last: LastRun, rows: duckdb.DuckDBPyConnection) -> Case | None:
    for case in _cases(con, last, rows):
        show_records(con, case.pair)
        case.details.extend(side_by_side(con, "records_shown", case.pair))
        return case
    return None


def side_by_side(con: duckdb.DuckDBPyConnection, table: str, pair: Pair) -> list[Detail]:
    """The details of two records of a table like `records_shown`."""
    fields = ", ".join(column for _, column in _DETAILS)
    left, right = (
        con.execute(f"SELECT {fields} FROM {table} WHERE record_id = ?", [record]).fetchall()[0] for record in pair
    )
    return [
        Detail(name, one or None, other or None) for (name, _), one, other in zip(_DETAILS, left, right, strict=True)
    ]


def _cases(con: duckdb.DuckDBPyConnection, last: LastRun, rows: duckdb.DuckDBPyConnection) -> list[Case]:
    names = [column[0] for column in rows.description or []]
    found = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
    told = evidence_on(con, last, [(row["record_id_l"], row["record_id_r"]) for row in found])
    return [case_from(row, evidence) for row, evidence in zip(found, told, strict=True)]


def case_from(row: Mapping[str, Any], evidence: list[str]) -> Case:
    """The case of a row of `review_cases`."""
    return Case(
        record_id_l=row["record_id_l"], record_id_r=row["record_id_r"], programs=row["programs"],
        match_key=row["match_key"], match_probability=row["match_probability"],
        is_one_person=row["is_one_person"], beside=row["beside"], amount_at_stake=row["amount_at_stake"],
        asked=[Asked(**one) for one in row["asked"] or ()], said=[Said(**one) for one in row["said"] or ()],
        evidence=evidence,
    )  # fmt: skip
