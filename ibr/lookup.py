"""The `lookup:` block of registry.yml: how a register behind a web service is asked, one person a call.

The national ID stands as `{national_id}` wherever the request needs it. A URL is written into the logs of every
machine on its way, so a service that takes a POST is asked with its body.
"""

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

ASKED = "{national_id}"
ANSWERS = "answers"  # the mirror's second table: who was asked for, and what came of it
_PATH = re.compile(r"[^.\s]+(\.[^.\s]+)*")
_ON_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")

AnswerPath = Annotated[str, Field(min_length=1)]


def text_of(value: Any) -> str | None:
    """A scalar of JSON (or YAML) as a mirror keeps it: text, `true` and `false`, null as None."""
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


class NotFound(BaseModel):
    """What an answer looks like that says: there is no such person. Where both are named, both must hold."""

    model_config = ConfigDict(extra="forbid")
    status: list[int] = []
    field: str | None = Field(default=None, description="a path in the answer")
    values: list[str | int | float | bool | None] = Field(default=[], description="what stands there")

    @model_validator(mode="after")
    def _says_something(self) -> "NotFound":
        if not self.status and self.field is None:
            raise ValueError("neither status nor field is named; say what the service answers for a person it has not")
        if (self.field is None) != (not self.values):
            raise ValueError("field and values go together")
        return self

    @property
    def texts(self) -> set[str | None]:
        """The values, as answers have them."""
        return {text_of(value) for value in self.values}


class Lookup(BaseModel):
    """How the service is asked, how its answers become rows, and how much it is asked for.

    `answer` names for each column of the mirror its place in the JSON answer, as `person.names.first`, or
    `{national_id}` for the ID that was asked for. A place that is not there breaks the contract for that answer,
    unless the column is `optional`. `id_in_answer`: the place that must hold the ID asked for, so that an answer on
    somebody else is told.
    """

    model_config = ConfigDict(extra="forbid")
    method: Literal["GET", "POST"] = "POST"
    path: str = ""
    query: dict[str, str] = {}
    body: dict[str, Any] | None = None
    headers: dict[str, str] = {}
    answer: dict[str, AnswerPath] = Field(min_length=1)
    optional: list[str] = []
    id_in_answer: str | None = None
    not_found: NotFound
    calls_per_second: float = Field(default=2.0, gt=0, le=1000)
    parallel: int = Field(default=2, ge=1, le=16)
    max_calls_per_run: int = Field(default=10_000, ge=1)
    cache_days: int = Field(default=30, ge=1, description="an answer older than this is asked for again")
    timeout_seconds: float = Field(default=10.0, gt=0, description="of one call")
    ca_file: str | None = Field(default=None, description="the authority that signed the service's certificate")
    check_id: str | None = Field(default=None, description="an ID that `ibr sources check` may ask for")

    @field_validator("answer")
    @classmethod
    def _readable_places(cls, answer: dict[str, str]) -> dict[str, str]:
        for column, place in answer.items():
            if place != ASKED and not _PATH.fullmatch(place):
                raise ValueError(f"column {column} stands at {place!r}; expected names with dots between, or {ASKED}")
        return answer

    @model_validator(mode="after")
    def _fits_together(self) -> "Lookup":
        faults = []
        if self.method == "GET" and self.body is not None:
            faults.append("a GET takes no body; use query or path, or method: POST")
        if ASKED not in "".join((self.path, *self.query.values(), str(self.body or ""))):
            faults.append(f"neither path, query nor body holds {ASKED}, the ID to ask for")
        if unknown := [column for column in self.optional if column not in self.answer]:
            faults.append(f"optional names {', '.join(unknown)}, which answer does not fill")
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @property
    def places(self) -> dict[str, str]:
        """The columns that are read from the answer, each with its place there."""
        return {column: place for column, place in self.answer.items() if place != ASKED}


def faults_of(url: str, kind: str, tables: dict[str, Any], lookup: Lookup | None) -> list[str]:
    """What does not fit between a source's URL and kind, its tables (`ibr.config.Table`) and its lookup."""
    is_service = bool(re.match(r"https?:", url))
    if is_service != (lookup is not None):
        return [
            "a web service needs a lookup: block; docs/adding-a-source.md has one to start from"
            if is_service
            else "lookup is for registers behind a web service, whose url starts with https:"
        ]
    if lookup is None:
        return []
    faults = []
    if not urlsplit(url).hostname:
        faults.append("url names no host; expected https://host/path")
    elif url.startswith("http:") and urlsplit(url).hostname not in _ON_THIS_MACHINE:
        faults.append("url starts with http:, which sends names and IDs in the clear; expected https:")
    if kind != "register":
        faults.append("only a source of kind register can be a web service")
    if len(tables) != 1:
        faults.append(f"a web service fills one table; {len(tables)} are named")
    for name, table in tables.items():
        faults += [f"tables.{name}: {fault}" for fault in _table_faults(name, table, lookup)]
    return faults


def _table_faults(name: str, table: Any, lookup: Lookup) -> list[str]:
    faults = []
    if name.lower() == ANSWERS:
        faults.append(f"{ANSWERS} is the name of the table that keeps who was asked for; choose another")
    if not table.key:
        faults.append("a web service's table needs a key")
    if odd := [n for n in ("cursor", "look_back", "filter", "path", "encoding", "without") if getattr(table, n)]:
        faults.append(f"{', '.join(odd)} cannot be used with a web service")
    if unknown := [c for c in dict.fromkeys([*table.key, *table.columns]) if c not in lookup.answer]:
        faults.append(f"key or columns name {', '.join(unknown)}, which lookup.answer does not fill")
    if loose := [column for column in table.key if column in lookup.optional]:
        faults.append(f"{', '.join(loose)} is key and cannot be optional")
    return faults
