"""Each record against the population register: what agrees, and what that means.

The status is the first that applies:

`could_not_check`     the register is not there or too old, or the record has neither a usable ID nor name and
                      birth date; in the first case the register's person, death and emigration stay as an
                      earlier check found them. `could_not_check_reason` says which. Where a register is asked by
                      ID, one person a call, also who has no ID to ask with, or no answer that can be used, unless
                      another register or another record of the person says more
`id_shared`           several persons use the ID (all of them: the fields that differ say who is not its
                      owner), or it is somebody else's in the register, with another given name and another
                      birth date, such as a guardian's ID on a child's record
`deceased`            the register's person is dead at the reporting date
`mismatch`            the ID is in the register, but names, birth date or sex disagree: `mismatched_fields`
                      says which; or the engine surely finds a person to whom the register gave another ID:
                      `national_id`
`verified`            the ID is in the register, and what can be compared agrees
`found_by_match_key`  no usable ID, or one that the register does not know, and the engine's match is sure
                      (the register has no ID for that person)
`not_found`           looked for and not found

Agreement is tolerant of how clerks write: names are compared token by token (case, accents and apostrophes
aside), a given or family name agrees if it stands anywhere on the other side, exactly, as a known variant, as
an initial, or with a Jaro-Winkler similarity (Winkler 1990) of at least `NAME_SIMILARITY` (where the birth
dates agree, `NAME_SIMILARITY_BORN_ALIKE`, or one edit, or the same start: with the same ID and birth date,
that is a slip of the pen or a short form); missing names are no disagreement. Birth dates agree if they are
at most a year apart, with day and month exchanged, or in years at most one apart where one of the dates is 1
January or 1 July or known to be a year only. A wrong decade is a disagreement: it decides on entitlements by
age. A missing sex or date is no disagreement.

A person is one person in the register: a record that cannot tell by itself takes what another record of its
person found. `match_key` holds the level of evidence: `national_id`, the engine's match key, or
`same_person`.
"""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

import duckdb

from linkage.registry.scripts import run_script
from linkage.vocabulary import signs

# Otieno and Atieno, brother and sister, have .89; Njoroge and Njorogi .94.
NAME_SIMILARITY = 0.9
# Where ID and birth date are the same: Jop for Job, Maeyo for Maiyo, Josy for Josephine are then the same
# person.
NAME_SIMILARITY_BORN_ALIKE = 0.75
# What a register can be asked for.
_CAN_BE_CHECKED = (
    "(persons.national_id IS NOT NULL OR (persons.birth_date IS NOT NULL "
    "AND coalesce(persons.full_name, persons.given_name, persons.family_name) IS NOT NULL))"
)
# Nothing is known from an earlier check.
_NOBODY = (
    "(SELECT NULL::VARCHAR AS record_id, NULL::VARCHAR AS register_id, NULL::VARCHAR AS match_key, "
    "NULL::DATE AS register_death_date, NULL::DATE AS register_emigrated_date)"
)


class Status(StrEnum):
    """What the register says of a record, in the order in which they apply."""

    COULD_NOT_CHECK = "could_not_check"
    ID_SHARED = "id_shared"
    DECEASED = "deceased"
    MISMATCH = "mismatch"
    VERIFIED = "verified"
    FOUND_BY_MATCH_KEY = "found_by_match_key"
    NOT_FOUND = "not_found"


@dataclass(frozen=True)
class VerificationCounts:
    """Records by status; every status is there."""

    by_status: dict[str, int]


def verify(
    con: duckdb.DuckDBPyConnection,
    persons: str,
    register: str | None,
    matches: str | None,
    reporting_date: dt.date,
    work: str = "linkage_work",
    *,
    name_variants: str | None = None,
    earlier: str | None = None,
    unasked: str | None = None,
) -> VerificationCounts:
    """Write `{work}.verification` (the columns of `linkage.verification`), one row a record.

    Inputs: `persons` and `register` name tables shaped like registry.persons and registry.population,
    `matches` one shaped like the engine's (record_id, register_id, match_key, match_probability, verdict,
    runner_up_probability); `{work}.person_crosswalk` (member_id, uid) says who is who. `register` None: it is
    unavailable or stale, and every record is `could_not_check`; whom `earlier` (shaped like
    linkage.verification) took a record for, and that person's death, are known still. `unasked` names a table
    (record_id, reason) of records for which not every register could be asked: who is found nowhere is then
    `could_not_check`. `name_variants` names a table (name, canonical) in lower case.
    """
    if register is None or matches is None:
        _say_not_available(con, persons, work, earlier or _NOBODY)
        return _count(con, work)
    compare_by_id(con, persons, register, work, name_variants=name_variants)
    return judge(con, persons, register, matches, reporting_date, work, earlier=earlier, unasked=unasked)


def compare_by_id(
    con: duckdb.DuckDBPyConnection, persons: str, register: str, work: str, *, name_variants: str | None = None
) -> None:
    """Write `{work}.verify_id`: each record whose ID the register has, beside that person, with what disagrees."""
    variants = (
        f"SELECT name, canonical FROM {name_variants}"
        if name_variants
        else "SELECT '' AS name, '' AS canonical"
    )
    con.execute(
        f"CREATE OR REPLACE TABLE {work}.name_variants AS SELECT * FROM ({variants}) WHERE name <> ''"
    )
    run_script(
        con,
        "verify_by_id",
        work=work,
        persons=persons,
        register=register,
        name_similarity=NAME_SIMILARITY,
        name_similarity_born_alike=NAME_SIMILARITY_BORN_ALIKE,
        signs=signs(),
    )


def judge(
    con: duckdb.DuckDBPyConnection, persons: str, register: str, matches: str, reporting_date: dt.date, work: str, *,
    earlier: str | None = None, unasked: str | None = None,
) -> VerificationCounts:  # fmt: skip
    """What `verify` says, once `compare_by_id` is done.

    Whose ID agrees in everything needs no row in `matches`: it could change nothing but `match_probability`.
    """
    run_script(
        con,
        "verify_status",
        work=work,
        persons=persons,
        register=register,
        matches=matches,
        can_be_checked=_CAN_BE_CHECKED,
        earlier=earlier or _NOBODY,
        unasked=unasked or "(SELECT NULL::VARCHAR AS record_id, NULL::VARCHAR AS reason)",
        reporting_date=reporting_date.isoformat(),
    )
    return _count(con, work)


def _say_not_available(con: duckdb.DuckDBPyConnection, persons: str, work: str, known: str) -> None:
    con.execute(f"""
        CREATE OR REPLACE TABLE {work}.verification AS
        SELECT
            persons.record_id, '{Status.COULD_NOT_CHECK}' AS status, known.register_id,
            known.match_key, NULL::DOUBLE AS match_probability, NULL::DOUBLE AS runner_up_probability,
            []::VARCHAR[] AS mismatched_fields, known.register_death_date, known.register_emigrated_date,
            if({_CAN_BE_CHECKED}, 'register_not_available', 'not_enough_details') AS could_not_check_reason
        FROM {persons} AS persons
        LEFT JOIN {known} AS known ON known.record_id = persons.record_id""")


def _count(con: duckdb.DuckDBPyConnection, work: str) -> VerificationCounts:
    found = dict(con.execute(f"SELECT status, count(*) FROM {work}.verification GROUP BY status").fetchall())
    return VerificationCounts({status.value: found.get(status.value, 0) for status in Status})
