"""Answering one question from the published snapshot, and writing it into the audit trail before it is told."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

from exchange.enquiries.answer import Answer, Candidate, Enrolment, Life, Outcome, Payment, Person
from exchange.enquiries.question import NAMES_NEEDED, Question
from exchange.enquiries.scope import EVERYTHING, Scope
from ibr.errors import UsageProblem
from linkage.registry.agreement import compare_with, names_in, same_identifier
from linkage.values import fold, identifier
from warehouse import audit
from warehouse.connection import attach, connect
from warehouse.query import published_file

MOST_CANDIDATES = 20
_WORK = "linkage_work"


def enquire(
    home: Path, question: Question, actor: str | None = None, scope: Scope = EVERYTHING, *,
    memory_limit: str | None = None, threads: int | None = None,
) -> Answer:  # fmt: skip
    """Answer a question about one person from the current secretariat's snapshot.

    `actor`: who asks, as in `warehouse.audit.record`; `scope`: how far they may see: outside it a person who is known
    and one who is not get the same answer. `memory_limit`, `threads`: what it may take of the machine, as in
    `warehouse.connection.connect`. The event holds who asked, why, by what, and the answer in codes with its
    person_uids; it is on disk before the answer is returned. Where nothing is published the outcome is
    `could_not_check`.
    """
    answer, purpose = _looked_up(home, question, scope, memory_limit, threads)
    event = audit.record(home, "enquired", actor, subjects=answer.person_uids, details={
        "purpose": purpose, "by": question.by, "outcome": answer.outcome, "reason": answer.reason,
        "candidates": answer.candidates_in_all, "version": answer.version,
        "programs": sorted({one.program for one in answer.person.enrolments}) if answer.person else [],
        **{f"within_{name}": code for name, code in scope.bound.items() if code},
    })
    return replace(answer, audit_sequence=event.sequence)


def _looked_up(
    home: Path, question: Question, scope: Scope, memory_limit: str | None, threads: int | None
) -> tuple[Answer, str]:
    """The answer, and the purpose as it may be kept."""
    try:
        file = published_file(home)
    except UsageProblem:
        return Answer(Outcome.COULD_NOT_CHECK, "nothing_is_published"), question.purpose
    with opened(file, home / "tmp", memory_limit, threads) as con:
        answer = answered(con, question, scope)
        return answer, _without_names(con, question.purpose) if answer.candidates else question.purpose


def _without_names(con: duckdb.DuckDBPyConnection, purpose: str) -> str:
    """The purpose without the names of those who were found: who asks by ID may have written them. To refuse it would
    tell that the name is theirs, and leave no trace of having told."""
    query = _sql("without_names").replace("{{ names }}", fold("full_name")).replace("{{ word }}", fold("word"))
    return str(_one(con, query, {"purpose": purpose})[0])


@contextmanager
def opened(
    file: Path, temporary: Path, memory_limit: str | None, threads: int | None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in memory with a snapshot attached to read, as `snapshot`: what is worked out stays out of it."""
    con = connect(":memory:", memory_limit=memory_limit, threads=threads, temp_directory=temporary)
    try:
        attach(con, file, "snapshot")
        con.execute("SET enable_external_access = false")
        yield con
    finally:
        con.close()


def answered(con: duckdb.DuckDBPyConnection, question: Question, scope: Scope = EVERYTHING) -> Answer:
    """The answer, unrecorded; `con` as from `opened`."""
    version, reporting_date, published_at, stale = _one(
        con, "SELECT version, reporting_date, published_at, stale_sources FROM snapshot.main.about"
    )
    told = Answer(
        Outcome.NOT_FOUND, version=version, reporting_date=reporting_date, published_at=published_at,
        stale_sources=list(stale),
    )  # fmt: skip
    if reason := question.cannot_be_checked(con):
        return replace(told, outcome=Outcome.COULD_NOT_CHECK, reason=reason)
    _find(con, question, scope)
    candidates = [Candidate(*row) for row in con.execute(
        "SELECT * EXCLUDE (names_alike) FROM candidates ORDER BY len(differs), len(agrees) DESC, "
        "list_contains(agrees, 'birth_date') DESC, names_alike DESC, person_uid LIMIT ?", [MOST_CANDIDATES]
    ).fetchall()]
    in_all = _one(con, "SELECT count(*) FROM candidates")[0]
    return _judged(con, scope, replace(told, candidates=candidates, candidates_in_all=in_all))


def _find(con: duckdb.DuckDBPyConnection, question: Question, scope: Scope) -> None:
    """The table `candidates`: by ID number where a record carries it, else by name."""
    con.execute(f"CREATE SCHEMA IF NOT EXISTS {_WORK}")
    con.execute("CREATE OR REPLACE TABLE asked (full_name VARCHAR, birth_date DATE, sex VARCHAR)")
    con.execute("INSERT INTO asked VALUES (?, ?, NULL)", [question.full_name, question.birth_date])
    con.execute(
        "CREATE OR REPLACE TABLE people (record_id VARCHAR, person_uid VARCHAR, full_name VARCHAR, birth_date DATE, "
        "sex VARCHAR, is_by_id BOOLEAN, has_id BOOLEAN)"
    )
    if question.national_id:
        by_id = _sql("by_id").replace("{{ same_identifier }}", same_identifier("trim(national_id_given)", "$given"))
        con.execute(f"INSERT INTO people {by_id}", {"given": question.national_id.strip()} | scope.bound)
    if question.full_name and not _one(con, "SELECT count(*) FROM people")[0]:
        by_name = _sql("by_name").replace("{{ folded }}", fold("full_name"))
        by_name = by_name.replace("{{ identifier }}", identifier("trim(national_id_given)"))
        values = {"birth_date": question.birth_date, "names": names_in(con, question.full_name)}
        con.execute(f"INSERT INTO people {by_name}", values | scope.bound)
    compare_with(con, "asked", "people", _WORK)
    con.execute(_sql("candidates"), {
        "is_id_asked": bool(question.national_id), "names_needed": NAMES_NEEDED, "is_limited": scope != EVERYTHING,
    })


def _judged(con: duckdb.DuckDBPyConnection, scope: Scope, found: Answer) -> Answer:
    """One person, or several, or nobody. By name alone nobody is sure: namesakes are many. Of those found by name whose
    birth date nearly agrees the one born on the very day is meant."""
    if not found.candidates:
        return found
    best, *others = found.candidates
    if others and (best.differs or not best.is_sure or others[0].is_sure):
        return replace(found, outcome=Outcome.SEVERAL)
    if not others and not best.is_sure and "birth_date_nearly" not in best.agrees:
        return replace(found, outcome=Outcome.SEVERAL, reason="a_name_alone_is_not_sure")
    outcome = Outcome.DIFFERS if best.differs else Outcome.FOUND
    return replace(found, outcome=outcome, person=person(con, best.person_uid, scope))


def person(con: duckdb.DuckDBPyConnection, person_uid: str, scope: Scope = EVERYTHING) -> Person | None:
    """What the snapshot says of a person: the register's word, and every enrolment; None if it has no such person.

    Of enrolments outside the scope program and status alone are told; nothing of one that they collect for others.
    """
    row = con.execute(_sql("person"), {"person_uid": person_uid}).fetchone()
    if row is None:
        return None
    status, reason, death_date, emigrated_date = row
    cursor = con.execute(_sql("enrolments"), {"person_uid": person_uid} | scope.bound)
    names = [column[0] for column in cursor.description or []]
    enrolments = [_enrolment(dict(zip(names, one, strict=True))) for one in cursor.fetchall()]
    return Person(
        person_uid, status, reason, _life(status, death_date, emigrated_date), [one for one in enrolments if one]
    )


def _enrolment(row: dict[str, Any]) -> Enrolment | None:
    if row["is_own"]:
        return Enrolment(**row | {"payments": [Payment(**one) for one in row["payments"] or ()]})
    if row["roles"] == ["caregiver"]:
        return None
    return Enrolment(
        None, row["program"], row["status"], [], None, None, None, None, None, row["is_source_stale"], is_own=False
    )


def _life(status: str, death_date: dt.date | None, emigrated_date: dt.date | None) -> Life:
    if death_date or status == "deceased":
        return Life("deceased", death_date)
    if status not in ("verified", "found_by_match_key"):
        return Life("could_not_check", reason=status)
    return Life("emigrated", emigrated_date) if emigrated_date else Life("alive")


def _one(
    con: duckdb.DuckDBPyConnection, query: str, values: dict[str, Any] | None = None
) -> tuple[Any, ...]:
    row = con.execute(query, values).fetchone()
    assert row is not None
    return row


def _sql(name: str) -> str:
    return files("exchange.enquiries").joinpath(f"sql/{name}.sql").read_text(encoding="utf-8")
