"""What may be shared is declared for every column; pseudonyms are the HMAC that they are said to be."""

import hashlib
import hmac
from pathlib import Path

import duckdb
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.sharing.catalogue import Sensitivity, catalogue
from exchange.sharing.pseudonyms import key_id, pads, token
from exchange.sharing.record import is_same_person

MODELS = Path(__file__).parents[2] / "dbt_project" / "models" / "marts"
COLUMNS = {
    model["name"]: {column["name"] for column in model["columns"]}
    for file in MODELS.glob("*/_*__models.yml") for model in yaml.safe_load(file.read_text("utf-8"))["models"]
}
DERIVED = {"birth_year", "birth_five_years", "enrolled_year", "exit_year", "received_year"}


@pytest.mark.parametrize("name", list(catalogue().marts))
def test_every_column_of_a_mart_that_is_shared_is_classed_or_withheld(name):
    """A column that a mart gains stays out until somebody says how sensitive it is."""
    mart = catalogue().marts[name]
    declared = [*(column for column in mart.columns if column not in DERIVED), *mart.withheld]
    assert sorted(declared) == sorted(COLUMNS[name])
    assert {mart.subject, mart.area} <= COLUMNS[name]


def test_names_have_no_pseudonym_and_numbers_have():
    person = catalogue().marts["dim_person"].columns
    assert [name for name, column in person.items()
            if column.sensitivity is Sensitivity.IDENTIFIER and not column.pseudonym] == [
        "given_name", "middle_name", "family_name", "full_name",
    ]


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@settings(deadline=None, max_examples=15, derandomize=True)
@given(key=st.binary(min_size=1, max_size=100), texts=st.lists(TEXTS, min_size=1))
def test_a_token_is_the_hmac_of_its_text(key, texts):
    made = duckdb.execute(
        f"SELECT {token('text')} FROM (SELECT unnest($texts::VARCHAR[]) AS text)", {**pads(key), "texts": texts}
    ).fetchall()
    assert made == [(hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32],) for text in texts]


def test_nothing_has_no_token_and_a_key_is_not_told_by_its_name():
    with duckdb.connect() as con:
        assert con.execute(f"SELECT {token('NULL::VARCHAR')}", pads(b"key")).fetchone() == (None,)
    assert key_id(b"key") != key_id(b"other")
    assert "key" not in key_id(b"key")


@pytest.mark.parametrize(("one", "other", "same"), [
    ("Dr A. Mwangi", "dr a mwangi", True), ("A.Otieno", "A. Otieno", True), ("A. Otieno", "B. Otieno", False),
    ("Jane Müller", "JANE MÜLLER", True),
])
def test_one_person_is_told_however_the_name_is_spelt(one, other, same):
    assert is_same_person(one, other) is same
