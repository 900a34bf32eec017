"""Manifests: what a batch's files are, said by whoever sends them. JSON or CSV, beside the files.

    manifest.json   {"date": "2026-06-30", "files": [{"file": "members.csv", "table": "members", "rows": 1200,
                     "sha256": "...", "sends": "full"}]}
    manifest.csv    file,table,date,rows,sha256,sends

`rows`, `sha256`, `sends` (else as registry.yml says) and `version` (of a correction; else 1) may be left out.
"""

import csv
import datetime as dt
import io
import json
import re
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError, model_validator

from ibr.config import Source
from ibr.delimited import SEPARATORS
from pipelines.replication.inbox.pieces import Piece

_NAME = re.compile(r"(.*[._ -])?manifest([._ -].*)?\.(json|csv)", re.IGNORECASE)
_MOST_BYTES = 1 << 20


class UnusableManifest(Exception):
    """A manifest that cannot be followed, in words."""


class Line(BaseModel):
    """What a manifest says of one file."""

    file: str = Field(pattern=r"^[^/\\]+$")
    table: str
    rows: int | None = Field(default=None, ge=0)
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-fA-F]{64}$")
    sends: Literal["full", "changes"] | None = None


class Manifest(BaseModel):
    """What a manifest says of a batch."""

    date: dt.date
    version: int = Field(default=1, ge=1)
    files: list[Line] = Field(min_length=1)

    @model_validator(mode="after")
    def _says_each_thing_once(self) -> "Manifest":
        named = [(line.file.lower(), line.table) for line in self.files]
        if twice := next((line for line in named if named.count(line) > 1), None):
            raise ValueError(f"{twice[0]} stands in it twice for table {twice[1]}")
        return self


def is_manifest(name: str) -> bool:
    """Whether a file's name says that it is a manifest: manifest.json, manifest_20260630.csv, june.manifest.json."""
    return _NAME.fullmatch(name) is not None


def read_manifest(piece: Piece, source: Source) -> Manifest:
    """What a manifest says, where its tables are tables of the source. Raises UnusableManifest."""
    if piece.size > _MOST_BYTES:
        raise UnusableManifest(f"{piece.name} is too large for a manifest ({piece.size:,} bytes)")
    with piece.opened() as file:
        content = file.read()
    try:
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
        told = json.loads(text) if piece.name.lower().endswith(".json") else _from_csv(text)
        manifest = Manifest.model_validate(told)
    except ValidationError as error:
        raise UnusableManifest(f"{piece.name}: {'; '.join(_said(fault) for fault in error.errors())}") from None
    except (ValueError, csv.Error):  # no JSON, no UTF-8
        raise UnusableManifest(f"{piece.name} cannot be read; expected JSON or CSV in UTF-8") from None
    for line in manifest.files:
        table = source.tables.get(line.table)
        if table is None:
            raise UnusableManifest(
                f"{piece.name} names table {line.table}, which registry.yml does not have; it has "
                f"{', '.join(source.tables)}"
            )
        if (line.sends or table.sends) == "changes" and not table.key:
            raise UnusableManifest(
                f"{piece.name} says that {line.file} holds changes of {line.table}, which has no key in registry.yml "
                "to tell rows apart by; send the whole table"
            )
    for name in {line.table for line in manifest.files}:
        sent = {line.sends or source.tables[name].sends for line in manifest.files if line.table == name}
        if len(sent) > 1:
            raise UnusableManifest(
                f"{piece.name}: table {name} is sent full and as changes in one batch; send it in one way"
            )
    return manifest


def _from_csv(text: str) -> dict[str, Any]:
    first = text.lstrip().splitlines()[0] if text.strip() else ""
    reader = csv.DictReader(io.StringIO(text.strip()), delimiter=max(SEPARATORS, key=first.count))
    lines = [
        {key.strip().lower(): value.strip() for key, value in line.items() if key and value and value.strip()}
        for line in reader
    ]
    whole: dict[str, Any] = {"files": lines}
    for name in ("date", "version"):
        told = {line[name] for line in lines if name in line}
        if len(told) > 1:
            raise UnusableManifest(f"the manifest has several values under {name}; send one manifest for each batch")
        if told:
            whole[name] = told.pop()
    return whole


def _said(fault: Any) -> str:
    place = " ".join(str(part + 1 if isinstance(part, int) else part) for part in fault["loc"]) or "it"
    return f"{place}: {fault['msg'].removeprefix('Value error, ')}"
