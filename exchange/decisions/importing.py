"""Importing files that came back: read, check, record; all of it or nothing."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import duckdb

from exchange.decisions import faults
from exchange.decisions.bind import bind
from exchange.decisions.check import check
from exchange.decisions.opening import Reading
from exchange.decisions.read import Given, read
from exchange.exceptions.states import update_states
from exchange.exceptions.words import ENGLISH, Words
from exchange.scripts import run_script

MOST_TOLD = 50  # faults that an error carries; all of them are in the .faults.csv


@dataclass(frozen=True)
class Outcome:
    """What an import came to, in answers.

    `recorded` are new on record, `corrected` of them say otherwise than the program's last answer; `confirmed` are a
    second person's; `repeated` were on record already. Of the recorded and confirmed, `waiting` need a second person,
    `contested` are decided otherwise by the other program, and `outdated` are about evidence that has changed since.
    `contested_matches`: the match_ids of the first contested ones; `comments`: without a decision, and not kept.
    """

    rows: int
    recorded: int
    corrected: int
    confirmed: int
    repeated: int
    waiting: int
    contested: int
    outdated: int
    comments: int
    contested_matches: list[str]


def import_files(
    con: duckdb.DuckDBPyConnection,
    paths: Sequence[Path],
    *,
    today: dt.date,
    imported_at: dt.datetime,
    by: str | None = None,
    program: str | None = None,
    two_people: Sequence[str] = (),
    labels: Mapping[Path, str] | None = None,
    reading: Reading | None = None,
) -> Outcome:
    """Check files that came back and record their decisions, in one transaction.

    `con` is the warehouse, open for writing. `today`: the last day on which anybody can have decided; `by`: who has
    them imported, which confirms answers that wait for a second person; `program`: whose files they have to be;
    `two_people`: the decisions that two people have to take; `labels`: what files are called in what we tell, by
    default their names; `reading`: the languages and keys to read them with, by default our languages and no key.
    Raises Refused with every fault, UsageProblem for a path that is no .xlsx or .csv file.
    """
    labels, reading = labels or _labels(paths), reading or Reading()
    given: list[Given] = []
    spoken: dict[str, Words] = {}
    faults.gather(con)
    for path, label in labels.items():
        back = read(path, label, reading)
        given += back.sheets
        spoken[label] = reading.languages[back.language]
        faults.add(con, back.wrong)
    con.begin()
    try:
        check(con, given, today, program, reading.languages.values())
        faults.refuse(con, labels, MOST_TOLD, reading.languages[ENGLISH], spoken)
        run_script(con, "exchange.decisions", "record", {
            "today": today, "by": by and " ".join(by.split()), "imported_at": imported_at,
            "two_people": list(two_people),
        })
        bind(con)
        update_states(con)
        outcome = _outcome(con)
        con.commit()
    except BaseException:
        con.rollback()
        raise
    return outcome


def last_day(con: duckdb.DuckDBPyConnection, today: dt.date) -> dt.date:
    """`today`, or the date of the last exception files where that is later: a made-up country may be ahead of us."""
    row = con.execute("SELECT max(run_date) FROM ops.exports").fetchone()
    return max(today, (row and row[0]) or today)


def _labels(paths: Sequence[Path]) -> dict[Path, str]:
    """What each file is called in what we tell: its name, or the way to it where another has the same name."""
    names = [path.name for path in paths]
    return {path: path.name if names.count(path.name) == 1 else str(path) for path in paths}


def _outcome(con: duckdb.DuckDBPyConnection) -> Outcome:
    cursor = con.execute(_sql("outcome"))
    names = [column[0] for column in cursor.description or []]
    (row,) = cursor.fetchall()
    return Outcome(**dict(zip(names, row, strict=True)))


def _sql(name: str) -> str:
    return files("exchange.decisions").joinpath(f"sql/{name}.sql").read_text(encoding="utf-8")
