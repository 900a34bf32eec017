"""Whether a language says all there is to say, in words that a spreadsheet can hold and that can be read back."""

from collections.abc import Iterable, Iterator

from exchange.catalogues import differences
from exchange.exceptions.sheets import SHEETS
from exchange.exceptions.words.words import ENGLISH, Words, coming_back, folded, group_of

_NOT_IN_SHEET_NAMES = set("[]:*?/\\")
_LONGEST_SHEET_NAME, _LONGEST_CHOICES, _LONGEST_TITLE, _LONGEST_MESSAGE = 31, 255, 32, 255  # Excel's bounds


def faults_of(words: Words, english: Words) -> list[str]:
    """What is missing or wrong in a language, beside English."""
    faults = differences(words, english, "exception files")
    missing = english.texts.keys() - words.texts.keys()
    return faults if missing else [*faults, *_faults_of_spreadsheets(words), *_faults_of_codes(words, english)]


def clashes(languages: Iterable[Words]) -> list[str]:
    """Words that mean one thing in one language and another in the next: a file is read in all of them at once."""
    known, faults = list(languages), []
    for group, codes in coming_back():
        said: dict[str, tuple[str, str]] = {}
        for words in known:
            for code in codes:
                word = folded(words.texts[f"{group}.{code}"])
                language, other = said.setdefault(word, (words.language, code))
                if other != code:
                    faults.append(f"{group}.{code} in {words.language} is the word for {group}.{other} in {language}")
    return list(dict.fromkeys(faults))


def _faults_of_spreadsheets(words: Words) -> Iterator[str]:
    for key, text in words.texts.items():
        if key.startswith("sheet.") and (len(text) > _LONGEST_SHEET_NAME or set(text) & _NOT_IN_SHEET_NAMES):
            yield f"{key}: the name of a sheet has at most {_LONGEST_SHEET_NAME} characters, none of []:*?/\\"
    for sheet in SHEETS:
        for column in sheet.columns:
            choices = [words.texts[f"{group_of(column.heading)}.{choice}"] for choice in column.choices]
            if len(",".join(choices)) > _LONGEST_CHOICES or any("," in choice for choice in choices):
                yield f"{column.heading}: a list of words has at most {_LONGEST_CHOICES} characters; no word a comma"
            if len(words.say("workbook.one_of", choices=", ".join(choices))) > _LONGEST_MESSAGE:
                yield f"workbook.one_of: with its words at most {_LONGEST_MESSAGE} characters fit"
    for key in ("workbook.choose", "workbook.a_date"):
        if len(words.texts[key]) > _LONGEST_TITLE:
            yield f"{key}: at most {_LONGEST_TITLE} characters fit"


def _faults_of_codes(words: Words, english: Words) -> Iterator[str]:
    """Words that come back have to tell which one is meant, and English ones are the codes."""
    yield from clashes([words])
    if words.language == ENGLISH:
        for group, codes in coming_back():
            yield from (
                f"{group}.{code}: English names of sheets, columns and decisions are what scripts rely on"
                for code in codes if words.texts[f"{group}.{code}"] != code
            )

