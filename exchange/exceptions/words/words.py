"""The words of one language, and which of them come back in a file."""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from exchange.corrections import CORRECTIONS
from exchange.exceptions.sheets import DECISION, FIRST_SHEET, SHEETS

ENGLISH = "en"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Words:
    """The words of one language: `texts` by `group.code`."""

    language: str
    texts: Mapping[str, str]

    def say(self, key: str, **values: object) -> str:
        """The text of a key, with its placeholders filled."""
        return _PLACEHOLDER.sub(lambda found: str(values[found[1]]), self.texts[key])

    def number(self, value: float) -> str:
        """A whole number with its thousands apart."""
        return f"{value:,.0f}".replace(",", self.texts["number.thousands"])

    def day(self, day: dt.date) -> str:
        """A day with the name of its month."""
        return self.say("day.long", day=f"{day:%d}", month=self.texts[f"month.{day.month}"], year=day.year)


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
