"""Sheets and columns by the names they have in any language."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from exchange.exceptions.sheets import SHEETS
from exchange.exceptions.words import Words, folded
from exchange.sheets import Sheet


@dataclass(frozen=True)
class Names:
    """What sheets and columns are called, in the form that is compared (`folded`).

    A program may have changed its language since, so names of all languages count.
    """

    sheets: Mapping[str, Sheet]
    headings: Mapping[str, Mapping[str, str]]

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
        )

    def sheet(self, name: str) -> Sheet | None:
        """The sheet of that name, if it is one of ours."""
        return self.sheets.get(folded(name))

    def columns(self, sheet: Sheet, headings: Sequence[str]) -> list[str | None]:
        """Which of the sheet's columns each heading is; None for one that is none."""
        return [self.headings[sheet.name].get(folded(heading)) for heading in headings]

    def are_ours(self, headings: Sequence[str]) -> bool:
        """Whether exceptions stand under these headings."""
        return any("exception_id" in self.columns(sheet, headings) for sheet in SHEETS)
