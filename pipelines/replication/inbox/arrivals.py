"""What lies in `inbox/<source>/`: which batches are whole, which wait and for what.

Nothing is moved or changed here: the sensor and `ibr status` look in the same way as a run does.
"""

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ibr.config import Source
from ibr.naming import NameRule
from pipelines.replication.inbox.manifest import Manifest, UnusableManifest, is_manifest, read_manifest
from pipelines.replication.inbox.pieces import Piece, UnusableZip, pieces_in, pieces_of_zip, sha256_of


@dataclass(frozen=True)
class Entry:
    """What one file of a batch is to be. `rows`, `sha256`: as its manifest says."""

    piece: Piece
    table: str
    sends: Literal["full", "changes"]
    rows: int | None = None
    sha256: str | None = None


@dataclass
class Candidate:
    """What may be a batch. `waits_for`: why it is not whole yet; `problem`: why it can never be taken."""

    name: str
    date: dt.date | None = None
    version: int = 1
    entries: list[Entry] = field(default_factory=list)
    others: list[Piece] = field(default_factory=list)
    waits_for: str | None = None
    problem: str | None = None

    @property
    def pieces(self) -> list[Piece]:
        """Everything that came with it, each once."""
        return list(dict.fromkeys([*(entry.piece for entry in self.entries), *self.others]))

    @property
    def signature(self) -> str:
        """The same as long as nobody touches its files."""
        seen = sorted({(str(p.place), p.size, p.modified_ns, p.changed_at) for p in self.pieces})
        return hashlib.blake2b(repr(seen).encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class _Clock:
    """Whether files have lain unchanged for long enough: a half-copied one must never be read."""

    at: dt.datetime
    settle_minutes: float

    def is_quiet(self, piece: Piece) -> bool:
        return self.at.timestamp() - piece.changed_at >= self.settle_minutes * 60


def scan(inbox: Path, source: Source, at: dt.datetime) -> list[Candidate]:
    """Everything in a source's inbox, in the order in which batches are to be applied.

    `at`: now; files that were changed less than `settle_minutes` before are still arriving, unless a manifest's SHA-256
    says that they are whole. A batch is looked for in the inbox itself, in each folder of it, and in each zip.
    """
    if not inbox.is_dir():
        return []
    clock = _Clock(at, source.settle_minutes)
    found: list[Candidate] = []
    for folder in (inbox, *sorted(f for f in inbox.iterdir() if f.is_dir() and not f.name.startswith("."))):
        pieces = pieces_in(folder)
        zips = [piece for piece in pieces if piece.name.lower().endswith(".zip")]
        found += _batches([piece for piece in pieces if piece not in zips], source, clock)
        found += [_zipped(packed, source, clock) for packed in zips]
    return sorted(found, key=lambda c: (c.date or dt.date.min, c.version, c.name))


def ready(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The candidates that can be taken, or refused, now."""
    return [candidate for candidate in candidates if candidate.waits_for is None]


def _batches(pieces: list[Piece], source: Source, clock: _Clock) -> list[Candidate]:
    manifests = [piece for piece in pieces if is_manifest(piece.name)]
    rest = {piece.name.lower(): piece for piece in pieces if piece not in manifests}
    found = [_by_manifest(piece, rest, source, clock) for piece in manifests]
    taken = {entry.piece for candidate in found for entry in candidate.entries}
    return found + _by_names([piece for piece in rest.values() if piece not in taken], source, clock)


# --- by a manifest


def _by_manifest(piece: Piece, there: dict[str, Piece], source: Source, clock: _Clock) -> Candidate:
    found = Candidate(piece.name, others=[piece])
    try:
        manifest = read_manifest(piece, source)
    except UnusableManifest as problem:
        found.problem = str(problem)
        found.waits_for = None if clock.is_quiet(piece) else "it is still arriving"
        return found
    found.date, found.version = manifest.date, manifest.version
    found.entries = [
        Entry(
            there[line.file.lower()], line.table, line.sends or source.tables[line.table].sends, line.rows, line.sha256
        )
        for line in manifest.files
        if line.file.lower() in there
    ]
    found.waits_for = _missing(manifest, there) or _unsettled(found.entries, clock)
    return found


def _missing(manifest: Manifest, there: dict[str, Piece]) -> str | None:
    missing = dict.fromkeys(line.file for line in manifest.files if line.file.lower() not in there)
    return f"{', '.join(missing)} of its manifest" if missing else None


def _unsettled(entries: list[Entry], clock: _Clock) -> str | None:
    """Files that are not surely whole: changed just now, and not proved by the manifest."""
    arriving = [
        entry.piece.name
        for entry in entries
        if not clock.is_quiet(entry.piece) and (entry.sha256 is None or sha256_of(entry.piece) != entry.sha256.lower())
    ]
    return f"{', '.join(dict.fromkeys(arriving))} to arrive whole" if arriving else None


# --- by the names of files


def _by_names(pieces: list[Piece], source: Source, clock: _Clock) -> list[Candidate]:
    rules = {name: NameRule(table.path) for name, table in source.tables.items() if table.path}
    by_date: dict[tuple[dt.date, int], list[Entry]] = defaultdict(list)
    strangers = []
    for piece in pieces:
        fits = [(name, read) for name, rule in rules.items() if (read := rule.read(piece.name))]
        for name, read in fits:
            by_date[read].append(Entry(piece, name, source.tables[name].sends))
        if not fits:
            strangers.append(piece)
    found = [_dated(date, version, entries, source, rules, clock) for (date, version), entries in by_date.items()]
    expected = "a manifest that names it" + (f"; its name is none of {', '.join(_patterns(rules))}" if rules else "")
    return found + [Candidate(piece.name, others=[piece], waits_for=expected) for piece in strangers]


def _dated(
    date: dt.date, version: int, entries: list[Entry], source: Source, rules: dict[str, NameRule], clock: _Clock
) -> Candidate:
    names = list(dict.fromkeys(entry.piece.name for entry in entries))
    found = Candidate(f"{names[0]} and {len(names) - 1} more" if len(names) > 1 else names[0], date, version, entries)
    there = {entry.table for entry in entries}
    missing = [
        rule.for_date(date)
        for name, rule in rules.items()
        if name not in there and source.tables[name].in_every_batch and version == 1
    ]
    found.waits_for = ", ".join(missing) if missing else _unsettled(entries, clock)
    return found


def _patterns(rules: dict[str, NameRule]) -> list[str]:
    return [rule.pattern for rule in rules.values()]


# --- in a zip


def _zipped(packed: Piece, source: Source, clock: _Clock) -> Candidate:
    """The one batch that a zip is."""
    found = Candidate(packed.name, others=[packed])
    if not clock.is_quiet(packed):
        found.waits_for = f"{packed.name} to arrive whole"
        return found
    try:
        inside = _batches(pieces_of_zip(packed), source, clock)  # reads its manifest, if there is one
    except UnusableZip as problem:
        found.problem = str(problem)
        return found
    if len(inside) != 1:
        told = "".join(f"; {c.name} lacks {c.waits_for}" for c in inside if c.waits_for)
        found.problem = f"{packed.name} holds {len(inside)} batches, and one was expected{told}"
    elif inside[0].waits_for or inside[0].problem:
        lacks = f"{packed.name}, in which lies {inside[0].name}, lacks {inside[0].waits_for}"
        found.problem = inside[0].problem or lacks
    else:
        found = inside[0]
        found.name = packed.name
    return found
