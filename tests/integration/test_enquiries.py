"""Enquiries: every kind of answer, on a snapshot of a few people, and what each leaves in the audit trail."""

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from exchange.enquiries import Question, Scope, enquire
from ibr.errors import UsageProblem
from warehouse.audit import last, who_saw

CONTENT = (Path(__file__).parent / "enquiry_publication.sql").read_text()


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("home")
    folder = home / "published" / "20260701T010000Z"
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / "secretariat.duckdb")) as con:
        con.execute(CONTENT)
    (home / "published" / "current").symlink_to(folder.name)
    return home


def ask(home: Path, **what):
    return enquire(home, Question("desk", **what), "Officer")


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def test_by_id_with_leading_zeros_and_spaces_one_person_with_all_their_benefits(home):
    answer = ask(home, national_id=" 0020413377 ")
    assert (answer.outcome, answer.person.person_uid) == ("found", "P1")
    assert answer.person.life.state == "alive"
    assert answer.person.is_enrolled
    pension, grant = answer.person.enrolments
    assert (pension.program, pension.status, pension.roles) == ("PENSION", "active", ["beneficiary", "recipient"])
    assert (pension.last_paid_date, pension.last_paid_amount) == (day("2026-06-02"), 4000.0)
    assert (grant.status, grant.roles, grant.last_paid_date) == ("exited", ["caregiver", "member", "recipient"], None)
    assert grant.is_source_stale


def test_the_answer_says_what_snapshot_it_is_from_and_which_sources_are_stale(home):
    answer = ask(home, national_id="99999998")
    assert answer.outcome == "not_found"
    assert (answer.version, answer.reporting_date) == ("20260701T010000Z", day("2026-06-30"))
    assert answer.stale_sources == ["mis_b"]


def test_collecting_for_somebody_is_not_being_enrolled(home):
    person = ask(home, national_id="30000002").person
    assert [one.roles for one in person.enrolments] == [["caregiver"]]
    assert not person.is_enrolled


@pytest.mark.parametrize(
    ("name", "born", "outcome", "agrees"),
    [
        ("Grace Odhiambo AKINYI", "1950-03-28", "found", ["name", "birth_date"]),
        ("Grase Akinyi", "1950-03-28", "found", ["name", "birth_date"]),
        ("Akinyi Odhiambo", "1950-09-01", "found", ["name", "birth_date_nearly"]),
        ("Grace Akinyi", "1939-03-28", "not_found", None),
        ("Somebody Else", "1950-03-28", "not_found", None),
        # One name alike is nobody's alone, and may not stand for given and family name at once.
        ("Akinyi Somebody", "1950-03-28", "not_found", None),
        ("Graca Elsewhere", "1950-03-20", "not_found", None),
    ],
)
def test_by_name_and_birth_date_with_the_tolerance_of_verification(home, name, born, outcome, agrees):
    answer = ask(home, full_name=name, birth_date=day(born))
    assert answer.outcome == outcome
    assert [one.agrees for one in answer.candidates] == ([agrees] if agrees else [])


def test_of_namesakes_the_one_born_on_the_very_day_is_meant_and_the_others_are_listed(home):
    answer = ask(home, full_name="Peter Njoroge", birth_date=day("1962-11-20"))
    assert (answer.outcome, answer.person.person_uid) == ("found", "P3")
    assert [one.person_uid for one in answer.candidates] == ["P3", "P2"]
    # Whose name is alike in more parts stands first.
    third = ask(home, full_name="Peter Kamau Njoroge", birth_date=day("1962-08-01"))
    assert [one.person_uid for one in third.candidates] == ["P2", "P3"]
    between = ask(home, full_name="Peter Njoroge", birth_date=day("1962-08-01"))
    assert (between.outcome, between.person, between.candidates_in_all) == ("several", None, 2)


def test_a_name_alone_is_never_sure(home):
    one = ask(home, full_name="Halima Noor")
    assert (one.outcome, one.reason, one.person) == ("several", "a_name_alone_is_not_sure", None)
    assert [(who.person_uid, who.sex, who.birth_year, who.county) for who in one.candidates] == [
        ("P5", "F", 1985, "North")
    ]


def test_an_id_that_two_persons_carry_is_several(home):
    answer = ask(home, national_id="66666667")
    assert (answer.outcome, answer.person_uids) == ("several", ["P6", "P7"])
    with_name = ask(home, national_id="66666667", full_name="Rehema Ali", birth_date=day("1990-12-03"))
    assert with_name.candidates[0].person_uid == "P7"
    assert with_name.candidates[0].differs == []


def test_an_id_with_somebody_elses_name_differs_and_a_name_with_another_id_too(home):
    answer = ask(home, national_id="20413377", full_name="Juma Hassan")
    assert (answer.outcome, answer.person.person_uid) == ("differs", "P1")
    assert answer.candidates[0].differs == ["name"]
    mistyped = ask(home, national_id="20413378", full_name="Grace Akinyi", birth_date=day("1950-03-28"))
    assert (mistyped.outcome, mistyped.candidates[0].differs) == ("differs", ["id"])


def test_dead_and_not_to_be_checked_are_told_apart_from_alive(home):
    dead = ask(home, national_id="40000004").person
    assert (dead.life.state, dead.life.since) == ("deceased", day("2025-12-24"))
    unknown = ask(home, full_name="Halima Noor", birth_date=day("1985-07-15")).person
    assert (unknown.life.state, unknown.life.reason) == ("could_not_check", "could_not_check")
    assert unknown.could_not_check_reason == "register_not_available"


@pytest.mark.parametrize(
    ("what", "reason"),
    [({"national_id": "00000"}, "id_is_not_usable"), ({"full_name": "Grace"}, "fewer_than_two_names"),
     ({"national_id": "nil", "full_name": "G"}, "fewer_than_two_names")],
)  # fmt: skip
def test_what_cannot_be_looked_for_is_no_not_found(home, what, reason):
    answer = ask(home, **what)
    assert (answer.outcome, answer.reason) == ("could_not_check", reason)


def test_where_nothing_is_published_nothing_could_be_checked(tmp_path):
    answer = enquire(tmp_path, Question("desk", national_id="20413377"))
    assert (answer.outcome, answer.reason) == ("could_not_check", "nothing_is_published")
    assert last(tmp_path, "enquired").details["outcome"] == "could_not_check"


@pytest.mark.parametrize(("given", "national_id", "kept"), [
    ("asking (AKINYI), desk 4, of Gráce", "20413377", "asking … desk 4, of …"),
    ("asking Zawadi", "99999998", "asking Zawadi"),  # nobody was found: nobody is named
])  # fmt: skip
def test_the_names_of_whom_an_id_found_do_not_stay_in_the_trail(home, given, national_id, kept):
    enquire(home, Question(given, national_id=national_id), "Officer")
    assert last(home, "enquired").details["purpose"] == kept


@pytest.mark.parametrize("purpose", ["", "x" * 201, "about Grace", "ID 20413377"])
def test_a_purpose_is_given_and_names_nobody(purpose):
    with pytest.raises(UsageProblem, match="purpose"):
        Question(purpose, full_name="Grace Akinyi")


def test_the_event_holds_who_why_and_the_answer_and_no_particulars(home):
    answer = ask(home, national_id="20413377", full_name="Grace Akinyi", birth_date=day("1950-03-28"))
    event = last(home, "enquired")
    assert (event.sequence, event.actor, event.subjects) == (answer.audit_sequence, "Officer", ["P1"])
    assert event.details == {
        "purpose": "desk", "by": ["id", "name", "birth_date"], "outcome": "found", "reason": None, "candidates": 1,
        "version": "20260701T010000Z", "programs": ["GRANT", "PENSION"],
    }  # fmt: skip
    assert "P1" in json.dumps([one.identifiers for one in who_saw(home, ["P1"])])
    log = (home / "audit" / "events.jsonl").read_text()
    assert not [value for value in ("Grace", "Akinyi", "20413377", "1950-03") if value in log]


def test_a_program_finds_its_own_records_and_learns_of_other_benefits_that_they_are_there(home):
    answer = enquire(home, Question("desk", national_id="20413377"), "Officer", Scope(program="PENSION"))
    pension, grant = answer.person.enrolments
    assert (pension.program, len(pension.payments), pension.payments[0].status) == ("PENSION", 3, "failed")
    assert (grant.program, grant.status, grant.is_own) == ("GRANT", "exited", False)
    assert (grant.enrolment_id, grant.roles, grant.enrolled_date, grant.payments) == (None, [], None, [])
    assert last(home, "enquired").details["within_program"] == "PENSION"


@pytest.mark.parametrize("scope", [Scope(program="PENSION"), Scope(county="1")], ids=["program", "county"])
def test_outside_the_scope_known_and_unknown_are_answered_alike(home, scope):
    seen = len(who_saw(home, ["P5"]))
    known, unknown = (
        enquire(home, Question("desk", full_name=name, birth_date=day("1985-07-15")), "Officer", scope)
        for name in ("Halima Noor", "Halima Mwende")
    )
    assert replace(known, audit_sequence=None) == replace(unknown, audit_sequence=None)
    assert known.outcome == "not_found"
    assert len(who_saw(home, ["P5"])) == seen


def test_of_two_who_carry_a_number_a_county_is_told_of_its_own(home):
    answer = enquire(home, Question("desk", national_id="66666667"), "Officer", Scope(county="1"))
    assert answer.person_uids == ["P6"]
