"""The sources that are mirrored, and their tables."""

import codecs
import datetime as dt
import re
from enum import StrEnum
from typing import Literal

from pydantic import Field, field_validator, model_validator

from ibr.config.programs import ProgramCode
from ibr.config.section import Section, Share
from ibr.lookup import ANSWERS, Lookup, faults_of
from ibr.naming import NameRule

SCHEMES = ("sqlite", "postgresql", "mysql", "mssql", "files", "https", "http")
_LOOK_BACK = re.compile(r"\d+( (minute|hour|day|week)s?)?")
_TYPE_PATTERN = re.compile(
    r"(text|boolean)|(integer)( 1[,. ']234)?|(number)( 1([, ']?234[.]56|[. ']?234,56))?|(date|timestamp)( .+)?"
)
# What a row of sums begins with, in languages of forms and spreadsheets; capitals do not matter.
TOTALS = (
    "total", "totals", "grand total", "subtotal", "sub-total", "sub total", "sum", "jumla", "totaux", "somme", "suma",
    "soma",
)  # fmt: skip


class SourceKind(StrEnum):
    """What a source is for: a program's system, the population register, or a list to cross-check."""

    MIS = "mis"
    REGISTER = "register"
    REFERENCE = "reference"


class Table(Section):
    """One table to mirror.

    `key` names the columns that identify a row (none: rows are told apart by their content);
    `cursor` a column that rises whenever a row changes; `look_back` how far behind the largest value seen it is read
    again, for rows that arrive late: a number, or a time as in `2 days`; `columns` the types that the contract checks;
    `without` the columns that are not copied: what nobody needs, or nobody may have.
    """

    key: list[str] = []
    cursor: str | None = None
    look_back: str | None = Field(default=None, description="how far behind its largest value the cursor is read again")
    columns: dict[str, str] = {}
    without: list[str] = Field(default=[], description="columns that are not copied")
    filter: str | None = None
    may_be_empty: bool = False
    path: str | None = Field(default=None, description="for file sources: a file or a glob")
    encoding: str | None = Field(default=None, description="for CSV files that are neither UTF-8 nor UTF-16")
    sheet: str | None = Field(default=None, description="of a workbook with several")
    sends: Literal["full", "changes"] = Field(default="full", description="for inbox sources: what a batch brings")
    deleted: dict[str, str] = Field(default={}, description="for changes: the column and value that mark a deletion")
    in_every_batch: bool = Field(default=True, description="for inbox sources: whether a batch waits for it")

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, encoding: str | None) -> str | None:
        try:
            codecs.lookup(encoding or "utf-8")
        except LookupError:
            raise ValueError(f"encoding {encoding!r} is not known; expected one as latin-1 or cp1252") from None
        return encoding

    @field_validator("look_back")
    @classmethod
    def _is_a_distance(cls, look_back: str | None) -> str | None:
        if look_back and not _LOOK_BACK.fullmatch(look_back):
            raise ValueError(f"look_back is {look_back!r}; expected a number, or a time as in 2 days or 12 hours")
        return look_back

    @model_validator(mode="after")
    def _fits_together(self) -> "Table":
        if self.sends == "changes" and not self.key:
            raise ValueError("sends: changes needs a key, by which the rows are told apart")
        if self.look_back and not self.cursor:
            raise ValueError("look_back needs a cursor")
        needed = [name for name in (*self.key, self.cursor, *self.columns) if name in self.without]
        if needed:
            raise ValueError(f"without leaves out {', '.join(needed)}, which key, cursor or columns need")
        return self

    @field_validator("columns")
    @classmethod
    def _known_types(cls, columns: dict[str, str]) -> dict[str, str]:
        for name, kind in columns.items():
            if not _TYPE_PATTERN.fullmatch(kind):
                raise ValueError(
                    f"column {name} has type {kind!r}; expected text, integer, number, boolean, "
                    "date [FORMAT] or timestamp [FORMAT]; in files also number 1.234,56 and the like"
                )
        return columns


class Limits(Section):
    """When a source is held back: shares of a table's rows, from 0 to 1."""

    rejected_share: Share = 0.02
    vanished_share: Share = 0.20

    def tolerated_rows(self, rows: int) -> int:
        """How many of a table's rows may be unusable: the share, and always one."""
        return max(1, int(self.rejected_share * rows))

    def tolerated_losses(self, rows: int) -> int:
        """How many rows a table may lose between two runs: the share, and always ten."""
        return max(10, int(self.vanished_share * rows))


def has_known_scheme(url: str) -> bool:
    """Whether a URL is of a kind of source that there is an adapter for."""
    return bool(re.match(rf"^({'|'.join(SCHEMES)}):", url))


class Source(Section):
    """A database or a stream of files that is mirrored."""

    name: str
    kind: SourceKind
    url: str
    programs: list[ProgramCode] = []
    freshness_days: int = Field(default=1, ge=0)
    timeout_seconds: int = Field(default=3600, gt=0)
    retries: int = Field(default=2, ge=0, description="further tries, each after a longer wait, where it may help")
    compare_days: int = Field(default=7, gt=0, description="after so many days tables are copied and compared whole")
    limits: Limits = Limits()
    settle_minutes: float = Field(default=5, ge=0, description="for inbox sources: how long files must lie unchanged")
    totals: list[str] = Field(default=list(TOTALS), description="words that begin a row of sums in files")
    tables: dict[str, Table]
    lookup: Lookup | None = Field(default=None, description="for a register behind a web service: how it is asked")

    @property
    def promise(self) -> dt.timedelta:
        """How old its mirror may be: `freshness_days` and half a day, for a night that starts later than the last."""
        return dt.timedelta(days=self.freshness_days, hours=12)

    @field_validator("url")
    @classmethod
    def _known_scheme(cls, url: str) -> str:
        if url.startswith("inbox") and url != "inbox":
            raise ValueError(f"url {url!r}; expected inbox alone: batches are dropped into inbox/SOURCE/")
        if url != "inbox" and not has_known_scheme(url):
            expected = ", ".join(f"{scheme}:" for scheme in SCHEMES)
            raise ValueError(f"url starts with {url.split(':')[0]!r}; expected {expected} or inbox")
        return url

    @property
    def is_inbox(self) -> bool:
        """Whether its files arrive as batches in `inbox/<source>/`."""
        return self.url == "inbox"

    @model_validator(mode="after")
    def _tables_fit_kind(self) -> "Source":
        if not self.tables:
            raise ValueError("no tables named; list at least one")
        names = [name.lower() for name in self.tables]
        if alike := [name for name in self.tables if names.count(name.lower()) > 1]:
            raise ValueError(
                f"tables {', '.join(alike)} differ by capitals alone, which mirrors cannot tell apart; leave one out"
            )
        without_path = [name for name, table in self.tables.items() if not table.path]
        if self.url.startswith("files:") and without_path:
            raise ValueError(f"table(s) {', '.join(without_path)} of a files: source need a path")
        if faults := faults_of(self.url, self.kind.value, self.tables, self.lookup):
            raise ValueError("; ".join(faults))
        for table in self.tables.values():
            if self.is_inbox and table.path:
                NameRule(table.path).check()
        return self

    @model_validator(mode="after")
    def _batches_are_of_inboxes(self) -> "Source":
        asked = ("sends", "deleted", "in_every_batch")
        misplaced = [
            f"{name}.{key}" for name, table in self.tables.items() for key in asked if key in table.model_fields_set
        ]
        if misplaced and not self.is_inbox:
            raise ValueError(f"{', '.join(misplaced)}: only a source with url inbox has batches")
        return self

    @property
    def as_mirrored(self) -> "Source":
        """The source with all tables of its mirror: a service has one more, of who was asked for."""
        if self.lookup is None:
            return self
        return self.model_copy(update={"tables": {ANSWERS: Table(key=["national_id"]), **self.tables}})
