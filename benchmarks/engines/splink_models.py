"""Splink's models, one a data set: after the examples in its documentation where it has one, else in their manner.

Columns that a set is measured without (the SSN) drop out of comparisons and rules. Nothing else was tuned.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import splink.comparison_library as cl
from splink import block_on


@dataclass(frozen=True)
class Model:
    """Comparisons, blocking rules, how it is trained, and the probability at which pairs become persons.

    `prior`: rules that nearly always find one person, which find `recall` of all such pairs. `train`: rules to
    run EM on.
    """

    comparisons: list[Any]
    blocking: list[Any]
    prior: list[Any]
    recall: float
    train: list[Any]
    max_pairs: float = 1e6
    keep: float = 0.5
    cluster: float = 0.95
    derived: dict[str, str] = field(default_factory=dict)


def historical(_: set[str]) -> Model:
    """The example "Linking a dataset of real historical persons"."""
    return Model(
        comparisons=[
            cl.ForenameSurnameComparison(
                "first_name", "surname", forename_surname_concat_col_name="first_name_surname_concat"
            ),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            cl.PostcodeComparison("postcode_fake"),
            cl.ExactMatch("birth_place").configure(term_frequency_adjustments=True),
            cl.ExactMatch("occupation").configure(term_frequency_adjustments=True),
        ],
        blocking=[
            block_on("substr(first_name,1,3)", "substr(surname,1,4)"),
            block_on("surname", "dob"),
            block_on("first_name", "dob"),
            block_on("postcode_fake", "first_name"),
            block_on("postcode_fake", "surname"),
            block_on("dob", "birth_place"),
            block_on("substr(postcode_fake,1,3)", "dob"),
            block_on("substr(postcode_fake,1,3)", "first_name"),
            block_on("substr(postcode_fake,1,3)", "surname"),
            block_on("substr(first_name,1,2)", "substr(surname,1,2)", "substr(dob,1,4)"),
        ],
        prior=[
            block_on("first_name", "surname", "dob"),
            block_on("substr(first_name,1,2)", "surname", "substr(postcode_fake,1,2)"),
            block_on("dob", "postcode_fake"),
        ],
        recall=0.6,
        train=[block_on("first_name", "surname"), block_on("dob")],
        max_pairs=5e6,
        derived={"first_name_surname_concat": "first_name || ' ' || surname"},
    )


def febrl3(columns: set[str]) -> Model:
    """The example "Deduplicating the febrl3 dataset"."""
    with_ssn = "soc_sec_id" in columns
    return Model(
        comparisons=[
            cl.NameComparison("given_name"),
            cl.NameComparison("surname"),
            cl.DateOfBirthComparison("date_of_birth", input_is_string=True, datetime_format="%Y%m%d"),
            *([cl.DamerauLevenshteinAtThresholds("soc_sec_id", [2])] if with_ssn else []),
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            cl.ExactMatch("postcode").configure(term_frequency_adjustments=True),
        ],
        blocking=[
            *([block_on("soc_sec_id")] if with_ssn else []),
            *map(block_on, ("given_name", "surname", "date_of_birth", "postcode")),
        ],
        prior=[
            *([block_on("soc_sec_id")] if with_ssn else []),
            block_on("given_name", "surname", "date_of_birth"),
            "l.given_name = r.surname and l.surname = r.given_name and l.date_of_birth = r.date_of_birth",
        ],
        recall=0.9 if with_ssn else 0.6,
        train=[block_on("date_of_birth"), block_on("postcode")],
        cluster=0.5,
    )


def febrl4(columns: set[str]) -> Model:
    """The detailed model of the example "Linking the febrl4 datasets"; here the two files are one."""
    with_ssn = "soc_sec_id" in columns
    return Model(
        comparisons=[
            cl.NameComparison("given_name").configure(term_frequency_adjustments=True),
            cl.NameComparison("surname").configure(term_frequency_adjustments=True),
            cl.DateOfBirthComparison("date_of_birth", input_is_string=True, datetime_format="%Y%m%d"),
            *([cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2])] if with_ssn else []),
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(term_frequency_adjustments=True),
        ],
        blocking=[
            block_on("given_name", "surname"),
            "l.given_name = r.surname and l.surname = r.given_name",
            block_on("date_of_birth"),
            *([block_on("soc_sec_id")] if with_ssn else []),
            block_on("state", "address_1"),
            block_on("street_number", "address_1"),
            block_on("postcode"),
        ],
        prior=[
            *([block_on("soc_sec_id")] if with_ssn else []),
            block_on("given_name", "surname", "date_of_birth"),
        ],
        recall=0.8 if with_ssn else 0.5,
        train=[block_on("date_of_birth"), block_on("postcode")],
        cluster=0.5,
    )


def fake_1000(_: set[str]) -> Model:
    """The example "Evaluation when you have fully labelled data", with its tutorial's blocking rules."""
    return Model(
        comparisons=[
            cl.NameComparison("first_name"),
            cl.NameComparison("surname"),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
            cl.EmailComparison("email"),
        ],
        blocking=[
            block_on("first_name"),
            block_on("surname"),
            block_on("dob"),
            block_on("email"),
        ],
        prior=[
            "l.first_name = r.first_name and levenshtein(r.dob, l.dob) <= 1",
            "l.surname = r.surname and levenshtein(r.dob, l.dob) <= 1",
            "l.first_name = r.first_name and levenshtein(r.surname, l.surname) <= 2",
            block_on("email"),
        ],
        recall=0.7,
        train=[block_on("dob"), block_on("email")],
        cluster=0.5,
    )


def country(columns: set[str]) -> Model:
    """The sample country, in the manner of the examples; certificate and telephone where both sides have them."""
    with_certificate = "birth_certificate_no" in columns
    return Model(
        comparisons=[
            cl.JaroWinklerAtThresholds("given_name", [0.92, 0.84]).configure(term_frequency_adjustments=True),
            cl.JaroWinklerAtThresholds("family_name", [0.92, 0.84]).configure(term_frequency_adjustments=True),
            cl.LevenshteinAtThresholds("birth_date", [1, 2]),
            cl.ExactMatch("sex"),
            cl.LevenshteinAtThresholds("national_id", [1]),
            cl.ExactMatch("area_code").configure(term_frequency_adjustments=True),
            *([cl.ExactMatch("birth_certificate_no"), cl.ExactMatch("phone")] if with_certificate else []),
        ],
        blocking=[
            block_on("national_id"),
            block_on("given_name", "family_name", "birth_date"),
            block_on("birth_date", "family_name"),
            block_on("birth_date", "given_name"),
            block_on("given_name", "family_name", "area_code"),
            *([block_on("birth_certificate_no")] if with_certificate else []),
        ],
        prior=[block_on("national_id"), block_on("given_name", "family_name", "birth_date")],
        recall=0.8,
        train=[block_on("birth_date", "family_name"), block_on("given_name", "family_name", "area_code")],
        keep=0.9 if with_certificate else 0.5,
        cluster=0.99,
    )


MODELS: dict[str, Callable[[set[str]], Model]] = {
    "historical": historical,
    "febrl3": febrl3,
    "febrl4": febrl4,
    "fake_1000": fake_1000,
    "country": country,
}
