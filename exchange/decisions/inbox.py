"""`inbox/decisions/`: files that wait for the next run, because another one was writing when they came."""

import datetime as dt
import hashlib
import json
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from exchange.decisions.audited import imported, refused
from exchange.decisions.faults import FAULTS_SUFFIX
from exchange.decisions.importing import Outcome, import_files
from exchange.decisions.opening import Reading
from exchange.encryption import AGE_SUFFIX
from ibr.durable import UNFINISHED, Signature, on_disk, sha256_of, signature
from ibr.errors import ContractBroken, IbrError

SETTLE = dt.timedelta(seconds=5)
_ARRIVING = "it was still being written, and may not be whole yet"
_CHANGED = "it was changed while it was read"
_UNREADABLE = (
    "cannot be read ({error}), so it stays in inbox/decisions; give the account that runs ibr the right to read it, or "
    "take it away"
)
_NO_NOTE = "{path}: the note beside it, with who left it, is damaged; import it by hand, with --by and that name"
_NO_NAME = "{path}: its name is not in UTF-8, so that nobody can be told of it; give it another and put it there again"
_NO_TEXT = re.compile(r"[\ud800-\udfff]")  # what Python makes of a name in another encoding
_NOT_IN_A_NAME = re.compile(r"[\x00-\x1f/\ud800-\udfff]")
_DIGITS = 16  # of a SHA-256: enough that no two files share them
_LONGEST_NAME = 200  # bytes of a file's name that are kept: with what is added, a file system takes 255
_NOTE = ".json"  # beside a file: its own name, who had it imported, whose it has to be


@dataclass(frozen=True)
class Taken:
    """A file out of the inbox: what its import came to, why it was refused, or why it was left for the next run."""

    name: str
    outcome: Outcome | None = None
    problem: str | None = None
    left: str | None = None


@dataclass(frozen=True)
class _Waiting:
    """A file of the inbox as it was looked at. Without `note` it was put there by hand."""

    path: Path
    seen: Signature
    note: Path | None

    def may_be_arriving(self, settle: dt.timedelta) -> bool:
        """Whether a program that copies may still be writing it. What `leave` wrote appears whole."""
        return self.note is None and time.time() - self.seen.changed_at < settle.total_seconds()

    def is_unchanged(self) -> bool:
        try:
            return signature(self.path) == self.seen
        except FileNotFoundError:
            return False


def leave(home: Path, paths: Sequence[Path], by: str | None, program: str | None) -> None:
    """Copy files into the inbox, each whole or not at all; the same content twice is one file.

    Unless two people leave it, for the second confirms what the first had imported; nor where it has to be another
    program's, which is another thing to check.
    """
    inbox = home / "inbox" / "decisions"
    inbox.mkdir(parents=True, exist_ok=True, mode=0o700)
    for path in paths:
        content = path.read_bytes()
        note = {"name": path.name, "by": by, "program": program}
        who = json.dumps([by, program]).encode()
        target = inbox / f"{hashlib.sha256(who + content).hexdigest()[:_DIGITS]}{_suffixes(path)}"
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
    settle: dt.timedelta = SETTLE,
    wait: Callable[[float], None] = time.sleep,
) -> list[Taken]:
    """Import what waits, the oldest first, each file by itself: a refused one does not hold up the others.

    A refused file goes to `quarantine/decisions/` with its faults. What was recorded leaves the inbox afterwards: after
    a crash in between it is imported again, which changes nothing. Files that were put there by hand less than `settle`
    ago are watched for so long. What is changed meanwhile, or while it is read, stays: half a CSV file reads as a whole
    one, and the other half would be gone with it.
    """
    def taken(file: _Waiting) -> Taken:
        name, by, program, is_known = _told(file)
        if file.note is None and not file.is_unchanged():
            return Taken(name, left=_ARRIVING)
        try:
            digest = sha256_of(file.path)
        except OSError as error:
            return Taken(name, problem=_UNREADABLE.format(error=type(error).__name__))
        try:
            if _NO_TEXT.search(file.path.name):
                raise ContractBroken(_NO_NAME.format(path=file.path))
            if not is_known:
                raise ContractBroken(_NO_NOTE.format(path=file.path))
            outcome = import_files(
                con, [file.path], today=today, imported_at=imported_at, by=by, program=program, two_people=two_people,
                labels={file.path: name}, reading=reading,
            )
        except IbrError as problem:
            if not file.is_unchanged():
                if _is_there(faults := file.path.with_name(file.path.name + FAULTS_SUFFIX)):
                    faults.unlink()
                return Taken(name, left=_CHANGED)
            refused(home, [digest], by)
            aside = _set_aside(file, home / "quarantine" / "decisions", name, digest)
            return Taken(name, problem=str(problem).replace(str(file.path), f"quarantine/decisions/{aside.name}"))
        imported(home, [digest], by, outcome)
        return Taken(name, outcome, left=None if _removed(file) else _CHANGED)

    waiting = _waiting(home / "inbox" / "decisions")
    if any(file.may_be_arriving(settle) for file in waiting):
        wait(settle.total_seconds())
    return [taken(file) for file in waiting]


def _told(file: _Waiting) -> tuple[str, str | None, str | None, bool]:
    """A file's own name, who left it and whose it has to be; and whether that is known, or its note is damaged."""
    try:
        note = json.loads(file.note.read_bytes()) if file.note else {"name": file.path.name}
        return _NOT_IN_A_NAME.sub("_", note["name"]), note.get("by"), note.get("program"), True
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return _NOT_IN_A_NAME.sub("_", file.path.name), None, None, False


def _waiting(inbox: Path) -> list[_Waiting]:
    """The files of the inbox, the oldest first; without what systems hide, and what has not its name yet."""
    found = _looked_at(inbox) if inbox.is_dir() else ()
    return sorted(found, key=lambda file: (file.seen.modified_ns, file.path.name))


def _looked_at(inbox: Path) -> Iterator[_Waiting]:
    for path in inbox.iterdir():
        if path.name.startswith((".", "~$")) or path.name.lower().endswith((_NOTE, *UNFINISHED)) or not path.is_file():
            continue
        note = path.with_suffix(_NOTE)
        try:
            yield _Waiting(path, signature(path), note if _is_there(note) else None)
        except FileNotFoundError:  # taken away at this moment
            continue


def _is_there(path: Path) -> bool:
    """Whether a file exists; one whose name has grown too long by its new end does not, and is no error."""
    try:
        return path.exists()
    except OSError:
        return False


def _removed(file: _Waiting) -> bool:
    """Remove a file that was recorded; not what somebody put there under its name in the meantime."""
    if not file.is_unchanged():
        return False
    file.path.unlink()
    if file.note:
        file.note.unlink(missing_ok=True)
    return True


def _suffixes(path: Path) -> str:
    """How its name ends: as .xlsx, .csv or .csv.age."""
    kept = path.suffixes[-2:] if path.suffix.lower() == AGE_SUFFIX else path.suffixes[-1:]
    return "".join(kept).lower()


def _put(target: Path, content: bytes) -> None:
    building = target.with_name(f".{target.name}")
    building.write_bytes(content)
    building.chmod(0o600)
    on_disk(building)  # after a power cut an empty note would say that nobody left the file
    building.replace(target)


def _set_aside(file: _Waiting, quarantine: Path, name: str, digest: str) -> Path:
    """Move a file and its faults into quarantine; returns where it lies now.

    What is sent back is called duplicates.xlsx, whoever sends it: a refused file would replace the one before. What
    `leave` named by its content and by who left it keeps that before its name.
    """
    quarantine.mkdir(parents=True, exist_ok=True, mode=0o700)
    first = file.path.name.split(".")[0] if file.note else digest[:_DIGITS]
    target = quarantine / f"{first}-{name.encode()[-_LONGEST_NAME:].decode(errors='ignore')}"
    for end in ("", FAULTS_SUFFIX):
        path, aside = file.path.with_name(file.path.name + end), target.with_name(target.name + end)
        if _is_there(path):
            shutil.move(path, aside)
            aside.chmod(0o600)  # whoever sent it may have left it open to all
    if file.note:
        file.note.unlink(missing_ok=True)
    return target
