"""Requests for correction: made, listed with their states, closed by people. Nothing of a record is changed here."""

import datetime as dt
from dataclasses import dataclass
from importlib.resources import files

import duckdb

from ibr.errors import UsageProblem

# What a person can say of themselves; the rest of a record is the registry's own.
FIELDS = (
    "full_name", "given_name", "middle_name", "family_name", "birth_date", "sex", "national_id_given",
    "birth_certificate_no", "phone", "area_given", "marital_status", "relationship_to_head", "has_disability",
    "has_chronic_illness", "orphanhood", "is_attending_school", "school_grade", "occupation",
)  # fmt: skip
CLOSED_AS = ("refused", "withdrawn")
_COLUMNS = (
    "correction_id, person_uid, program, record_id, field, value_held, value_said, evidence, requested_on, "
    "requested_by, value_now, state, closed_on, closed_by, closed_reason"
)


@dataclass(frozen=True)
class Wanted:
    """What is to be corrected: a field of a record, what the person says instead, and what shows it."""

    record_id: str
    field: str
    value_said: str
    evidence: str

    def __post_init__(self) -> None:
        if self.field not in FIELDS:
            raise UsageProblem(f"--field {self.field!r}: expected one of {', '.join(FIELDS)}")
        if not self.value_said.strip() or not self.evidence.strip():
            raise UsageProblem("--says and --evidence are both needed: what the person says, and what shows it")


@dataclass(frozen=True)
class Request:
    """A request as it stands: `state` is what `sql/states.sql` makes of the record as it is now."""

    correction_id: str
    person_uid: str
    program: str
    record_id: str
    field: str
    value_held: str | None
    value_said: str
    evidence: str
    requested_on: dt.date
    requested_by: str
    value_now: str | None
    state: str
    closed_on: dt.date | None
    closed_by: str | None
    closed_reason: str | None


def request(
    con: duckdb.DuckDBPyConnection, person_uid: str, wanted: Wanted, on: dt.date, by: str
) -> Request:
    """Put a request on record; the next exception files of the record's program carry it.

    `con` is the warehouse, open for writing. Raises UsageProblem where the record is not the person's, says so already,
    or has the same request open.
    """
    record = con.execute(
        "SELECT persons.program, to_json(persons) ->> $field FROM registry.persons AS persons "
        "JOIN linkage.persons_crosswalk AS crosswalk ON crosswalk.record_id = persons.record_id "
        "WHERE persons.record_id = $record_id AND crosswalk.person_uid = $person_uid",
        {"field": wanted.field, "record_id": wanted.record_id, "person_uid": person_uid},
    ).fetchone()
    if record is None:
        raise UsageProblem(f"{wanted.record_id} is no record of {person_uid}; theirs are {_theirs(con, person_uid)}")
    program, held = record
    said = " ".join(wanted.value_said.split())
    if held is not None and held.lower() == said.lower():
        raise UsageProblem(f"{wanted.field} of {wanted.record_id} says so already; nothing is to be corrected")
    if any((one.field, one.record_id, one.state) == (wanted.field, wanted.record_id, "open") for one in requests(con)):
        raise UsageProblem(f"a correction of {wanted.field} of {wanted.record_id} is open already; close it first")
    row = con.execute("SELECT count(*) + 1 FROM ops.corrections").fetchone()
    correction_id = f"C{row[0] if row else 1:06d}"
    con.execute(
        "INSERT INTO ops.corrections BY NAME SELECT $1 AS correction_id, $2 AS person_uid, $3 AS program, "
        "$4 AS record_id, $5 AS field, $6 AS value_held, $7 AS value_said, $8 AS evidence, $9::DATE AS requested_on, "
        "$10 AS requested_by",
        [correction_id, person_uid, program, wanted.record_id, wanted.field, held, said,
         " ".join(wanted.evidence.split()), on, by],
    )  # fmt: skip
    return _one(con, correction_id)


def close(
    con: duckdb.DuckDBPyConnection, correction_id: str, closed_as: str, reason: str, on: dt.date, by: str
) -> Request:
    """Close an open request as `refused` by its program or `withdrawn` by the person, with the reason.

    Raises UsageProblem for a request that is not there or not open.
    """
    found = _one(con, correction_id)
    if found.state != "open":
        raise UsageProblem(f"{correction_id} is {found.state.replace('_', ' ')}, and only an open one can be closed")
    con.execute(
        "UPDATE ops.corrections SET closed_as = $2, closed_reason = $3, closed_on = $4::DATE, closed_by = $5 "
        "WHERE correction_id = $1",
        [correction_id, closed_as, " ".join(reason.split()), on, by],
    )
    return _one(con, correction_id)


def requests(
    con: duckdb.DuckDBPyConnection, program: str | None = None, person_uid: str | None = None,
    correction_id: str | None = None,
) -> list[Request]:
    """The requests with their states, the oldest first; of one program or person, or a single one, where named."""
    rows = con.execute(
        f"SELECT {_COLUMNS} FROM ({states()}) WHERE program = coalesce($program, program) "
        "AND person_uid = coalesce($person_uid, person_uid) "
        "AND correction_id = coalesce($correction_id, correction_id) ORDER BY correction_id",
        {"program": program, "person_uid": person_uid, "correction_id": correction_id},
    ).fetchall()
    return [Request(*row) for row in rows]


def states() -> str:
    """SQL: every request with its state."""
    return files("exchange.corrections").joinpath("sql/states.sql").read_text(encoding="utf-8")


def _one(con: duckdb.DuckDBPyConnection, correction_id: str) -> Request:
    found = requests(con, correction_id=correction_id)
    if not found:
        raise UsageProblem(f"there is no correction {correction_id}; `ibr person corrections` lists them")
    return found[0]


def _theirs(con: duckdb.DuckDBPyConnection, person_uid: str) -> str:
    rows = con.execute(
        "SELECT record_id FROM linkage.persons_crosswalk WHERE person_uid = ? ORDER BY record_id", [person_uid]
    ).fetchall()
    return ", ".join(record_id for (record_id,) in rows) or "none"
