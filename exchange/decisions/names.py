"""Sheets and columns by the names they have in any language."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from exchange.exceptions.sheets import SHEETS
from exchange.exceptions.words import ENGLISH, Words, folded
from exchange.sheets import Sheet


@dataclass(frozen=True)
class Names:
    """What sheets and columns are called, in the form that is compared (`folded`).

    A program may have changed its language since, so names of all languages count.
    """

    sheets: Mapping[str, Sheet]
    headings: Mapping[str, Mapping[str, str]]
    spoken: Mapping[str, Set[str]]

    @classmethod
    def of(cls, languages: Iterable[Words]) -> "Names":
        known = list(languages)
        return cls(
            {folded(words.texts[f"sheet.{sheet.name}"]): sheet for sheet in SHEETS for words in known},
            {
                sheet.name: {
                    folded(words.texts[f"heading.{column.heading}"]): column.heading
                    for column in sheet.columns for words in known
                }
                for sheet in SHEETS
            },
            {
                words.language: {
                    folded(words.texts[f"heading.{column.heading}"]) for sheet in SHEETS for column in sheet.columns
                }
                for words in known
            },
        )

    def sheet(self, name: str) -> Sheet | None:
        """The sheet of that name, if it is one of ours."""
        return self.sheets.get(folded(name))

    def columns(self, sheet: Sheet, headings: Sequence[str]) -> list[str | None]:
        """Which of the sheet's columns each heading is; None for one that is none."""
        return [self.headings[sheet.name].get(folded(heading)) for heading in headings]

    def language(self, headings: Iterable[str]) -> str:
        """The language that most of the headings are in; English where none is in any."""
        found = {folded(heading) for heading in headings}
        return max(self.spoken, key=lambda language: (len(found & self.spoken[language]), language == ENGLISH))

    def are_ours(self, headings: Sequence[str]) -> bool:
        """Whether exceptions stand under these headings."""
        return any("exception_id" in self.columns(sheet, headings) for sheet in SHEETS)
