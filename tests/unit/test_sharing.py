"""What may be shared is what the marts declare of their columns."""

from collections import Counter

import pytest

from exchange.sharing.catalogue import purposes, shareable
from exchange.sharing.extraction import _is_graver
from exchange.sharing.pseudonyms import key_id
from tests.marts import COLUMNS, DECLARED
from warehouse.audiences.sensitivity import Declared, Sensitivity

MARTS = shareable(DECLARED)
DERIVED = {"birth_year", "birth_five_years", "enrolled_year", "exit_year", "received_year"}
BOOKKEEPING = {"source_table", "loaded_run_id", "loaded_at"}
# Of a payment and of a grievance these are bookkeeping, too; of an enrolment they are its time.
VERSIONS = {"fct_payments": {"valid_from", "valid_to"}, "fct_grievances": {"valid_from", "valid_to"}}


@pytest.mark.parametrize("name", list(MARTS))
def test_a_column_is_shared_by_the_class_that_its_mart_declares(name):
    mart, declared = MARTS[name], DECLARED[name]
    free_text = {column for column, known in declared.items() if known.sensitivity is Sensitivity.FREE_TEXT}
    withheld = free_text | BOOKKEEPING | VERSIONS.get(name, set())
    assert set(mart.columns) - DERIVED == COLUMNS[name] - withheld
    assert all(mart.columns[column].sensitivity is declared[column].sensitivity for column in {*mart.columns} - DERIVED)
    assert {mart.subject, mart.area} <= COLUMNS[name]


def test_a_column_that_nobody_has_classified_and_free_text_cannot_be_shared():
    made = shareable({"dim_person": {"sex": Declared(Sensitivity.NONE), "words": Declared(Sensitivity.FREE_TEXT)}})
    assert list(made["dim_person"].columns) == ["sex"]


def test_a_coarser_form_is_of_the_class_of_its_date():
    found = {column.name: column.sensitivity for mart in MARTS.values() for column in mart.columns.values()
             if column.name in DERIVED}
    assert found == dict.fromkeys(DERIVED, Sensitivity.QUASI_IDENTIFIER)


def test_purposes_name_classes_that_there_are():
    assert {word for purpose in purposes().values() for word in purpose.classes} <= {*Sensitivity}


def test_names_have_no_pseudonym_and_numbers_have():
    person = MARTS["dim_person"].columns
    assert [name for name, column in person.items()
            if column.sensitivity is Sensitivity.IDENTIFIER and not column.pseudonym] == [
        "given_name", "middle_name", "family_name", "full_name",
    ]


def test_what_has_a_pseudonym_in_a_publication_has_one_here():
    bare = [f"{mart.name}.{name}" for mart in MARTS.values() for name, column in mart.columns.items()
            if name in COLUMNS[mart.name] and DECLARED[mart.name][name].has_pseudonym and not column.pseudonym]
    assert not bare


def test_a_key_is_not_told_by_its_name():
    assert key_id(b"key") != key_id(b"other")
    assert "key" not in key_id(b"key")


def test_emergency_response_needs_all_of_the_caseload_and_nothing_sensitive_elsewhere():
    purpose = purposes()["emergency_response"]
    assert set(purpose.marts) <= set(MARTS)
    assert purpose.needs("rpt_emergency_caseload", Sensitivity.SENSITIVE)
    assert not purpose.needs("dim_person", Sensitivity.SENSITIVE)
    assert purpose.needs("dim_person", Sensitivity.QUASI_IDENTIFIER)


@pytest.mark.parametrize(
    ("code", "extent", "is_graver"),
    [
        ("small_classes", {"people": 100}, False),
        ("small_classes", {"people": 110}, False),  # ten more
        ("small_classes", {"people": 111}, True),
        ("small_classes", {"people": 1}, False),
        ("beyond_area", {"fct_payments": 1_099}, False),  # less than a tenth more
        ("beyond_area", {"fct_payments": 1_101}, True),
        ("beyond_area", {"fct_enrolments": 1}, True),  # of another mart
        ("one_value", {"dim_person.sex": 1}, True),  # of another kind
    ],
)
def test_a_finding_is_graver_where_it_is_of_something_else_or_of_clearly_more(code, extent, is_graver):
    approved = {"small_classes": Counter(people=100), "beyond_area": Counter(fct_payments=1_000)}
    assert _is_graver({"code": code, "extent": extent}, approved) is is_graver
