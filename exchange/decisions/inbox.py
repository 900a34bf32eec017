"""`inbox/decisions/`: files that wait for the next run, because another one was writing when they came."""

import datetime as dt
import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from exchange.decisions.audited import imported, refused
from exchange.decisions.faults import FAULTS_SUFFIX
from exchange.decisions.importing import Outcome, import_files
from exchange.decisions.opening import Reading
from exchange.encryption import AGE_SUFFIX
from ibr.errors import IbrError

_NOTE = ".json"  # beside a file: its own name, who had it imported, whose it has to be


@dataclass(frozen=True)
class Taken:
    """A file out of the inbox: what its import came to, or why it was refused."""

    name: str
    outcome: Outcome | None
    problem: str | None = None


def leave(home: Path, paths: Sequence[Path], by: str | None, program: str | None) -> None:
    """Copy files into the inbox, each whole or not at all; the same content twice is one file."""
    inbox = home / "inbox" / "decisions"
    inbox.mkdir(parents=True, exist_ok=True, mode=0o700)
    for path in paths:
        content = path.read_bytes()
        target = inbox / f"{hashlib.sha256(content).hexdigest()[:16]}{_suffixes(path)}"
        note = {"name": path.name, "by": by, "program": program}
        # The note first: a file without one would be imported in nobody's name.
        _put(target.with_suffix(_NOTE), json.dumps(note).encode())
        _put(target, content)


def import_inbox(
    con: duckdb.DuckDBPyConnection,
    home: Path,
    *,
    today: dt.date,
    imported_at: dt.datetime,
    two_people: Sequence[str],
    reading: Reading | None = None,
) -> list[Taken]:
    """Import what waits, the oldest first, each file by itself: a refused one does not hold up the others.

    A refused file goes to `quarantine/decisions/` with its faults. What was recorded leaves the inbox afterwards: after
    a crash in between it is imported again, which changes nothing.
    """
    inbox = home / "inbox" / "decisions"
    waiting = [
        path for path in (inbox.iterdir() if inbox.is_dir() else ())
        if path.is_file() and path.suffix != _NOTE and not path.name.startswith((".", "~$"))
    ]
    taken = []
    for path in sorted(waiting, key=lambda path: (path.stat().st_mtime_ns, path.name)):
        beside = path.with_suffix(_NOTE)
        note = json.loads(beside.read_bytes()) if beside.exists() else {"name": path.name}
        try:
            outcome = import_files(
                con, [path], today=today, imported_at=imported_at, by=note.get("by"), program=note.get("program"),
                two_people=two_people, labels={path: note["name"]}, reading=reading,
            )
            imported(home, [path], note.get("by"), outcome)
            taken.append(Taken(note["name"], outcome))
            path.unlink()
        except IbrError as problem:
            refused(home, [path], note.get("by"))
            _set_aside(path, home / "quarantine" / "decisions")
            taken.append(Taken(note["name"], None, str(problem).replace(str(inbox), "quarantine/decisions")))
        beside.unlink(missing_ok=True)
    return taken


def _suffixes(path: Path) -> str:
    """How its name ends: as .xlsx, .csv or .csv.age."""
    kept = path.suffixes[-2:] if path.suffix.lower() == AGE_SUFFIX else path.suffixes[-1:]
    return "".join(kept).lower()


def _put(target: Path, content: bytes) -> None:
    building = target.with_name(f".{target.name}")
    building.write_bytes(content)
    building.chmod(0o600)
    building.replace(target)


def _set_aside(path: Path, quarantine: Path) -> None:
    quarantine.mkdir(parents=True, exist_ok=True, mode=0o700)
    for file in (path, path.with_name(path.name + FAULTS_SUFFIX)):
        if file.exists():
            shutil.move(file, quarantine / file.name)
            (quarantine / file.name).chmod(0o600)  # whoever sent it may have left it open to all
