"""How one program's files go out: in which language, and plain or encrypted for whom."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from exchange.encryption import AGE_SUFFIX, for_recipient, pipe_for_recipient, with_password
from exchange.exceptions.words import Words, languages
from exchange.sheets import Sheet
from exchange.workbook import MOST_ROWS
from ibr.config import Registry

WORKBOOK = "duplicates.xlsx"
# A workbook that leaves no plain file anywhere is made in memory: 9 KB a row were measured.
_MOST_ROWS_IN_MEMORY = 50_000


@dataclass(frozen=True)
class Delivery:
    """A program's language, and its recipient: `workbook_password` for people, `age_recipient` for systems.

    Without a recipient everything is plain. With one, the workbook has the password, or else is encrypted by age, and
    the CSV files are encrypted by age or not written.
    """

    words: Words
    workbook_password: str | None = field(default=None, repr=False)
    age_recipient: str | None = None

    @property
    def is_plain(self) -> bool:
        return not (self.workbook_password or self.age_recipient)

    @property
    def encrypted_with(self) -> list[str]:
        """By which kinds of key; none where it is plain."""
        kinds = {"password": self.workbook_password, "age": self.age_recipient}
        return [kind for kind, key in kinds.items() if key]

    @property
    def has_csv(self) -> bool:
        return self.is_plain or bool(self.age_recipient)

    @property
    def most_rows(self) -> int:
        """How many rows a sheet of the workbook holds at most."""
        return MOST_ROWS if self.is_plain else _MOST_ROWS_IN_MEMORY

    @property
    def workbook_name(self) -> str:
        return WORKBOOK if self.is_plain or self.workbook_password else WORKBOOK + AGE_SUFFIX

    @contextmanager
    def workbook(self, folder: Path) -> Iterator[Path | BytesIO]:
        """Where to write the workbook; when the block ends it lies in the folder as the recipient gets it."""
        target = folder / self.workbook_name
        if self.is_plain:
            yield target
            return
        plain = BytesIO()
        yield plain
        if self.workbook_password:
            with_password(plain, self.workbook_password, target)
        elif self.age_recipient:
            for_recipient(plain.getvalue(), self.age_recipient, target)

    @contextmanager
    def csv(self, folder: Path, sheet: Sheet) -> Iterator[Path | None]:
        """Where to write a sheet's CSV file; None where none goes out."""
        target = folder / f"{sheet.file_stem}.csv"
        if self.is_plain:
            yield target
        elif self.age_recipient:
            with pipe_for_recipient(self.age_recipient, target.with_name(target.name + AGE_SUFFIX)) as pipe:
                yield pipe
        else:
            yield None


def deliveries(home: Path, registry: Registry) -> dict[str, Delivery]:
    """How each program of a workspace gets its files. Raises ConfigurationProblem for words that are wrong."""
    known = languages(home)
    found = {}
    for code, program in registry.programs.items():
        words = known[program.language or registry.language]
        if recipient := program.recipient:
            password = recipient.workbook_password
            found[code] = Delivery(words, password.get_secret_value() if password else None, recipient.age)
        else:
            found[code] = Delivery(words)
    return found
