"""The words of one language, and which of them come back in a file."""

import unicodedata
from collections.abc import Iterator

from exchange.catalogues import ENGLISH, Words
from exchange.corrections import CORRECTIONS
from exchange.exceptions.sheets import DECISION, FIRST_SHEET, SHEETS

__all__ = ["ENGLISH", "Words", "coming_back", "folded", "group_of"]

def folded(word: str) -> str:
    """A word as it is compared: capitals, blanks and accents do not matter."""
    plain = unicodedata.normalize("NFKD", " ".join(word.replace("’", "'").split()).lower())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def coming_back() -> Iterator[tuple[str, list[str]]]:
    """Group and codes that have to be told apart: sheets, the columns of one sheet, the choices of one column."""
    written = (*SHEETS, CORRECTIONS)
    yield "sheet", [FIRST_SHEET, *(sheet.name for sheet in written)]
    for sheet in written:
        yield "heading", [column.heading for column in sheet.columns]
        for column in sheet.columns:
            if column.choices:
                yield group_of(column.heading), list(column.choices)


def group_of(heading: str) -> str:
    """Where the words of a column to choose in stand."""
    return "decision" if heading == DECISION else "action"
