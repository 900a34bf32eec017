"""The DCI standard at the service's door: searches in its forms, what is not taken, and whose message it is."""

import asyncio
import base64
import datetime as dt
import json
import os
import re
import time
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from exchange.service import asking
from exchange.service.keys import add, file, keys
from exchange.service.limits import Limits
from exchange.spdci.codes import Error, HeaderReason, SearchReason
from exchange.spdci.envelope import LARGEST_MESSAGE
from exchange.spdci.query import NotUnderstood, announced, wanted
from exchange.spdci.signature import read_public_key, signing_string
from exchange.spdci.times import parsed
from ibr import secrets
from ibr.cli.main import cli
from ibr.errors import UsageProblem
from tests.integration.standard import (
    ALL,
    SPECIFICATION,
    Peer,
    as_specified,
    by_id,
    header,
    now,
    peers,
    search,
    search_item,
    signed,
)
from warehouse import audit

GRANT_HEAD = "20000255"  # person 15: of the grant, in no pension
PRIVATE = Ed25519PrivateKey.generate()


@pytest.fixture(scope="module")
def peer(service_home, tmp_path_factory):
    yield from peers(service_home, tmp_path_factory.mktemp("peer") / "home")


@pytest.fixture(scope="module")
def signing(service_home, tmp_path_factory):
    public = base64.b64encode(PRIVATE.public_key().public_bytes_raw()).decode()
    key = {"sender_id": "pension.example.org", "public_key": public}
    yield from peers(service_home, tmp_path_factory.mktemp("signing") / "home", **key)


def code(done) -> str:
    return done.json()["message"]["error"]["code"]


def reason(done) -> str:
    assert done.status_code == 200, done.text
    as_specified(done.json(), "sync/search", answer=True)
    assert (done.json()["header"]["status"], "message" in done.json()) == ("rjct", False)
    return done.json()["header"]["status_reason_code"]


def test_a_search_by_number_finds_the_benefit_and_tells_no_more_of_another_program_than_verify(peer):
    (found,) = peer.searched(by_id(GRANT_HEAD))
    assert (found["status"], found["pagination"]) == ("succ", {"page_size": 1, "page_number": 1, "total_count": 1})
    (record,) = found["data"]["reg_records"]
    benefit = record["member"]["programme_identifier"]
    assert benefit["programme"] == {"programme_identifier": "GRANT", "programme_name": "Grant"}
    assert (benefit["enrolment_status"], benefit["enrolment_date"]) == ("active", None)
    assert record["member"]["demographic_info"]["person"] == {"national_id": GRANT_HEAD}
    assert found["data"]["additional_attributes"]["answer"] == "already_enrolled"


def _predicates(person: dict) -> list[dict]:
    attributes = {"national_id": "UIN", "given_name": "first_name", "family_name": "surname", "birth_date": "DOB",
                  "sex": "member.sex"}  # fmt: skip
    one = [{"attribute_name": attributes[name], "operator": "eq", "attribute_value": value}
           for name, value in person.items()]  # fmt: skip
    return [{"seq_num": 1, "expression1": one[0], "condition": "and", "expression2": one[1]},
            *({"expression1": rest} for rest in one[2:])]  # fmt: skip


FORMS = {
    "bare": ("expression", lambda person: {"$and": [{name: {"$eq": value}} for name, value in person.items()]}),
    "wrapped": ("expression", lambda person: {"type": "ns:org:QueryType:expression", "value": {"expression": {
        "collection": "Member", "query": {name: {"eq": value} for name, value in person.items()}}}}),
    "predicate": ("predicate", _predicates),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_a_query_in_any_of_the_forms_has_the_answer_of_verify(peer, form):
    with duckdb.connect(str(peer.home / "warehouse.duckdb"), read_only=True) as con:
        columns = "national_id, given_name, family_name, birth_date::VARCHAR AS birth_date, sex"
        query = f"SELECT {columns} FROM registry.population WHERE register_id = 'R100007'"
        person = con.execute(query).to_arrow_table().to_pylist()[0] | {"given_name": "Zipporah"}
    told = peer.post("/verify", {"purpose": "desk", "person": person}).json()["persons"][0]
    kind, made = FORMS[form]
    (found,) = peer.searched(search_item(made(person), kind))
    beside = found["data"]["additional_attributes"]
    assert (beside["answer"], beside["population_register"]) == (told["answer"], told["population_register"])
    assert told["population_register"]["mismatched_fields"] == ["given_name"], "the particulars have to count"


@pytest.mark.parametrize(
    ("kind", "query", "expected"),
    [
        ("idtype-value", {"type": "SHOE_SIZE", "value": "44"}, SearchReason.CRITERIA),
        ("idtype-value", {"type": "UIN", "value": {"a": 1}}, SearchReason.CRITERIA),
        ("idtype-value", {"type": "UIN", "value": ""}, SearchReason.CRITERIA),
        ("expression", {"poverty_score": {"$lt": 5}}, SearchReason.CRITERIA),
        ("expression", {}, SearchReason.CRITERIA),
        ("predicate", [{"seq_num": 1, "expression1": {"attribute_name": "UIN", "operator": "in",
                                                      "attribute_value": "1"}}], SearchReason.CRITERIA),
        ("predicate", [{"expression1": {"attribute_name": "UIN", "operator": "eq", "attribute_value": "1"},
                        "condition": "or"}], SearchReason.CRITERIA),
        ("graphql", {"query": "{ registry { id } }"}, SearchReason.CRITERIA),
        ("expression", {"birth_date": {"eq": "31 February"}}, SearchReason.CRITERIA),
        ("expression", {"full_name": "x" * 5_000}, SearchReason.CRITERIA),
        ("expression", {"$and": [{"UIN": {"$eq": "1111"}}, {"UIN": {"$eq": GRANT_HEAD}}]}, SearchReason.CRITERIA),
        ("expression", {"UIN": "1", "DOB": "1950-03-28", "YOB": "1951"}, SearchReason.CRITERIA),
        ("expression", {"UIN": GRANT_HEAD, "$and": [{"program": "GRANT"}, {"programme": "PENSION"}]},
         SearchReason.CRITERIA),
    ],
)  # fmt: skip
def test_what_is_no_question_about_a_person_is_rejected_and_stops_no_other(peer, kind, query, expected):
    bad, good = peer.searched(search_item(query, kind, "bad"), by_id(GRANT_HEAD, reference="good") | {"locale": "eng"})
    assert (bad["reference_id"], bad["status"], bad["status_reason_code"]) == ("bad", "rjct", expected)
    assert "data" not in bad
    assert (good["reference_id"], good["status"], good["locale"]) == ("good", "succ", "eng")


@pytest.mark.parametrize(
    ("kind", "query", "by"),
    [
        ("idtype-value", {"type": "BRN", "value": 12}, {"birth_certificate_no": "12"}),
        ("expression", {"identifier_type": "BRN", "identifier_value": "12"}, {"birth_certificate_no": "12"}),
        ("expression", {"member.identifier_value": "12", "YOB": "1950"},
         {"national_id": "12", "birth_date": "1950-01-01"}),
        (None, {"attribute_name": "birth-date", "operator": "eq", "attribute_value": "1980-04-12T00:00"},
         {"birth_date": "1980-04-12"}),
    ],
)  # fmt: skip
def test_whom_a_query_is_for(kind, query, by):
    assert wanted(kind, query).by == by


def test_a_year_beside_a_date_and_a_value_said_twice_change_nothing():
    said = wanted("expression", {"$and": [{"UIN": "1"}, {"national_id": 1}, {"YOB": 1950}, {"DOB": "1950-03-28"}]})
    assert said == wanted("expression", {"UIN": "1", "DOB": "1950-03-28"})


def test_a_beneficiary_is_its_member_and_no_mixture_of_several():
    person = {"identifier": [{"identifier_type": "NID", "identifier_value": "1"}], "name": {"surname": "Akinyi"}}
    programme = {"programme": {"programme_identifier": "PENSION", "name": "Old age"}}
    member = {"demographic_info": {"person": person}, "related_person": [{"given_name": "Baraka"}]}
    found = announced({"member": member | {"programme_identifier": programme}, "name": "Household of Baraka"})
    assert (found.by, found.programme) == ({"national_id": "1", "family_name": "Akinyi"}, "PENSION")
    assert announced({"member": [member], "programme_identifier": programme}) == found
    other = {"demographic_info": {"given_name": "Baraka"}}
    several = {"demographic_info": [person, {"identifier_type": "NID", "identifier_value": "2"}]}
    for wrong in ({"member": [member, other]}, {"member": several}, {"given_name": "Baraka"}):
        with pytest.raises(NotUnderstood):
            announced(wrong)


def test_no_match_not_sure_and_could_not_check_are_three_things(peer):
    nobody = {"full_name": "Nobody Nowhere", "birth_date": "1950-01-02", "sex": "F"}
    none, shared, unchecked = peer.searched(
        search_item(nobody, "expression", "none"), by_id("20001887", reference="shared"),
        search_item({"given_name": "Akinyi"}, "expression", "unchecked"),
    )  # fmt: skip
    assert (none["status"], none["data"]["reg_records"], none["pagination"]["total_count"]) == ("succ", [], 0)
    assert (shared["status"], shared["status_reason_code"]) == ("rjct", SearchReason.SEVERAL)
    assert (unchecked["status"], unchecked["status_reason_code"]) == ("rjct", SearchReason.CRITERIA)
    assert unchecked["status_reason_message"] == "could_not_check: not_enough_details"


def test_records_come_in_pages_sorted_and_of_one_programme(peer):
    twice = "20000510"  # person 30: pension and grant
    one, other, beyond, pension = peer.searched(
        by_id(twice, reference="1", pagination={"page_size": 1, "page_number": 1}, sort=[
            {"attribute_name": "programme_identifier", "sort_order": "desc"}, {"attribute_name": "UIN"}]),
        by_id(twice, reference="2", pagination={"page_size": 1, "page_number": 2}, sort=[
            {"attribute_name": "programme_identifier", "sort_order": "desc"}]),
        by_id(twice, reference="3", pagination={"page_size": 10, "page_number": 9}),
        search_item({"UIN": twice, "programme_identifier": "PENSION"}, "expression", "4"),
    )  # fmt: skip
    names = [
        [record["member"]["programme_identifier"]["programme"]["programme_identifier"]
         for record in found["data"]["reg_records"]] for found in (one, other, beyond, pension)
    ]  # fmt: skip
    assert names == [["PENSION"], ["GRANT"], [], ["PENSION"]]
    assert beyond["pagination"] == {"page_size": 10, "page_number": 9, "total_count": 2}
    (own,) = pension["data"]["reg_records"]
    date = own["member"]["programme_identifier"]["enrolment_date"]
    assert date == "2020-01-01", "of its own program it knows the date"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"timestamp": "yesterday"}, SearchReason.TIMESTAMP),
        ({"timestamp": "2026-06-30T10:00:00"}, SearchReason.TIMESTAMP),
        ({"timestamp": "0001-01-01T00:00:00+14:00"}, SearchReason.TIMESTAMP),
        ({"timestamp": "2026-02-30T10:00:00Z"}, SearchReason.TIMESTAMP),
        ({"reference_id": 5}, SearchReason.REFERENCE),
        ({"pagination": {"page_size": 0}}, SearchReason.PAGINATION),
        ({"locale": "ENG"}, SearchReason.CRITERIA),
        ({"search_criteria": {"query_type": "expression"}}, SearchReason.CRITERIA),
        ({"search_criteria": {"query_type": "expression", "query": {}, "pagination": {"page_size": -1}}},
         SearchReason.PAGINATION),
        ({"search_criteria": {"query_type": "expression", "query": {}, "sort": [{}]}}, SearchReason.SORT),
        ({"search_criteria": {"query_type": "expression", "query": {"UIN": "1"}, "authorize": {
            "purpose": {"text": "asks for 20000017"}}}}, SearchReason.CRITERIA),
    ],
)  # fmt: skip
def test_a_search_out_of_form_has_the_standards_reason_at_once_and_is_not_taken_for_later(peer, changed, expected):
    item = by_id(GRANT_HEAD) | changed
    (told,) = peer.searched(item)
    assert (told["status"], told["status_reason_code"]) == ("rjct", expected)
    if "purpose" not in str(changed):  # what a search means is told by the callback
        done = peer.post("/registry/search", search(item))
        assert (done.status_code, code(done)) == (400, Error.BAD)
        assert done.json()["errors"][0]["message"].startswith(expected)


def test_a_reference_that_stands_twice_and_a_sort_that_is_none(peer):
    first, again, sort = peer.searched(
        by_id(GRANT_HEAD), by_id(GRANT_HEAD), by_id(GRANT_HEAD, reference="s", sort=[{"attribute_name": "height"}])
    )
    assert [one.get("status_reason_code") for one in (first, again, sort)] == [
        None, SearchReason.REFERENCE_TWICE, SearchReason.SORT,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("programme", "expected"), [("GRANT", "yes"), ("PENSION", "no"), (None, "yes")]
)
def test_whether_somebody_is_enrolled(peer, programme, expected):
    query = {"person_identifier": {"eq": GRANT_HEAD}}
    if programme:
        query["programme_identifier.program.programme_identifier"] = {"eq": programme}
    done = peer.post("/registry/sync/enrolled", enrolled(query))
    (told,) = as_specified(done.json(), "sync/enrolled", answer=True)["message"]["enrolled_response"]
    assert (told["status"], told["enrolled_status"]) == ("succ", expected)
    sample = {"attribute_name": "person_identifier", "operator": "eq", "attribute_value": GRANT_HEAD}
    assert peer.post("/registry/sync/enrolled", enrolled(sample)).json()["header"]["status"] == "succ"


def enrolled(query) -> dict:
    criteria = {"query_type": "expression", "response_entity": "Member", "query": query}
    return {"header": header("search"), "message": {"transaction_id": "t", "enrolled_criteria": criteria}}


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"given_name": "Akinyi"}, "could_not_check: not_enough_details"),
        ({"UIN": "20001887"}, "id_shared"),
        ({"UIN": "1", "programme_identifier": "NONE"}, "the programme is none that this registry has"),
    ],
)
def test_what_could_not_be_told_is_no_no(peer, query, words):
    told = as_specified(peer.post("/registry/sync/enrolled", enrolled(query)).json(), "sync/enrolled", answer=True)
    assert (told["header"]["status"], told["message"]["enrolled_response"]) == ("rjct", [])
    assert words in told["header"]["status_reason_message"]


def beneficiary(number: str, programme: str = "PENSION") -> dict:
    person = {"identifier": [{"identifier_type": "NID", "identifier_value": number}]}
    benefit = {"programme": {"programme_identifier": programme}, "enrolment_date": "2026-06-01"}
    return {"member": {"demographic_info": {"person": person}, "programme_identifier": benefit}}


def announcing(transaction_id: str, *beneficiaries: dict) -> dict:
    message = {"transaction_id": transaction_id, "enrolled_updates": {"beneficiaries": list(beneficiaries)}}
    return {"header": header("notify", len(beneficiaries), status="succ"), "message": message}


def test_what_a_programme_announces_is_compared_and_not_taken_over(peer):
    known, new = beneficiary("20000170"), beneficiary(GRANT_HEAD)
    sent = announcing("u1", known, new, beneficiary(GRANT_HEAD, "GRANT"), {"member": {}})
    done = peer.post("/registry/sync/enrollment/updates", as_specified(sent, "sync/enrollment/updates"))
    told = as_specified(done.json(), "sync/enrollment/updates", answer=True)["message"]["enrolled_response"]
    assert [one["status"] for one in told] == ["succ", "pdng", "rjct", "rjct"]
    receipt = status(peer, "receipt", "transaction_id", "u1")["message"]["txnstatus_response"]["txn_status"]
    again = receipt["receipt_information"]["beneficiaries"]
    assert [one["status"] for one in again] == ["succ", "pdng", "rjct", "rjct"]


@pytest.mark.parametrize(
    ("text", "hour"),
    [("2026-06-30t08:15:00z", 8), ("2026-06-30T08:15:00.5+03:00", 5), ("2026-06-30T08:15:00+0300", 5)],
)
def test_a_time_of_the_standard_may_be_written_in_several_ways(text, hour):
    assert parsed(text).hour == hour


@pytest.mark.parametrize("text", ["2026-06-30T08:15:00", "2026-06-30 08:15:00Z", "30/06/2026", "2026-06-30T08:15:00+3"])
def test_a_time_without_a_zone_or_in_another_form_is_none(text):
    with pytest.raises(ValueError, match="expected a time"):
        parsed(text)


@pytest.mark.parametrize(
    ("status", "expected"),
    [("active", "succ"), ("Active", "succ"), ("ENROLLED", "succ"), ("", "succ"), ("exited", "pdng"), ("x", "pdng"),
     ({"code": "exited"}, "rjct"), (None, "succ")],
)  # fmt: skip
@pytest.mark.parametrize("name", ["enrolment_status", "ENROLMENT-STATUS"])
def test_an_announced_status_is_compared_with_the_registrys(peer, name, status, expected):
    sent = beneficiary("20000170")
    sent["member"]["programme_identifier"][name] = status
    sent["member"]["related_member"] = [{"programme_identifier": {"enrolment_status": "exited"}}]
    done = peer.post("/registry/sync/enrollment/updates", announcing("u", sent))
    (told,) = done.json()["message"]["enrolled_response"]
    assert told["status"] == expected


def asking_status(txn_type: str, attribute: str, value) -> dict:
    query = {"reference_id": "q", "txn_type": txn_type, "attribute_type": attribute, "attribute_value": value}
    message = {"transaction_id": "s", "txnstatus_request": query}
    return {"header": header("txn-status"), "message": message}


def status(peer: Peer, txn_type: str, attribute: str, value) -> dict:
    done = peer.post("/registry/sync/txn/status", asking_status(txn_type, attribute, value))
    assert done.status_code == 200, done.text
    return as_specified(done.json(), "sync/txn/status", answer=True)


def test_an_answer_can_be_fetched_again_by_its_caller_alone(peer):
    asked = search(by_id(GRANT_HEAD, reference="fetch-1"), by_id("20000510", reference="fetch-2"))
    told = peer.post("/registry/sync/search", asked).json()["message"]
    for attribute, value in (
        ("transaction_id", told["transaction_id"]), ("correlation_id", told["correlation_id"]),
        ("reference_id_list", ["fetch-1", "fetch-2"]),
    ):  # fmt: skip
        again = status(peer, "search", attribute, value)
        assert again["header"]["status"] == "succ"
        assert again["message"]["txnstatus_response"]["txn_status"] == told
    event = audit.last(peer.home, "transaction_told")
    members = {record["member"]["member_identifier"] for found in told["search_response"]
               for record in found["data"]["reg_records"]}  # fmt: skip
    assert (len(event.subjects), set(event.subjects)) == (2, members), "whom it told of again"
    (one,) = status(peer, "search", "reference_id_list", ["fetch-2"])["message"]["txnstatus_response"]["txn_status"][
        "search_response"]  # fmt: skip
    assert one["reference_id"] == "fetch-2"
    other = Peer.__new__(Peer)
    other.__dict__.update(peer.__dict__, key=add(peer.home, "grants", "GRANT", ALL, now()))
    none = status(other, "search", "transaction_id", told["transaction_id"])
    assert none["header"]["status"] == "rjct"
    assert none["message"]["txnstatus_response"]["txn_status"]["search_response"] == []


@pytest.mark.parametrize(
    ("changed", "of_sync", "of_async"),
    [
        ({"version": "2.0.0"}, HeaderReason.VERSION, Error.VERSION),
        ({"version": 1}, HeaderReason.VERSION, Error.VERSION),
        ({"message_ts": "2020-01-01T00:00:00Z"}, HeaderReason.TIME, Error.BAD),
        ({"message_ts": (now() + dt.timedelta(days=1)).isoformat()}, HeaderReason.TIME, Error.BAD),
        ({"message_ts": "2026-06-30"}, HeaderReason.TIME, Error.BAD),
        ({"message_ts": None}, HeaderReason.TIME, Error.BAD),
        ({"action": "subscribe"}, HeaderReason.ACTION, Error.BAD),
        ({"action": "dance"}, HeaderReason.ACTION_UNKNOWN, Error.BAD),
        ({"total_count": 7}, HeaderReason.COUNT, Error.BAD),
        ({"total_count": "1"}, HeaderReason.COUNT, Error.BAD),
        ({"total_count": -1}, HeaderReason.COUNT, Error.BAD),
    ],
)
def test_a_header_that_is_not_taken(peer, changed, of_sync, of_async):
    asked = search(by_id(GRANT_HEAD), **changed)
    assert reason(peer.post("/registry/sync/search", asked)) == of_sync
    done = peer.post("/registry/search", asked)
    assert (done.status_code, code(done)) == (400, of_async)
    assert str(of_sync) in done.json()["message"]["error"]["message"]


def test_a_header_that_is_not_taken_is_answered_with_the_action_of_its_answer(peer):
    for path, asked, action in (
        ("txn/status", asking_status("search", "transaction_id", "t"), "txn-on-status"),
        ("enrollment/updates", announcing("u", beneficiary("1")), "notify"),
        ("search", search(by_id("1")), "on-search"),
    ):  # fmt: skip
        asked["header"]["version"] = "2.0.0"
        told = peer.post(f"/registry/sync/{path}", asked).json()["header"]
        assert (told["status_reason_code"], told["action"]) == (HeaderReason.VERSION, action)


def _codes(peer, path: str, *messages: dict | bytes) -> list[int]:
    sent = ({"content": one} if isinstance(one, bytes) else {"envelope": one} for one in messages)
    kind = {"Content-Type": "application/json"}
    return [peer.post(f"/registry/sync/{path}", headers=kind, **one).status_code for one in sent]


def test_what_a_message_costs_is_paid_before_it_is_read_and_by_the_persons_in_it(peer, monkeypatch):
    def burst(calls: int) -> None:
        monkeypatch.setattr(peer.standard.service, "_limits", Limits(0.001, calls))

    burst(2)
    assert _codes(peer, "search", b"{", b"{", b"{") == [400, 400, 429]
    nobody = [search_item({"type": "SHOE_SIZE", "value": "44"}, reference=f"r{number}") for number in range(200)]
    burst(3)
    assert _codes(peer, "search", search(*nobody), search(by_id("1")), search(by_id("1"))) == [200, 200, 429]
    monkeypatch.setattr("exchange.service.service.PERSONS_A_CALL", 1)
    burst(4)
    assert _codes(peer, "enrollment/updates", announcing("cost", beneficiary("1"), beneficiary("2"))) == [200]
    again = [asking_status("receipt", "transaction_id", "cost") for _ in range(2)]
    assert _codes(peer, "txn/status", *again) == [200, 429], "a receipt is compared anew, person by person"


@pytest.mark.parametrize(
    ("envelope", "expected"),
    [
        ({}, Error.BAD), ([], Error.BAD), ("x", Error.BAD), ({"header": header("search")}, Error.BAD),
        ({"header": [], "message": {}}, Error.BAD), ({"header": {}, "message": {"a": 1}}, Error.BAD),
        (search(by_id("1"), is_msg_encrypted=True), Error.ENCRYPTION),
        ({"header": header("search"), "message": {"ciphertext": "x"}}, Error.ENCRYPTION),
        (search(by_id("1"), sender_id=5), Error.SENDER_ID),
        (search(by_id("1"), receiver_id=["x"]), Error.RECEIVER_ID),
        (search(by_id("1"), message_id=""), Error.BAD),
        ({"header": header("search"), "message": {"transaction_id": "x" * 100, "search_request": [by_id("1")]}},
         Error.BAD),
        ({"header": header("search"), "message": {"transaction_id": "x", "search_request": {"a": 1}}}, Error.BAD),
        ({"header": header("search", 0), "message": {"transaction_id": "x", "search_request": []}}, Error.BAD),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/registry/sync/search", "/registry/search"])
def test_an_envelope_that_is_none(peer, path, envelope, expected):
    done = peer.post(path, content=json.dumps(envelope).encode(), headers={"Content-Type": "application/json"})
    assert (done.status_code, code(done), done.json()["errors"][0]["code"]) == (400, expected, expected)
    assert as_specified(done.json(), "search", answer=True)["message"]["ack_status"] == "ERR"


def test_a_sender_uri_elsewhere_is_refused_before_anything_is_asked(peer):
    done = peer.post("/registry/search", search(by_id("1"), sender_uri="http://169.254.169.254/latest"))
    assert code(done) == Error.SENDER_URI


@pytest.mark.parametrize(
    ("content", "kind", "http"),
    [
        (b"", "application/json", 400), (b"{", "application/json", 400), (b"\xff\xfe", "application/json", 400),
        (b'{"a":' * 100_000, "application/json", 400), (b'{"a":' * 200 + b"1" + b"}" * 200, "application/json", 400),
        (b'{"x":"' + b"a" * (10 << 20) + b'"}', "application/json", 413), (b"{}", "text/plain", 415), (b"{}", "", 415),
        (b"--x", "multipart/form-data; boundary=x", 415),
    ],
    ids=["empty", "broken", "no text", "nested", "deep", "10 MB", "text", "no type", "file"],
)  # fmt: skip
def test_a_body_that_is_no_message(peer, content, kind, http):
    assert LARGEST_MESSAGE < 10 << 20
    done = peer.post("/registry/sync/search", content=content, headers={"Content-Type": kind})
    assert (done.status_code, code(done)) == (http, Error.BAD)


@pytest.mark.parametrize(
    ("method", "path", "http", "expected"),
    [
        ("POST", "/registry/sync/find", 404, Error.NOT_FOUND),
        ("GET", "/registry/", 404, Error.NOT_FOUND),
        ("POST", "/registry/search/", 404, Error.NOT_FOUND),
        ("GET", "/registry/sync/search", 405, Error.BAD),
        ("PUT", "/registry/subscribe", 405, Error.BAD),
    ],
)
def test_a_path_or_a_method_that_the_standard_has_not_is_told_in_its_shape(peer, method, path, http, expected):
    done = peer.loop.run_until_complete(peer.client.request(method, path))
    assert (done.status_code, code(done), done.json()["message"]["ack_status"]) == (http, expected, "ERR")
    assert done.headers.get("allow") == ("POST" if http == 405 else None)


@pytest.mark.parametrize(
    "name",
    ["'; DROP TABLE asked; --", "<script>alert(1)</script>", "\u0000\u202e", "名前", "%s%n {{7*7}}", "${jndi:ldap}"],
)
def test_odd_names_are_names_and_are_not_told_in_errors(peer, name):
    (told,) = peer.searched(search_item({"full_name": name, "birth_date": "1950-01-02"}, "expression", name))
    assert told["status"] in ("succ", "rjct")
    done = peer.post("/registry/sync/search", search(by_id("1"), action=name or "x"))
    assert name not in done.text.replace("\\u0000", "\u0000")


def test_a_message_is_taken_once(peer):
    asked = search(by_id(GRANT_HEAD))
    assert peer.post("/registry/sync/search", asked).json()["header"]["status"] == "succ"
    assert reason(peer.post("/registry/sync/search", asked)) == HeaderReason.DUPLICATE
    done = peer.post("/registry/search", asked)
    assert (code(done), HeaderReason.DUPLICATE in done.text) == (Error.BAD, True)


def test_a_message_that_could_not_be_answered_may_be_sent_again(peer, monkeypatch):
    asked = search(by_id(GRANT_HEAD))
    standard = peer.standard
    with monkeypatch.context() as trouble:
        trouble.setattr(type(standard.service.snapshots), "problem", "publication_too_old")
        done = peer.post("/registry/sync/search", asked)
        assert (done.status_code, code(done)) == (503, Error.UNAVAILABLE)
        assert "could not check" in done.json()["message"]["error"]["message"]
    with monkeypatch.context() as trouble:
        trouble.setattr("exchange.service.asking.record_all", _cannot_be_written)
        assert peer.post("/registry/sync/search", asked).status_code == 500
    assert peer.post("/registry/sync/search", asked).json()["header"]["status"] == "succ"


def _cannot_be_written(*_: object) -> None:
    raise OSError("no room")


def test_who_may_ask(peer):
    asked = search(by_id(GRANT_HEAD))
    for key, http, expected in (("ibr_wrong", 401, Error.UNAUTHORIZED), (None, 403, Error.FORBIDDEN)):
        key = key or add(peer.home, "narrow", "PENSION", ("verify",), now())
        for path in ("/registry/sync/search", "/registry/search", "/registry/sync/enrolled"):
            done = peer.post(path, asked if path != "/registry/sync/enrolled" else enrolled({"UIN": "1"}), key=key)
            assert (done.status_code, code(done)) == (http, expected)


def test_every_answer_is_in_the_trail_without_what_was_sent(peer):
    purpose = {"purpose": {"text": "pension desk"}}
    (told,) = peer.searched(by_id(GRANT_HEAD, authorize=purpose))
    event = audit.last(peer.home, "verification_answered")
    uid = told["data"]["reg_records"][0]["member"]["member_identifier"]
    assert (event.actor, event.subjects, event.details["purpose"]) == ("pension", [uid], "pension desk")
    assert GRANT_HEAD not in (peer.home / "audit" / "events.jsonl").read_text()


def test_a_callers_messages_have_to_be_signed_with_its_key(signing):
    asked = search(by_id(GRANT_HEAD), sender_id="pension.example.org")
    sent = signed(asked, PRIVATE, "pension.example.org")
    other = json.loads(json.dumps(dict(reversed(sent.items()))))  # the order of names does not count
    assert signing.post("/registry/sync/search", other).json()["header"]["status"] == "succ"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda sent: sent.pop("signature"), Error.SIGNATURE_MISSING),
        (lambda sent: sent.update(signature=""), Error.SIGNATURE_MISSING),
        (lambda sent: sent.update(signature={"a": 1}), Error.SIGNATURE_MISSING),
        (lambda sent: sent.update(signature="unsigned"), Error.SIGNATURE),
        (lambda sent: sent.update(signature="x" * 100_000), Error.SIGNATURE),
        (lambda sent: sent.update(signature=sent["signature"][:-10] + '"'), Error.SIGNATURE),
        (lambda sent: sent["message"].update(transaction_id="another"), Error.SIGNATURE),
        (lambda sent: sent["header"].update(message_id="another"), Error.SIGNATURE),
        (lambda sent: sent.update(signed(sent, Ed25519PrivateKey.generate(), "pension.example.org")), Error.SIGNATURE),
        (lambda sent: sent.update(signed(sent, PRIVATE, "other.example.org")), Error.SIGNATURE),
        (lambda sent: sent.update(signed(sent, PRIVATE, "pension.example.org", expires="1606970629")), Error.SIGNATURE),
        (lambda sent: sent.update(signed(sent, PRIVATE, "pension.example.org", created="9999999999")), Error.SIGNATURE),
        (lambda sent: sent["message"].update(extra=2**60), Error.BAD),
    ],
)
def test_a_signature_that_is_none(signing, change, expected):
    sent = signed(search(by_id(GRANT_HEAD), sender_id="pension.example.org"), PRIVATE, "pension.example.org")
    change(sent)
    done = signing.post("/registry/sync/search", sent)
    assert (done.status_code, code(done)) == (400 if expected == Error.BAD else 401, expected)


def test_a_signed_message_of_another_sender_is_not_taken(signing):
    sent = signed(search(by_id(GRANT_HEAD), sender_id="other"), PRIVATE, "pension.example.org")
    assert code(signing.post("/registry/sync/search", sent)) == Error.SENDER_ID


def test_our_answers_are_signed_with_the_key_that_we_publish(peer):
    told = peer.post("/registry/sync/search", search(by_id(GRANT_HEAD))).json()
    (jwk,) = peer.get("/.well-known/jwks.json").json()["keys"]
    found = dict(part.split("=", 1) for part in told["signature"].removeprefix("Signature: ").split(", "))
    found = {name: value.strip('"') for name, value in found.items()}
    assert found["kidId"].split("|") == ["ibr", jwk["kid"], "ed25519"]
    key = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(jwk["x"] + "="))
    value = base64.b64decode(found["signature"])
    key.verify(value, signing_string(told["header"], told["message"], found["created"], found["expires"]))
    with pytest.raises(InvalidSignature):
        key.verify(value, signing_string(told["header"], {}, found["created"], found["expires"]))


def test_a_public_key_is_read_from_a_pem_file(tmp_path):
    form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    public = tmp_path / "public.pem"
    public.write_bytes(PRIVATE.public_key().public_bytes(*form))
    assert base64.b64decode(read_public_key(public)) == PRIVATE.public_key().public_bytes_raw()
    public.write_text("-----BEGIN RSA PRIVATE KEY-----")
    with pytest.raises(UsageProblem, match="holds no ed25519 public key"):
        read_public_key(public)


def test_every_path_of_the_specification_is_there_and_described(peer):
    described = peer.get("/openapi.json").json()["paths"]
    assert {*SPECIFICATION["paths"], "/.well-known/jwks.json"} <= set(described)


def _unsubscribing(code: str) -> dict:
    message = {"transaction_id": "t", "timestamp": now().isoformat(), "subscription_codes": [code]}
    return {"signature": "unsigned", "header": header("unsubscribe"), "message": message}


def _subscribing(timestamp: str) -> dict:
    criteria = {"reg_event_type": "REGISTER", "filter": {"type": "UIN", "value": "T-1"}, "notify_record_type": "Member"}
    item = {"reference_id": "r", "timestamp": timestamp, "subscribe_criteria": criteria}
    message = {"transaction_id": "t", "subscribe_request": [item]}
    return {"signature": "unsigned", "header": header("subscribe"), "message": message}


def _searching(transaction_id: str = "t", **changed) -> dict:
    item = by_id("TEST-001") | changed
    return search(item) | {"message": {"transaction_id": transaction_id, "search_request": [item]}}


def _page(size: int, number: int) -> dict:
    return {"pagination": {"page_size": size, "page_number": number}}


@pytest.mark.parametrize(
    ("path", "made", "is_taken"),
    [
        ("search", lambda: _searching(timestamp="not-a-timestamp"), False), ("search", _searching, True),
        ("subscribe", lambda: _subscribing("2024-01-15T10:30:00"), False),
        ("subscribe", lambda: _subscribing(now().isoformat()), True),
        ("search", lambda: _searching(locale="eng"), True), ("search", lambda: _searching(locale="en"), False),
        ("search", lambda: _searching(locale="ENG"), False), ("search", lambda: _searching("x" * 99), True),
        ("search", lambda: _searching("x" * 100), False), ("search", lambda: _searching(reference_id="r" * 50), True),
        ("unsubscribe", lambda: _unsubscribing("s" * 99), True),
        ("unsubscribe", lambda: _unsubscribing("s" * 100), False),
        ("search", lambda: _searching(**_page(10, 1)), True), ("sync/search", lambda: _searching(**_page(5, 1)), True),
        ("search", lambda: _searching(**_page(10, 2)), True), ("search", lambda: _searching(**_page(0, 1)), False),
        ("search", lambda: _searching(**_page(10, 0)), False), ("search", lambda: _searching(**_page(-1, 1)), False),
    ],
)  # fmt: skip
def test_what_registries_have_in_common(peer, path, made, is_taken):
    """The common requirements of OpenSPP's compliance suite (formats, lengths, pages), with a key and no signature."""
    done = peer.post(f"/registry/{path}", made())
    told = done.json().get("message", {})
    if is_taken:
        assert (done.status_code, told.get("ack_status", "ACK")) == (200, "ACK")
    else:
        assert (done.status_code, told["ack_status"]) == (400, "ERR")


def test_the_guides_example_signs_what_is_taken(signing):
    guide = (Path(__file__).parents[2] / "docs" / "standard.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    names: dict = {}
    exec(example, names)
    pem = PRIVATE.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    sent = search(by_id(GRANT_HEAD), sender_id="pension.example.org")
    names["sign"](sent, pem, "pension.example.org")
    assert signing.post("/registry/sync/search", sent).json()["header"]["status"] == "succ"


@pytest.fixture(scope="module")
def strict(service_home, tmp_path_factory):
    home = tmp_path_factory.mktemp("strict") / "home"
    yield from peers(service_home, home, "id: ibr.example.org, signatures: always")


def test_a_registry_with_a_name_takes_what_is_sent_to_it(strict, peer):
    done = strict.post("/registry/sync/search", search(by_id(GRANT_HEAD), receiver_id="another.example.org"))
    assert code(done) == Error.SIGNATURE_MISSING, "a caller without a public key, where signatures are always asked for"
    public = base64.b64encode(PRIVATE.public_key().public_bytes_raw()).decode()
    key = add(strict.home, "signs", "PENSION", ALL, now(), sender_id="mis", public_key=public)
    for receiver, expected in (("another.example.org", Error.RECEIVER_ID), ("ibr.example.org", None)):
        sent = signed(search(by_id(GRANT_HEAD), sender_id="mis", receiver_id=receiver), PRIVATE, "mis")
        done = strict.post("/registry/sync/search", sent, key=key)
        assert (code(done) if done.status_code == 400 else None) == expected
    assert done.json()["header"]["sender_id"] == "ibr.example.org"


def test_keys_are_registered_on_the_command_line(peer, tmp_path):
    form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    public = tmp_path / "public.pem"
    public.write_bytes(PRIVATE.public_key().public_bytes(*form))
    home, scopes = ["--home", str(peer.home)], ["--scope", "verify", "--scope", "enrolments"]
    signs = ["--public-key", str(public)]
    command = ["service", "keys", "add", "grants-mis", "--program", "GRANT", *signs, *scopes, *home]
    with pytest.raises(UsageProblem, match="plain_http_hosts"):
        CliRunner().invoke(cli, [*command, "--callback", "http://mis.example.org"], catch_exceptions=False)
    done = CliRunner().invoke(cli, [*command, "--callback", "https://mis.example.org/dci/", "--json"])
    assert done.exit_code == 0, done.output
    sent = signed(search(by_id(GRANT_HEAD), sender_id="grants-mis"), PRIVATE, "grants-mis")
    told = peer.post("/registry/sync/search", sent, key=json.loads(done.output)["key"])
    assert told.json()["header"]["status"] == "succ"
    listed = json.loads(CliRunner().invoke(cli, ["service", "keys", "list", *home, "--json"]).output)
    (one,) = [one for one in listed if one["name"] == "grants-mis"]
    assert (one["sender_id"], one["signs"], one["callback"]) == ("grants-mis", True, "https://mis.example.org/dci")


def test_keys_of_an_earlier_release_are_read(tmp_path):
    add(tmp_path, "old", None, ALL, now())
    (kept,) = json.loads(file(tmp_path).read_text())
    for name in ("sender_id", "public_key", "callback"):
        del kept[name]
    secrets.keep(tmp_path, file(tmp_path).name, json.dumps([kept]))
    (key,) = keys(tmp_path)
    assert (key.name, key.sender_id, key.public_key, key.callback) == ("old", None, None, None)


def test_an_answer_is_found_by_any_of_several_references(peer):
    peer.searched(by_id(GRANT_HEAD, reference="several-1"))
    peer.searched(by_id("20000510", reference="several-2"))
    for asked in (["nope", "several-1"], ["several-2", "nope"]):
        told = status(peer, "search", "reference_id_list", asked)["message"]["txnstatus_response"]["txn_status"]
        assert {one["reference_id"] for one in told["search_response"]} == set(asked) - {"nope"}


def test_messages_that_come_together_are_looked_up_together(peer, monkeypatch):
    together: list[int] = []
    looked_up = asking._looked_up

    def counting(questions, *more):
        together.append(len(questions))
        time.sleep(0.2)  # the others come meanwhile
        return looked_up(questions, *more)

    monkeypatch.setattr(asking, "_looked_up", counting)
    many = 3 * (os.cpu_count() or 1) + 12

    async def all_at_once():
        headers = {"Authorization": f"Bearer {peer.key}"}
        return await asyncio.gather(*(
            peer.client.post("/registry/sync/search", json=search(by_id(GRANT_HEAD)), headers=headers)
            for _ in range(many)
        ))  # fmt: skip

    answers = peer.loop.run_until_complete(all_at_once())
    assert {one.status_code for one in answers} == {200}
    assert max(together) > (os.cpu_count() or 1) + 4, "more than asyncio's own threads"
