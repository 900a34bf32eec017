"""Data sharing by procedure: once as people do it, then every way in which it must not go."""

import csv
import datetime as dt
import hashlib
import json
import re
import shutil
import stat
from collections import Counter

import duckdb
import pytest
from click.testing import CliRunner

from exchange.sharing import (
    COLUMNS,
    TEMPLATE,
    cases,
    extraction,
    load_register,
    open_case,
    overdue,
    record,
    refuse,
    register,
    trace,
)
from ibr.cli.main import cli
from ibr.errors import ContractBroken, UsageProblem
from ibr.secrets import key_file
from tests.integration.sharing import ASKED, AT, TABLE, TODAY, Sharer, read
from tests.marts import DECLARED
from warehouse.audiences.sensitivity import Declared, Sensitivity
from warehouse.schemas import prepare

TOKEN = re.compile("[0-9a-f]{32}")
LATER = dt.date(2027, 1, 10)


@pytest.fixture
def sharer(tmp_path, monkeypatch) -> Sharer:
    monkeypatch.setenv("IBR_KEYS", str(tmp_path / "keys"))
    made = Sharer(tmp_path / "home")
    made.publish()
    return made


def refused(said: str, step, *arguments, **options) -> None:
    with pytest.raises(UsageProblem, match=said):
        step(*arguments, **options)


def files(sharer: Sharer) -> set[str]:
    return {str(path.relative_to(sharer.home)) for path in (sharer.home / "sharing").rglob("*") if path.is_file()}


# As people do it

def test_the_whole_procedure(sharer):
    case = sharer.ask()
    assert (case.request_id, case.state(TODAY)) == ("S2026-001", "requested")
    case = sharer.assess(case)
    texts = [finding["text"] for finding in case.assessment.content["findings"]]
    # 60 people of North in groups of ten, one of whom stands alone and leaves nine behind.
    assert any("Of 60 people, the smallest group" in text and "1 (1.7%) stand alone" in text for text in texts)
    sharer.approve(case, "B. Wanjiru")
    assert open_case(sharer.home, "s2026-001").state(TODAY) == "half_approved"
    case = sharer.approve(case, "C. Otieno", agreement=None)
    assert case.state(TODAY) == "approved"
    folder = sharer.extract(case)
    rows = read(folder / "dim_person.parquet")
    assert list(rows[0]) == ["person_uid", "sex", "birth_five_years", "verification_status", "row_mark"]
    assert len(rows) == 60
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["publication"] == "20260701T000000Z"
    for name, sha256 in manifest["sha256"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == sha256
    assert set(manifest["sha256"]) == {"README.txt", "dim_person.csv", "dim_person.parquet"}
    assert "Dispose of every copy by 2026-12-31" in (folder / "README.txt").read_text()
    key = key_file(sharer.home, "IBR_SHARE_S2026_001")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    certificate = sharer.dispose(case, on=dt.date(2026, 12, 1), today=dt.date(2026, 12, 2))
    assert "extract 1 of 2026-07-01" in certificate.read_text()
    assert "The key of the pseudonyms was destroyed" in certificate.read_text()
    assert not key.exists()
    assert {path.name for path in folder.iterdir()} == {"manifest.json", "README.txt"}
    (row,) = register(sharer.home, LATER)
    assert (row["state"], row["approved_by"], row["days_overdue"]) == ("disposed", ["B. Wanjiru", "C. Otieno"], None)


def test_the_template_is_a_request_once_it_is_filled_in(sharer):
    import yaml

    content = yaml.safe_load(TEMPLATE)
    # What a person has to choose for the country: a county, and a program.
    content["counties"], content["data"][0]["where"]["program"] = ["C1"], ["OLD"]
    content["data"][0]["fields"] = ["person_uid", "county_code", "status"]
    assert sharer.ask(content).state(TODAY) == "requested"


def test_csv_and_parquet_hold_the_same_and_no_formula(sharer):
    case = sharer.approved(
        purpose_kind="audit", reason_in_clear="The auditor visits them.",
        data=[{"mart": "dim_person", "fields": ["full_name", "county_code"], "in_clear": ["full_name"]}],
    )
    folder = sharer.extract(case)
    kept, plain = read(folder / "dim_person.parquet"), read(folder / "dim_person.csv")
    assert [row["row_mark"] for row in kept] == [row["row_mark"] for row in plain]
    assert all(row["full_name"].startswith("=Given") for row in kept)
    assert all(row["full_name"].startswith("'=Given") for row in plain)


# What leaves

def test_only_the_rows_that_fulfil_every_condition_leave(sharer):
    case = sharer.approved(data=[{
        "mart": "fct_enrolments", "fields": ["enrolment_id", "status", "county_code", "enrolled_year"],
        "where": {"status": ["active"], "enrolled_date": {"from": "2020-01-11", "to": "2020-02-09"}},
    }], counties=["C1", "South"])
    rows = read(sharer.extract(case) / "fct_enrolments.parquet")
    with duckdb.connect(str(sharer.home / "published/current/secretariat.duckdb"), read_only=True) as con:
        expected = con.execute(
            "SELECT count(*) FROM marts.fct_enrolments WHERE status = 'active' AND county_code IN ('C1', 'C2') "
            "AND enrolled_date BETWEEN '2020-01-11' AND '2020-02-09'"
        ).fetchone()
    assert (len(rows),) == expected
    assert {(row["status"], row["enrolled_year"]) for row in rows} == {("active", 2020)}


def test_a_person_has_one_pseudonym_in_a_request_and_another_in_every_other(sharer):
    both = [
        {"mart": "dim_person", "fields": ["person_uid", "sex"]},
        {"mart": "fct_enrolments", "fields": ["person_uid", "enrolment_id"]},
    ]
    first, second = sharer.approved(data=both), sharer.approved(data=both)
    told = {}
    for case in (first, second):
        folder = sharer.extract(case)
        people = {row["person_uid"] for row in read(folder / "dim_person.parquet")}
        assert people == {row["person_uid"] for row in read(folder / "fct_enrolments.parquet")}
        assert len(people) == 60
        assert all(TOKEN.fullmatch(token) for token in people)
        told[case.request_id] = people
    assert not told["S2026-001"] & told["S2026-002"]


def test_no_identifier_is_in_any_file_of_an_extract(sharer):
    case = sharer.approved(data=[{"mart": "dim_person", "fields": ["person_uid", "national_id", "sex"]}])
    folder = sharer.extract(case)
    kept = [*folder.iterdir(), *(sharer.folder(case) / "marks").iterdir()]
    assert len(kept) == 5
    for file in kept:
        assert not re.search(rb"P0000000|ID100000|=Given", file.read_bytes()), file.name


def test_the_order_of_rows_tells_nothing_of_the_registrys(sharer):
    case = sharer.approved()
    rows = read(sharer.extract(case) / "dim_person.parquet")
    marks = [row["row_mark"] for row in rows]
    assert marks == sorted(marks)
    assert len(set(marks)) == 60


def test_a_small_county_is_withheld_and_so_is_what_would_give_it_back(sharer):
    case = sharer.approved(TABLE)
    rows = read(sharer.extract(case) / "dim_person.parquet")
    cells = {(row["county_code"], row["sex"]): row["rows"] for row in rows}
    # Four people in C3: without it the total, or another county, would be one subtraction away.
    assert cells["C3", "(all)"] is None
    withheld = [key for key, count in cells.items() if count is None]
    counties = {county for county, sex in withheld if sex == "(all)"}
    assert len(counties) > 1, "C3 is the total less the other counties"
    assert "Of 12 cells" in str(case.assessment.content) or "of 12 cells" in str(case.assessment.content)
    assert all(row["is_suppressed"] == (row["rows"] is None) for row in rows)
    certificate = sharer.dispose(case, on=dt.date(2026, 12, 1), today=dt.date(2026, 12, 2))
    assert "key" not in certificate.read_text(), "a table never had one"


def test_sums_above_a_withheld_cell_are_withheld_too(sharer):
    case = sharer.approved(TABLE, data=[{
        "mart": "fct_enrolments", "by": ["county_code", "status"], "sums": ["amount_paid"],
    }])
    rows = {(row["county_code"], row["status"]): row for row in read(sharer.extract(case) / "fct_enrolments.parquet")}
    assert rows["C3", "active"]["rows"] is None
    for cell in (("C3", "active"), ("C3", "(all)"), ("(all)", "active"), ("(all)", "(all)")):
        assert rows[cell]["amount_paid"] is None


# What an assessment finds

def codes(case) -> Counter:
    return Counter(finding["code"] for finding in case.assessment.content["findings"] if finding["is_grave"])


def test_classes_are_counted_over_all_files_of_a_request(sharer):
    """Each mart alone is harmless; who has both joins them by the pseudonym."""
    people = {"mart": "dim_person", "fields": ["person_uid", "sex"]}
    enrolments = {"mart": "fct_enrolments", "fields": ["person_uid", "enrolled_date"]}
    alone = sharer.assess(sharer.ask(data=[people]))
    together = sharer.assess(sharer.ask(data=[people, enrolments]))
    assert alone.assessment.content["figures"]["classes"][0]["smallest_class"] == 30
    (classes,) = together.assessment.content["figures"]["classes"]
    assert (classes["smallest_class"], classes["unique_people"], classes["people_under"]) == (1, 60, 60)


def test_rows_that_nothing_joins_stand_each_for_itself(sharer):
    case = sharer.assess(sharer.ask(data=[
        {"mart": "dim_person", "fields": ["sex"]}, {"mart": "fct_enrolments", "fields": ["status", "program"]},
    ]))
    (classes,) = case.assessment.content["figures"]["classes"]
    assert classes["smallest_class"] == 30


def test_a_group_with_one_value_of_a_sensitive_field_is_told(sharer):
    sharer.publish("UPDATE marts.dim_person SET verification_status = 'deceased' WHERE sex = 'F'", "20260702T000000Z")
    case = sharer.assess(sharer.ask(data=[{"mart": "dim_person", "fields": ["sex", "verification_status"]}]))
    assert codes(case) == Counter({"one_value": 1})
    (field,) = case.assessment.content["figures"]["diversity"]
    assert (field["fewest_values"], field["people_told"]) == (1, 30)


@pytest.mark.parametrize(("changes", "code"), [
    ({"purpose_kind": "statistics"}, "level"),
    ({"purpose_kind": "planning"}, "beyond_purpose"),
    ({"works_in": ["C2"]}, "beyond_area"),
    ({"data": [
        {"mart": "dim_person", "fields": ["sex"], "where": {"verification_status": ["verified"]}},
    ]}, "chosen_by"),
    ({"data": [{"mart": "dim_person", "fields": ["national_id"], "in_clear": ["national_id"]}],
      "reason_in_clear": "To visit them."}, "in_clear"),
    ({"data": [{"mart": "dim_person", "fields": ["sex"], "where": {"birth_date": {"to": "1900-01-01"}}}]}, "no_rows"),
])
def test_what_is_not_needed_is_a_grave_finding(sharer, changes, code):
    assert codes(sharer.assess(sharer.ask(**changes)))[code] == 1


def test_earlier_data_of_the_same_organisation_is_told(sharer):
    sharer.extract(sharer.approved(TABLE))
    case = sharer.assess(sharer.ask(TABLE, counties=["C1"]))
    (earlier,) = [found for found in case.assessment.content["findings"] if found["code"] == "earlier_extracts"]
    assert "S2026-001" in earlier["text"]


# What is refused

def test_every_fault_of_a_request_is_told_at_once_and_nothing_is_recorded(sharer):
    wrong = {
        "person": "Dr A. Mwangi", "contact": "x@y", "purpose_kind": "fun", "purpose": "No reason to speak of here.",
        "level": "records", "surprise": 1, "counties": ["Atlantis"], "until": "2026-06-30",
        "data": [
            {"mart": "fct_enrolments", "fields": ["loaded_at"], "where": {
                "status": ["actve"], "program": {"from": "2020-01-01"}, "enrolment_id": ["mis:1"],
            }},
            {"mart": "dim_person", "fields": ["full_name"], "in_clear": ["sex"]},
            {"mart": "persons", "fields": ["x"]},
        ],
    }
    with pytest.raises(UsageProblem) as problem:
        sharer.ask({}, **wrong)
    for said in (
        "organisation: field required", "fun is none of", "surprise", "Atlantis is no county",
        "is not after 2026-07-01", "loaded_at of fct_enrolments cannot be shared",
        "actve does not occur; there are active, exited",
        "program is none", "cannot be chosen by an identifier", "full_name has no pseudonym",
        "sex, which is no identifier", "mart persons cannot be shared", "neither legal_basis nor consent",
    ):
        assert said in str(problem.value)
    assert not files(sharer)


@pytest.mark.parametrize(("changes", "said"), [
    ({"level": "table"}, "by names no variable"),
    ({"data": [{"mart": "dim_person", "by": ["sex"]}]}, "no fields are named"),
    ({"data": [{"mart": "dim_person", "fields": ["national_id"], "in_clear": ["national_id"]}]}, "reason_in_clear"),
    ({"data": [{"mart": "dim_person", "fields": ["sex"]}] * 2}, "stands here twice"),
    ({"level": "table", "data": [{"mart": "dim_person", "by": ["person_uid"]}]}, "list of people"),
    ({"level": "table", "data": [{"mart": "dim_person", "by": ["sex"], "sums": ["birth_date"]}]}, "no amount"),
    ({"data": [{"mart": "dim_person", "fields": ["sex"], "where": {"birth_date": {"from": "x"}}}]}, "date"),
    ({"counties": []}, "no county is named"),
    ({"data": [{"mart": "dim_person", "fields": ["sex", "sex"]}]}, "sex is asked for twice"),
    ({"level": "table", "data": [{"mart": "fct_enrolments", "by": [
        "county_code", "status", "program", "enrolled_year", "enrolled_date",
    ]}]}, "at most 4"),
    ({"purpose": "short"}, "says too little"),
])
def test_a_request_that_does_not_fit_together_is_refused(sharer, changes, said):
    refused(said, sharer.ask, **changes)


@pytest.mark.parametrize("value", ["C1'); DROP TABLE x; --", '"', "C1' OR '1'='1"])
def test_a_condition_is_a_value_and_never_sql(sharer, value):
    refused("does not occur", sharer.ask, data=[
        {"mart": "dim_person", "fields": ["sex"], "where": {"county_code": [value]}},
    ])


def test_who_asks_does_not_approve_and_nobody_approves_twice(sharer):
    case = sharer.ask()
    refused("not assessed yet", sharer.approve, case, "B. Wanjiru")
    sharer.assess(case)
    refused("asks for the data and cannot approve", sharer.approve, case, "dr a mwangi")
    refused("no confidentiality agreement is on file", sharer.approve, case, "B. Wanjiru", agreement=None)
    refused("--despite", sharer.approve, case, "B. Wanjiru", despite=None)
    sharer.approve(case, "B. Wanjiru")
    refused("approved S2026-001 already", sharer.approve, case, "b  wanjiru")
    refused("another file than the agreement", sharer.approve, case, "C. Otieno", agreement=sharer.agreement("other"))
    sharer.approve(case, "C. Otieno")
    refused("is approved; there is nothing to decide", sharer.approve, case, "D. Njoroge")


def test_an_approval_is_of_the_request_as_it_was_assessed(sharer):
    case = sharer.assess(sharer.ask())
    sharer.approve(case, "B. Wanjiru")
    case = sharer.assess(case)
    assert case.state(TODAY) == "assessed"
    sharer.approve(case, "C. Otieno")
    refused("1 of two approvals", sharer.extract, case)
    sharer.approve(case, "B. Wanjiru")
    assert sharer.extract(case).is_dir()


def test_a_refusal_has_a_reason_and_ends_it(sharer):
    case = sharer.assess(sharer.ask())
    refused("needs its reason", refuse, sharer.home, case.request_id, by="B. Wanjiru", reason=" ", today=TODAY, at=AT)
    refuse(sharer.home, case.request_id, by="B. Wanjiru", reason="Too much.", today=TODAY, at=AT)
    for step in (sharer.assess, sharer.extract):
        refused("is refused", step, case)
    refused("is refused", sharer.approve, case, "C. Otieno")


def test_nothing_leaves_before_approval_after_its_end_or_twice_without_a_reason(sharer):
    case = sharer.ask()
    refused("0 of two approvals", sharer.extract, case)
    case = sharer.approved()
    refused("lapsed on 2026-12-31", sharer.extract, case, today=LATER)
    sharer.extract(case)
    refused("--reason", sharer.extract, case)
    again = sharer.extract(case, reason="The first was sent to a wrong address.")
    assert again.name == "2"
    sharer.dispose(case)
    refused("is disposed", sharer.extract, case)
    refused("disposed of already", sharer.dispose, case)


def test_an_approval_cannot_be_used_after_its_end_by_an_earlier_date(sharer):
    case = sharer.approved()
    sharer.extract(case, today=dt.date(2026, 12, 30))
    refused("cannot follow", sharer.extract, case, today=dt.date(2026, 12, 1), reason="again")


def test_a_graver_finding_in_newer_data_has_to_be_approved_anew(sharer):
    data = [{"mart": "dim_person", "fields": ["person_uid", "sex"]}]
    case = sharer.approved(data=data)
    sharer.publish(
        "UPDATE marts.dim_person SET sex = NULL WHERE person_uid = 'P000000003'", version="20260801T000000Z"
    )
    refused("a grave finding that nobody approved", sharer.extract, case)
    assert not (sharer.folder(case) / "extracts").exists()
    sharer.assess(case)
    sharer.approve(case, "B. Wanjiru")
    sharer.approve(case, "C. Otieno")
    assert json.loads((sharer.extract(case) / "manifest.json").read_text())["publication"] == "20260801T000000Z"


def test_an_approval_holds_for_no_more_people_than_it_was_given_for(sharer):
    case = sharer.approved()
    sharer.publish("", version="20260801T000000Z")
    sharer.extract(case)
    alone = "UPDATE marts.dim_person SET birth_date = make_date(1900 + right(person_uid, 2)::INTEGER, 1, 1) WHERE "
    sharer.publish(f"{alone} person_uid = 'P000000009'", version="20260802T000000Z")
    assert sharer.extract(case, reason="one more stands alone, as figures move").name == "2"
    sharer.publish(f"{alone} true", version="20260803T000000Z")
    refused("a grave finding that nobody approved", sharer.extract, case, reason="a newer one")
    sharer.assess(case)
    sharer.approve(case, "B. Wanjiru")
    sharer.approve(case, "C. Otieno")
    assert sharer.extract(case, reason="a newer one").name == "3"


def test_an_agreement_that_is_gone_stops_the_extract(sharer):
    case = sharer.approved()
    (kept,) = sharer.folder(case).glob("agreement-*")
    kept.write_bytes(b"something else")
    refused("is not on file as it was", sharer.extract, case)


def test_disposal_is_of_what_left_and_on_a_day_that_can_be(sharer):
    case = sharer.approved()
    refused("nothing to dispose of", sharer.dispose, case)
    sharer.extract(case)
    refused("cannot be", sharer.dispose, case, on=dt.date(2026, 6, 1))
    refused("cannot be", sharer.dispose, case, on=dt.date(2026, 7, 2))
    refused("how the data was disposed of", sharer.dispose, case, how=" ")


def test_a_key_in_the_environment_has_to_be_destroyed_there(sharer, monkeypatch):
    case = sharer.approved()
    monkeypatch.setenv("IBR_SHARE_S2026_001", "a key that the country keeps elsewhere")
    sharer.extract(case)
    assert not key_file(sharer.home, "IBR_SHARE_S2026_001").exists()
    refused("destroy it where it is set", sharer.dispose, case)
    monkeypatch.delenv("IBR_SHARE_S2026_001")
    assert sharer.dispose(case).exists()


def test_a_record_that_was_changed_is_told_and_nothing_more_is_done(sharer):
    case = sharer.assess(sharer.ask())
    first = sharer.folder(case) / "0001-requested.json"
    first.write_text(first.read_text().replace("birth_five_years", "birth_date"))
    with pytest.raises(ContractBroken, match="record of S2026-001 was changed"):
        sharer.approve(case, "B. Wanjiru")
    # It holds up no other request, nor the register.
    assert sharer.approved().state(TODAY) == "approved"
    with duckdb.connect() as con:
        prepare(con)
        load_register(con, sharer.home, TODAY)
        rows = con.execute("SELECT request_id, state FROM ops.shares ORDER BY ALL").fetchall()
    assert rows == [("S2026-001", "broken"), ("S2026-002", "approved")]


# The register

def test_what_is_overdue_is_told_until_it_is_disposed_of(sharer):
    case = sharer.approved()
    assert overdue(sharer.home, LATER) == []  # nothing has left
    sharer.extract(case)
    assert overdue(sharer.home, dt.date(2026, 12, 31)) == []
    (row,) = overdue(sharer.home, LATER)
    assert (row["request_id"], row["days_overdue"]) == ("S2026-001", 10)
    sharer.dispose(case, on=LATER, today=LATER)
    assert overdue(sharer.home, LATER) == []


def test_the_register_is_a_table_made_anew_by_every_run(sharer):
    sharer.ask()
    sharer.extract(sharer.approved(TABLE))
    with duckdb.connect() as con:
        prepare(con)
        for _ in range(2):
            assert load_register(con, sharer.home, LATER) == 2
        told = "SELECT request_id, state, marts, fields, days_overdue FROM ops.shares ORDER BY ALL"
        rows = con.execute(told).fetchall()
        names = [row[0] for row in con.execute(
            "SELECT column_name FROM duckdb_columns() WHERE table_name = 'shares' ORDER BY column_index"
        ).fetchall()]
    assert rows == [
        ("S2026-001", "lapsed", ["dim_person"], [f"dim_person.{name}" for name in ASKED["data"][0]["fields"]], None),
        ("S2026-002", "overdue", ["dim_person"], ["dim_person.county_code", "dim_person.sex"], 10),
    ]
    assert tuple(names) == COLUMNS


def test_the_commands_that_only_read(sharer, tmp_path):
    def said(*arguments: str) -> str:
        done = CliRunner().invoke(cli, ["share", *arguments])
        assert done.exit_code == 0, done.exception
        return done.output

    assert said("request", "--template") == TEMPLATE
    home = ("--home", str(sharer.home))
    file = sharer.extract(sharer.approved()) / "dim_person.csv"
    assert [row["state"] for row in json.loads(said("list", "--json", "--as-at", f"{LATER}", *home))] == ["overdue"]
    header, row = csv.reader(said("list", "--csv", "--as-at", f"{TODAY}", *home).splitlines())
    assert tuple(header) == COLUMNS
    assert dict(zip(header, row, strict=True))["approved_by"] == "B. Wanjiru, C. Otieno"
    (found,) = json.loads(said("trace", str(file), "--json", *home))
    assert (found["request_id"], found["organisation"]) == ("S2026-001", "University of North")


# Traces

def test_a_part_of_a_file_in_another_order_is_traced(sharer, tmp_path):
    first, second = sharer.approved(), sharer.approved()
    folder, other = sharer.extract(first), sharer.extract(second)
    lines = (folder / "dim_person.csv").read_text().splitlines()
    leak = tmp_path / "leak.csv"
    leak.write_text("\n".join(["who,x", *(line.split(",")[0] + ",1" for line in sorted(lines[1:])[:3])]))
    (found,) = trace(sharer.home, leak)
    assert (found.request_id, found.is_whole_file, found.tokens) == ("S2026-001", False, 3)
    assert [(one.request_id, one.is_whole_file) for one in trace(sharer.home, other / "dim_person.parquet")] == [
        ("S2026-002", True)
    ]
    leak.write_text("who\nnobody\n")
    assert trace(sharer.home, leak) == []


def test_of_two_extracts_of_one_request_the_right_one_is_traced_also_after_disposal(sharer, tmp_path):
    case = sharer.approved()
    sharer.extract(case)
    leak = tmp_path / "leak.parquet"
    shutil.copy(sharer.extract(case, reason="again") / "dim_person.parquet", leak)
    sharer.dispose(case)
    found = trace(sharer.home, leak)
    assert (found[0].extract, found[0].is_whole_file) == (2, True)
    assert found[0].tokens > found[1].tokens


# The marts' declarations

def declared_as(sensitivity: Sensitivity) -> dict:
    """The declarations, but for the sex of a person."""
    return {**DECLARED, "dim_person": {**DECLARED["dim_person"], "sex": Declared(sensitivity)}}


def test_a_publication_that_does_not_say_how_sensitive_its_columns_are_shares_nothing(sharer):
    case = sharer.approved()
    sharer.publish("", "20260702T000000Z", None)
    for step, on in ((sharer.ask, ASKED), (sharer.assess, case), (sharer.extract, case)):
        refused("`ibr publish` makes one that does", step, on)


def test_a_column_that_has_become_free_text_leaves_no_more(sharer):
    case = sharer.approved()
    sharer.publish("", "20260702T000000Z", declared_as(Sensitivity.FREE_TEXT))
    for step in (sharer.assess, sharer.extract):
        refused("S2026-001 asks for what .* does not let be shared: .*sex of dim_person cannot be shared", step, case)
    assert not [name for name in files(sharer) if "extracts" in name]


def test_a_column_that_has_become_sensitive_has_to_be_approved_anew(sharer):
    case = sharer.approved(purpose_kind="planning", data=[{"mart": "dim_person", "fields": ["sex", "county_code"]}])
    sharer.publish("", "20260702T000000Z", declared_as(Sensitivity.SENSITIVE))
    refused("grave finding that nobody approved: dim_person.sex", sharer.extract, case)
    sharer.assess(case)
    sharer.approve(case, "B. Wanjiru")
    sharer.approve(case, "C. Otieno")
    declared = declared_as(Sensitivity.SENSITIVE)
    declared["dim_person"] = {**declared["dim_person"], "county_code": Declared(Sensitivity.SENSITIVE)}
    sharer.publish("", "20260703T000000Z", declared)
    refused("grave finding that nobody approved: dim_person.sex, dim_person.county_code", sharer.extract, case)


# Crashes

class Killed(BaseException):
    """Stands for a kill: nothing catches it."""


@pytest.mark.parametrize("place", ["terms", "write_records", "_keep_marks", "write_manifest"])
def test_a_crash_while_files_are_written_leaves_nothing(sharer, monkeypatch, place):
    case = sharer.approved()
    before = files(sharer)

    def killed(*arguments, **options):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(extraction, place, killed)
        with pytest.raises(Killed):
            sharer.extract(case)
    left = files(sharer) - before
    assert not [name for name in left if "extracts" in name]
    assert open_case(sharer.home, case.request_id).state(TODAY) == "approved"
    assert sharer.extract(case).name == "1"


def test_a_kill_before_the_record_leaves_files_that_nobody_sees(sharer, monkeypatch):
    """As above, but nothing is cleared up: the process is gone."""
    case = sharer.approved()
    with monkeypatch.context() as patched:
        patched.setattr(extraction.shutil, "rmtree", lambda *arguments, **options: None)
        patched.setattr(extraction.Case, "add", lambda *arguments, **options: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            sharer.extract(case)
    extracts = sharer.folder(case) / "extracts"
    assert [path.name for path in extracts.iterdir()] == [".building-1"]
    assert open_case(sharer.home, case.request_id).state(TODAY) == "approved"
    sharer.extract(case)
    assert [path.name for path in extracts.iterdir()] == ["1"]


def test_a_kill_after_the_record_is_finished_by_the_next_command(sharer, monkeypatch):
    case = sharer.approved()
    calls = []

    def finish(case):
        calls.append(case)
        if len(calls) > 1:
            raise Killed
        real(case)

    real = extraction.finish_extracts
    with monkeypatch.context() as patched:
        patched.setattr(extraction, "finish_extracts", finish)
        with pytest.raises(Killed):
            sharer.extract(case)
    extracts = sharer.folder(case) / "extracts"
    assert [path.name for path in extracts.iterdir()] == [".building-1"]
    case = open_case(sharer.home, case.request_id)
    assert case.state(TODAY) == "extracted"
    refused("--reason", sharer.extract, case)
    manifest = (extracts / "1" / "manifest.json").read_bytes()
    assert hashlib.sha256(manifest).hexdigest() == case.events[-1].content["manifest"]


def test_a_kill_while_a_step_is_recorded_leaves_the_record_as_it_was(sharer, monkeypatch):
    case = sharer.ask()
    with monkeypatch.context() as patched:
        patched.setattr(record.os, "fsync", lambda descriptor: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            sharer.assess(case)
        with pytest.raises(Killed):
            sharer.ask()
    assert [case.state(TODAY) for case in cases(sharer.home)] == ["requested"]
    assert sharer.assess(case).state(TODAY) == "assessed"
    assert sharer.ask().request_id == "S2026-002"


def test_a_kill_during_disposal_is_finished_by_the_next_try(sharer, monkeypatch):
    from exchange.sharing import disposal

    case = sharer.approved()
    folder = sharer.extract(case)
    with monkeypatch.context() as patched:
        patched.setattr(disposal, "finish_disposal", lambda *arguments: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            sharer.dispose(case)
    assert (folder / "dim_person.csv").exists()
    refused("disposed of already", sharer.dispose, case)
    assert not (folder / "dim_person.csv").exists()
    assert not key_file(sharer.home, "IBR_SHARE_S2026_001").exists()
    assert (sharer.folder(case) / "certificate.txt").exists()
