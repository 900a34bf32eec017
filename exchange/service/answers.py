"""What an answer says: the register's word, what the person receives already, and one word for both."""

from collections.abc import Sequence
from typing import Any

from exchange.enquiries.answer import Life
from exchange.service.keys import Key
from exchange.service.models import Person
from exchange.service.snapshot import Snapshot
from linkage.lookup.check import Checked, Enrolment
from linkage.registry.verify import Status

ENROLLED = ("active", "suspended")
_STRICTEST = ("prohibited", "for_review", "allowed")
COLUMNS = (
    "national_id", "birth_certificate_no", "given_name", "middle_name", "family_name", "full_name", "birth_date",
    "birth_date_precision", "sex", "phone", "county_code", "area_code",
)  # fmt: skip


def as_rows(persons: Sequence[Person], sources: Sequence[str]) -> Any:
    """The persons as an Arrow table for `Lookup.check`; `sources`: the source that each would be a record of."""
    import pyarrow as pa

    columns: dict[str, Any] = {
        "source": list(sources),
        "household_id": pa.nulls(len(persons), pa.string()),
    }
    for name in COLUMNS:
        kind = pa.date32() if name == "birth_date" else pa.string()
        columns[name] = pa.array([getattr(person, name) or None for person in persons], kind)
    return pa.table(columns)


def answer(checked: Checked, person: Person, program: str | None, key: Key, snapshot: Snapshot) -> dict[str, Any]:
    """The answer on one person, for a program that would enrol them, as far as a caller may know."""
    knows = "enrolments" in key.scopes
    enrolments = [_enrolment(one, program, key, snapshot) for one in checked.enrolments] if knows else []
    return {
        "reference": person.reference,
        "answer": _in_a_word(checked, enrolments, knows),
        "population_register": _register(checked),
        "programs": _programs(checked, enrolments) if knows else None,
    }


def household(
    checked: Sequence[Checked], program: str | None, key: Key, snapshot: Snapshot
) -> dict[str, Any] | None:
    """What the rules say of a benefit for the household of these persons beside those that it has; None for a caller
    that may not know of benefits."""
    if "enrolments" not in key.scopes:
        return None
    benefits = {
        one.enrolment_id: one for member in checked for one in member.enrolments if set(one.roles) != {"caregiver"}
    }
    told = [_enrolment(one, program, key, snapshot, level="household") for one in benefits.values()]
    own = [one for member in checked for one in (_enrolment(e, program, key, snapshot) for e in member.enrolments)]
    return {
        "household_uids": sorted({uid for member in checked for uid in member.household_uids}),
        "enrolments": told,
        "verdict": strictest([*told, *own]),
    }


def strictest(enrolments: Sequence[dict[str, Any]]) -> str | None:
    """The strictest verdict of the rules on any of these."""
    found = {one["verdict"] for one in enrolments}
    return next((verdict for verdict in _STRICTEST if verdict in found), None)


def _programs(checked: Checked, enrolments: Sequence[dict[str, Any]]) -> dict[str, Any]:
    outcome = "known" if checked.person_uid else "possible_match" if checked.possible_uids else "not_known"
    if outcome == "not_known" and checked.could_not_check_reason == "not_enough_details":
        outcome = "could_not_check"
    return {
        "outcome": outcome, "person_uid": checked.person_uid, "possible_matches": len(checked.possible_uids),
        "enrolments": enrolments, "verdict": strictest(enrolments),
    }  # fmt: skip


def _register(checked: Checked) -> dict[str, Any]:
    life = _life(checked)
    return {
        "status": checked.status,
        "could_not_check_reason": checked.could_not_check_reason,
        "mismatched_fields": checked.mismatched_fields,
        "evidence_level": checked.match_key,
        "match_probability": checked.match_probability,
        "life": {"state": life.state, "since": life.since, "reason": life.reason},
    }


def _life(checked: Checked) -> Life:
    if checked.status == Status.DECEASED:
        return Life("deceased", checked.death_date)
    if checked.status not in (Status.VERIFIED, Status.FOUND_BY_MATCH_KEY):
        return Life("could_not_check", reason=checked.status)
    return Life("emigrated", checked.emigrated_date) if checked.emigrated_date else Life("alive")


def _enrolment(
    one: Enrolment, program: str | None, key: Key, snapshot: Snapshot, level: str | None = None
) -> dict[str, Any]:
    """A benefit, and what the rules say of another one beside it: of the person's own, or of the household's. Of
    another program's a caller is told that it is there, and no more."""
    is_own = bool(set(one.roles) - {"caregiver"})
    level = level or ("person" if is_own else "household")
    rule = None
    if program and one.status in ENROLLED and (is_own or not one.roles):
        first, second = sorted((program, one.program))
        rule = snapshot.overlap_rules.get((level, first, second))
    verdict = rule.verdict if rule else None
    if rule and level == "household" and rule.rule_level == "person":
        verdict, rule = "allowed", None  # a rule about one person is not about two of a household
    sees_all = key.program in (None, one.program)
    return {
        "program": one.program, "status": one.status, "level": level, "verdict": verdict,
        "rule_code": rule.rule_code if rule else None, "is_source_stale": one.is_source_stale,
        "roles": one.roles if sees_all else None,
        "enrolled_date": one.enrolled_date if sees_all else None, "exit_date": one.exit_date if sees_all else None,
    }  # fmt: skip


def _in_a_word(checked: Checked, enrolments: Sequence[dict[str, Any]], knows: bool) -> str:
    """What matters most: that the person is dead or somebody else, what they receive, that somebody has to look, the
    register's word. That the register could not be asked hides nothing that the programs know."""
    if checked.status in (Status.DECEASED, Status.MISMATCH, Status.ID_SHARED):
        return checked.status
    if strictest(enrolments) in ("prohibited", "for_review"):
        return "already_enrolled"
    if knows and checked.possible_uids and not checked.person_uid:
        return "possible_match"
    return checked.status


def about(snapshot: Snapshot) -> dict[str, Any]:
    """Which snapshot an answer is from."""
    return {
        "version": snapshot.version, "reporting_date": snapshot.reporting_date, "published_at": snapshot.published_at,
        "stale_sources": snapshot.stale_sources,
    }  # fmt: skip

