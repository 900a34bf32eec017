"""The file of a clerical sample: one row a pair, both records side by side, and a column for the clerk's decision."""

import csv
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ibr.errors import UsageProblem
from ibr.spreadsheets import FORMULA_START

DECISIONS = ("same", "different", "unsure")
COLUMNS = ("decision", "record_id_l", "record_id_r")
MOST_TOLD = 5  # mistakes of a file that one line names

Pair = tuple[str, str]


@dataclass(frozen=True)
class Answer:
    """A clerk's decision on one pair: same, different or unsure; `row` as a spreadsheet counts."""

    row: int
    pair: Pair
    decision: str


def write_sample(path: Path, shown: Sequence[str], rows: Sequence[tuple[str | None, ...]]) -> None:
    """Write a new file that only its owner may read.

    `rows`: both identifiers, then each column of `shown` for the left and the right record. Raises UsageProblem where
    the file is there already, for it may hold answers, or cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UsageProblem(f"--output {path}: is there already and may hold answers; name another file") from None
    except OSError as error:
        raise UsageProblem(f"--output {path}: cannot be written ({error.strerror})") from None
    # The mark in front tells Excel that the text is UTF-8.
    with os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*COLUMNS, *(f"{column}_{side}" for column in shown for side in "lr")])
        writer.writerows(["", *map(_safe, row)] for row in rows)


def read_answers(path: Path) -> list[Answer]:
    """The answers of a judged file, a row each; commas, semicolons or tabs may divide it, as spreadsheets save it.

    Raises UsageProblem in one line that names rows (as a spreadsheet counts them) and columns.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = file.readline()
            file.seek(0)
            divider = max(",;\t", key=header.count)
            rows = list(csv.reader(file, delimiter=divider))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageProblem(f"{path}: cannot be read as a CSV file in UTF-8 ({type(error).__name__})") from None
    if missing := [column for column in COLUMNS if not rows or column not in rows[0]]:
        raise UsageProblem(f"{path}: row 1: has no column {', '.join(missing)}; `ibr review sample` writes them")
    answers = _checked(path, rows)
    if not answers:
        raise UsageProblem(f"{path}: has no rows below the headings")
    return answers


def _checked(path: Path, rows: list[list[str]]) -> list[Answer]:
    places = [rows[0].index(column) for column in COLUMNS]
    answers: list[Answer] = []
    mistakes: list[str] = []
    seen: dict[Pair, int] = {}
    for number, row in enumerate(rows[1:], start=2):
        if not any(row):
            continue
        decision, left, right = (row[place].strip() if place < len(row) else "" for place in places)
        pair = (_plain(left), _plain(right))
        if decision.lower() not in DECISIONS:
            found = "is empty" if not decision else "is not a decision"
            mistakes.append(f"row {number}, decision: {found}, one of {', '.join(DECISIONS)} was expected")
        elif pair in seen:
            mistakes.append(f"row {number}, record_id_r: the pair stands in row {seen[pair]} already")
        seen.setdefault(pair, number)
        answers.append(Answer(number, pair, decision.lower()))
    if mistakes:
        more = f"; and {len(mistakes) - MOST_TOLD} more" if len(mistakes) > MOST_TOLD else ""
        raise UsageProblem(f"{path}: {'; '.join(mistakes[:MOST_TOLD])}{more}")
    return answers


def _safe(value: str | None) -> str:
    """A value as text that no spreadsheet takes for a formula."""
    text = value or ""
    return f"'{text}" if re.match(FORMULA_START, text) else text


def _plain(value: str) -> str:
    """An identifier as it was before `_safe`."""
    return value[1:] if re.match(f"'{FORMULA_START}", value) else value
