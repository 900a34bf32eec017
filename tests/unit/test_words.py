"""Every language says all there is to say, in words that a spreadsheet holds and that can be read back."""

import re
from dataclasses import replace
from types import SimpleNamespace

import duckdb
import pytest
import yaml

from exchange.exceptions.readme import Facts, lines
from exchange.exceptions.sheets import SHEETS
from exchange.exceptions.words import define, folded, languages, localised, speak
from exchange.exceptions.words.checks import clashes, faults_of
from exchange.exceptions.words.words import Words
from ibr.errors import ConfigurationProblem
from linkage.match_keys import possible_keys
from tests.property.test_exceptions_text import FACTS

OURS = languages()
EN = OURS["en"]


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as con:
        define(con)
        yield con


def say(con, language: str, phrases: str) -> str:
    speak(con, OURS[language])
    return con.execute(f"SELECT say({phrases})").fetchone()[0]


def test_there_are_english_french_and_swahili():
    assert set(OURS) >= {"en", "fr", "sw"}


@pytest.mark.parametrize("language", sorted(OURS))
def test_every_language_has_every_word_with_the_same_placeholders(language):
    assert faults_of(OURS[language], EN) == []


@pytest.mark.parametrize("language", sorted(set(OURS) - {"en"}))
def test_hardly_a_word_is_the_same_as_in_english(language):
    """What is the same was left untranslated, unless it is a code or a loan."""
    same = {key for key, text in OURS[language].texts.items() if text == EN.texts[key]}
    assert same <= {
        "heading.exception_id", "heading.match_id", "heading.correction_id", "sheet.Corrections", "phrase.as_written",
        "phrase.rule", "phrase.their_answer",
        "phrase.their_answer_and_action", "sex.F", "sex.M", "day.long", "number.thousands", "first_sheet.title",
    }


def test_no_word_means_two_things_in_two_languages():
    """A file is read in all of them, for its program may have changed its language since it went out."""
    assert clashes(OURS.values()) == []


def test_numbers_by_which_scripts_know_a_row_have_one_name_in_all_languages():
    for words in OURS.values():
        assert {words.texts["heading.exception_id"], words.texts["heading.match_id"]} == {"exception_id", "match_id"}


def test_english_names_are_the_codes():
    for sheet in SHEETS:
        assert localised(sheet, EN) == sheet


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"phrase.died_on": None}, "phrase.died_on is missing"),
        ({"phrase.died_on": "mort"}, "phrase.died_on has the placeholders none; expected {date}"),
        ({"phrase.died_on": "mort {date} {nom}"}, "has the placeholders {date}, {nom}; expected {date}"),
        ({"phrase.dead": "mort"}, "phrase.dead is no word of exception files"),
        ({"decision.different people": "Même personne"}, "is the word for decision.same person"),
        ({"heading.sex": "Nom "}, "is the word for heading.name"),
        ({"decision.justified": "x" * 250}, "at most 255 characters"),
        ({"action.none": "rien, pas"}, "no word a comma"),
        ({"sheet.Payroll": "Paie?"}, "the name of a sheet"),
        ({"workbook.choose": "x" * 33}, "at most 32 characters"),
    ],
)
def test_what_is_wrong_in_a_language_is_told(change, fault):
    texts = {key: text for key, text in {**OURS["fr"].texts, **change}.items() if text is not None}
    assert any(fault in told for told in faults_of(Words("fr", texts), EN))


def test_a_ministry_adds_a_language_or_changes_a_word_without_code(tmp_path):
    folder = tmp_path / "words"
    folder.mkdir()
    nested: dict = {}
    for key, text in OURS["sw"].texts.items():
        group, _, code = key.partition(".")
        nested |= {group: {**nested.get(group, {}), code: text}} if code else {group: text}
    (folder / "so.yml").write_text(yaml.safe_dump(nested))
    (folder / "fr.yml").write_text("heading: {county: département}\n")
    known = languages(tmp_path)
    assert dict(known["so"].texts) == OURS["sw"].texts
    assert known["fr"].texts["heading.county"] == "département"
    assert known["fr"].texts["heading.name"] == "nom"
    (folder / "so.yml").write_text("heading: {name: magac}\n")
    (folder / "en.yml").write_text("decision: {same person: one person}\n")
    (folder / "fr.yml").write_text("heading: [county]\n")
    with pytest.raises(ConfigurationProblem) as problem:
        languages(tmp_path)
    for part in ("words/so.yml: ", "; and ", "decision.same person: English names", "words/fr.yml is not readable"):
        assert part in str(problem.value)


def test_phrases_are_said_with_codes_in_words_and_values_as_they_are(con):
    key = "phrase('one_person', MAP {'match_key': 'birth date, sound of names'})"
    assert say(con, "en", key) == "Taken as one person: the records agree on birth date and sound of names."
    assert say(con, "sw", key).endswith("zinakubaliana kwa tarehe ya kuzaliwa na sauti ya majina.")
    differ = "phrase('details_differ', MAP {'field': 'given_name, birth_date'})"
    assert say(con, "fr", differ).endswith("ces données diffèrent : prénom, date de naissance.")
    two = "list_concat(phrase('died'), NULL, phrase('rule', MAP {'rule': '{basis}', 'basis': 'A, and_B'}))"
    assert say(con, "en", two).endswith("it gives no date. {basis}: A, and_B")
    assert say(con, "en", "phrases_of(to_json(phrase('never_collected', MAP {'payments': '3'})))") == (
        "none of 3 payments was ever collected"
    )
    assert say(con, "en", "NULL") is None


def test_every_match_key_of_linkage_can_be_said():
    """Its parts, for there are too many keys to have words for each; the places of the registry are county and area."""
    places = {"county_code": "county code", "area_code": "area code"}
    columns = ("nid", "oid", "given", "family", "dob", "y", "phone", "mother", "hh", "extra")
    filled = dict.fromkeys((*columns, *places), 1)
    data = SimpleNamespace(
        filled=filled, fields=[SimpleNamespace(column=c, title=t) for c, t in places.items()], places=list(places),
        registered=0,
    )
    parts = {part for key in possible_keys(data) for part in re.split(", | and ", key.name)}
    assert {part for part in parts if f"match_key.{part}" not in EN.texts} == set()


@pytest.mark.parametrize("language", sorted(OURS))
def test_the_first_sheet_quotes_the_words_that_stand_in_the_file(language):
    words = OURS[language]
    text = folded(" ".join(line for _, line in lines(replace(FACTS, corrections=1), words)))
    for group in ("sheet", "decision", "action", "state", "finding", "verdict"):
        for key, word in words.texts.items():
            code = key.removeprefix(f"{group}.")
            if key.startswith(f"{group}.") and code not in _NOT_EXPLAINED:
                assert folded(word) in text, key


_NOT_EXPLAINED = {
    "Read me", "record corrected", "register wrong", "deceased confirmed", "payment stopped", "justified", "corrected",
}


def test_the_first_sheet_in_french_says_amounts_and_days_as_there():
    facts = Facts(
        **{**vars(FACTS), "rows": {"Payroll": 1234}, "amount_at_stake": {"Payroll": 5678900.0},
           "not_shown": {"Payroll": 1000}, "has_csv": False, "has_password": True}
    )
    text = [line for _, line in lines(facts, OURS["fr"])]
    assert text[0] == "Program X (X) : exceptions du 30 juin 2026"
    assert any(line.startswith("Paie : 1 234 lignes, KES 5 678 900 en jeu") for line in text)
    assert any("1 000 autres lignes" in line and "quand celles-ci seront décidées" in line for line in text)
    assert any("mot de passe" in line for line in text)
