"""`inbox/decisions/pages/`: what was decided at the service's pages, until the next run takes it up, and under `taken/`
until a publication after that shows it.

Decisions on cases of the queue are recorded as `ibr review` records them. Answers to a program's exceptions become rows
of its file, as a manager would have sent them, and are judged by the same rules.
"""

import csv
import datetime as dt
import io
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
from pydantic import TypeAdapter

from exchange.decisions import last_day, leave
from exchange.exceptions.sheets import DECISION, SHEETS
from exchange.review.decide import DECISIONS, decide
from ibr.errors import UsageProblem
from warehouse.audit import record

FOLDER = "inbox/decisions/pages"
_TAKING, _TAKEN = ".taking", "taken"
_ANSWERS = frozenset(answer for sheet in SHEETS for answer in sheet.choices(DECISION))


@dataclass(frozen=True)
class Left:
    """A decision that no publication shows yet: `subject` is the pair, or the number of the exception; `row`: the
    exception's row as it went out, under our headings, and empty for a pair. `at`: UTC. `is_taken_up`: by a run, and
    nobody takes it back here any more."""

    id: str
    subject: list[str]
    decision: str
    by: str
    at: dt.datetime
    comment: str | None = None
    program: str | None = None
    action: str | None = None
    row: dict[str, str] = field(default_factory=dict)
    is_taken_up: bool = False


_LEFT = TypeAdapter(Left)


def leave_decision(home: Path, subject: Sequence[str], decision: str, by: str, at: dt.datetime, **more: Any) -> Left:
    """Keep a decision for the next run: whole on disk, or not at all."""
    folder = home / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    left = Left(f"{at:%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}", sorted(subject), decision, by, at, **more)
    building = folder / f".{left.id}"
    with os.fdopen(os.open(building, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(left), file, default=str)
        file.flush()
        os.fsync(file.fileno())
    building.replace(folder / f"{left.id}.json")
    return left


def decisions_left(home: Path) -> list[Left]:
    """What waits, and what runs took up that the current publication does not show yet; the oldest first."""
    folder, found = home / FOLDER, {}
    # Each place after those that a file comes from: one that moves in this moment is found twice, not missed.
    waiting, taking = sorted(folder.glob("[!.]*.json")), sorted(folder.glob(f"[!.]*{_TAKING}"))
    taken = sorted((folder / _TAKEN / _current(home)).glob("[!.]*.json"))
    for path in (*waiting, *taking, *taken):
        try:
            left = _read(path)
        except (FileNotFoundError, ValueError):  # taken up, or taken back, in this moment; or no decision
            continue
        found[left.id] = replace(left, is_taken_up=path not in waiting)
    return [found[one] for one in sorted(found)]


def take_back(home: Path, left_id: str, by: str) -> Left | None:
    """Take a decision of one's own back, which the trail says; None where there is none, or a run has taken it up
    already."""
    mine = next((one for one in decisions_left(home) if one.id == left_id and one.by == by), None)
    if mine is None or mine.is_taken_up:
        return None
    path = home / FOLDER / f"{mine.id}.json"
    aside = path.with_name(f".{path.name}")  # where no run finds it; it returns if the trail fails
    try:
        path.rename(aside)
    except FileNotFoundError:
        return None
    try:
        record(home, "review_taken_back", by, subjects=mine.subject, details={"decision": mine.decision})
    except BaseException:
        aside.rename(path)
        raise
    aside.unlink()
    return mine


def take_up(con: duckdb.DuckDBPyConnection, home: Path, two_people: Sequence[str]) -> int:
    """Record what waits, in the order in which it was said; returns how many decisions on pairs were recorded.

    `con` is the warehouse, open for writing. Answers to exceptions go into `inbox/decisions/`, to be imported. A pair
    that is not in the registry any more is left out, which the trail says; what is no decision of ours goes to
    `quarantine/decisions/`. After a crash what was not finished is taken up again; the same word is not recorded twice.
    What was taken up before stays with the pages until another publication than the one of that time is current.
    """
    folder, recorded = home / FOLDER, 0
    taken = folder / _TAKEN / _current(home)
    for shown in {*taken.parent.glob("*")} - {taken}:
        shutil.rmtree(shown)
    for path in folder.glob("[!.]*.json"):
        with suppress(FileNotFoundError):  # taken back in this moment
            path.rename(path.with_suffix(_TAKING))  # from here on nobody takes it back
    for path in sorted(folder.glob(f"[!.]*{_TAKING}")):
        try:
            left = _read(path)
        except ValueError:
            _set_aside(home, path)
            continue
        if left.program:
            _leave_answer(home, left)
        elif not _is_known(con, left):
            recorded += _recorded(con, home, left, two_people)
        taken.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.replace(taken / f"{path.stem}.json")
    return recorded


def _current(home: Path) -> str:
    """The version that readers get; until the first publication a word that is none."""
    current = home / "published" / "current"
    return current.resolve().name if current.exists() else "none"


def _recorded(con: duckdb.DuckDBPyConnection, home: Path, left: Left, two_people: Sequence[str]) -> bool:
    one, other = left.subject
    try:
        done = decide(
            con, (one, other), left.decision, by=left.by, on=last_day(con, left.at.date()), at=left.at,
            comment=left.comment, two_people=two_people,
        )  # fmt: skip
    except UsageProblem:
        record(home, "review_outdated", left.by, subjects=left.subject, details={"decision": left.decision})
        return False
    record(home, "review_decided", left.by, subjects=left.subject,
           details={"decision": left.decision, "state": done.state})  # fmt: skip
    return True


def _is_known(con: duckdb.DuckDBPyConnection, left: Left) -> bool:
    found = con.execute(
        "SELECT count(*) FROM ops.review_decisions WHERE record_id_l = ? AND record_id_r = ? AND decided_by = ? "
        "AND decided_at = ?", [*left.subject, left.by, left.at],
    ).fetchone()
    return found != (0,)


def _leave_answer(home: Path, left: Left) -> None:
    """Put an answer to an exception where managers' files wait."""
    with tempfile.TemporaryDirectory(dir=home / FOLDER, prefix=".") as folder:
        file = Path(folder) / f"{left.subject[0]}.csv"
        file.write_text(_as_csv(left.row), encoding="utf-8")
        leave(home, [file], left.by, left.program)


def _set_aside(home: Path, path: Path) -> None:
    quarantine = home / "quarantine" / "decisions"
    quarantine.mkdir(parents=True, exist_ok=True, mode=0o700)
    record(home, "review_refused", details={"file": path.stem})
    path.replace(quarantine / f"{path.stem}.json")


def _as_csv(row: Mapping[str, str]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(row)
    writer.writerow(row.values())
    return text.getvalue()


def _read(path: Path) -> Left:
    """Raises ValueError for what was not written here, whatever it is."""
    left = _LEFT.validate_json(path.read_bytes())
    records, decisions = (1, _ANSWERS) if left.program else (2, DECISIONS)
    if left.id != path.stem or not left.by.strip() or left.decision not in decisions:
        raise ValueError("is no decision")
    if len(set(left.subject)) != records or not all(left.subject):
        raise ValueError("is about no pair and no exception")
    if left.program and Path(left.subject[0]).name != left.subject[0]:
        raise ValueError("an exception's number becomes a file's name, and is none")
    return left
