"""A sheet under the names of a language."""

from dataclasses import replace

from exchange.exceptions.words.words import Words, group_of
from exchange.sheets import Sheet


def localised(sheet: Sheet, words: Words) -> Sheet:
    """The sheet as it is written: name, headings and choices in the language; fields and order as they were."""
    columns = tuple(
        replace(
            column,
            heading=words.texts[f"heading.{column.heading}"],
            choices=tuple(words.texts[f"{group_of(column.heading)}.{choice}"] for choice in column.choices),
        )
        for column in sheet.columns
    )
    return replace(sheet, name=words.texts[f"sheet.{sheet.name}"], columns=columns)
