"""The sheets of a file that goes out and comes back: their columns, and which of them are to be filled in."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How a column's values are written."""

    TEXT = "text"
    DATE = "date"
    MONEY = "money"
    SHARE = "share"
    NUMBER = "number"


PHRASE = "phrase"


@dataclass(frozen=True)
class Column:
    """A column of a sheet, in a table under `field`; without one it is for whoever gets the file to fill in.

    `vocabulary`: what the field's codes are of, to be said in the file's language; PHRASE for phrases.
    """

    heading: str
    field: str | None = None
    width: int = 14
    kind: Kind = Kind.TEXT
    choices: tuple[str, ...] = ()
    vocabulary: str = ""

    @property
    def is_to_fill_in(self) -> bool:
        return self.field is None


@dataclass(frozen=True)
class Sheet:
    """A sheet: its name, the table it shows, its columns, and what its rows are ordered by before money.

    `loose`: fields that need not come back as they went out: what identifies a row, and what only counts days.
    `compared`: pairs of fields that say the same of the two sides; where they differ, both cells are marked.
    """

    name: str
    table: str
    columns: tuple[Column, ...]
    first_by: str = ""
    loose: tuple[str, ...] = ()
    compared: tuple[tuple[str, str], ...] = ()

    @property
    def file_stem(self) -> str:
        return self.name.lower()

    @property
    def frozen(self) -> tuple[Column, ...]:
        """The columns that have to come back as they went out."""
        return tuple(column for column in self.columns if column.field and column.field not in self.loose)

    @property
    def to_fill_in(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.is_to_fill_in)

    def choices(self, heading: str) -> tuple[str, ...]:
        """The words to choose from in a column; none where any text will do."""
        return next(column.choices for column in self.columns if column.heading == heading)
