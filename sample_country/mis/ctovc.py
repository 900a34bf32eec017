"""ctovc.db: CT-OVC. Districts, divisions and locations, day-first text dates, numeric codes, cursor ROWVER."""

from pathlib import Path

import numpy as np
import polars as pl

from sample_country import columns, keys, sqlite
from sample_country.calendar import date_of
from sample_country.columns import day_first, pick, text_or_null
from sample_country.grievances import ACTIONS, REASONS, Grievances
from sample_country.mis import common
from sample_country.mis.common import frame
from sample_country.programs import EXIT_REASONS
from sample_country.randomness import stream
from sample_country.recording import id_text
from sample_country.world import Part, World

DDL = """
CREATE TABLE HOUSEHOLDS (HH_NO TEXT PRIMARY KEY, DISTRICT TEXT, DIVISION TEXT, LOCATION TEXT, SUB_LOCATION TEXT,
    VILLAGE TEXT, PROG_STATUS INTEGER, APPLIED_ON TEXT, ENROL_DATE TEXT, EXIT_DATE TEXT, EXIT_REASON TEXT,
    CAREGIVER_NO INTEGER, ACCOUNT_NO TEXT, BANK TEXT, PHONE TEXT, INTERVIEW_DATE TEXT, WALLS TEXT, ROOF TEXT,
    CATTLE INTEGER, INCOME INTEGER, SPENDING INTEGER, MEALS INTEGER, ROWVER INTEGER);
CREATE TABLE MEMBERS (HH_NO TEXT, MEMBER_NO INTEGER, SURNAME TEXT, OTHER_NAMES TEXT, SEX TEXT, DOB TEXT, ID_NO
    TEXT, BIRTH_CERT TEXT, RELATION INTEGER, ORPHAN INTEGER, SCHOOL TEXT, CLASS INTEGER, DISABLED TEXT, ILL
    TEXT, MARITAL TEXT, OCCUPATION TEXT, ROWVER INTEGER, PRIMARY KEY (HH_NO, MEMBER_NO));
CREATE TABLE PAYMENTS (PAY_NO TEXT PRIMARY KEY, HH_NO TEXT, CYCLE_NO INTEGER, PERIOD TEXT, AMOUNT REAL, PAID
    REAL, STATUS INTEGER, PAY_DATE TEXT, ROWVER INTEGER);
CREATE TABLE CASES (CASE_NO TEXT PRIMARY KEY, HH_NO TEXT, DATE_IN TEXT, REASON TEXT, STAGE INTEGER, STAGE_DATE
    TEXT, ACTION TEXT, DATE_OUT TEXT, ROWVER INTEGER);
"""


def write(world: World, grievances: Grievances, database: Path) -> None:
    """Write the database. ROWVER counts through all tables, in the order rows are written."""
    part, rng = world.part("ctovc"), stream(world.settings.seed, "ctovc")
    sqlite.create(database, DDL)
    count = len(part.registrations)
    hh = keys.household("ctovc", part.registration("number"))
    home = columns.households(rng, part.registration("ward"), part.registration("applied"), world.today)
    collector = np.where(part.registration("collector") >= 0, part.registration("collector"), part.registration("head"))
    collector_row = part.record_of(collector)
    member = pl.Series(world.records.line[collector_row].astype(np.int64)).set(pl.Series(collector_row < 0), None)
    version = 1
    sqlite.append(
        database,
        "HOUSEHOLDS",
        frame(
            hh,
            common.place(rng, part, "district").str.to_uppercase(),
            common.place(rng, part, "division"),
            common.place(rng, part, "location", finest=True),
            home["village"] + " sub",
            home["village"],
            pl.Series(part.registration("status").astype(np.int64) + 1),
            day_first(part.registration("applied")),
            day_first(part.registration("enrolled")),
            day_first(part.registration("exited")),
            pick(EXIT_REASONS, part.registration("exit_reason")),
            member,
            common.accounts(part),
            common.providers(part),
            common.household_phones(rng, part),
            day_first(home["interviewed"].to_numpy()),
            home["wall"].str.to_uppercase(),
            home["roof"].str.to_uppercase(),
            home["livestock"] * 3,
            home["income"],
            home["expenditure"],
            home["meals"],
            pl.Series(version + np.arange(count)),
        ),
    )
    version += count
    _members(part, rng, hh, version, database)
    version += len(part.records)
    payment_lines(database, part, version)
    version += len(part.lines)
    where = np.flatnonzero(np.isin(grievances.registration, part.registrations))
    cases(
        database,
        hh.gather(np.searchsorted(part.registrations, grievances.registration[where])),
        grievances,
        where,
        0,
        version,
    )


def _members(part: Part, rng: np.random.Generator, hh: pl.Series, version: int, database: Path) -> None:
    records = part.world.records
    more = common.attributes(rng, part)
    others = (
        pl.Series(part.name("given"), dtype=pl.String) + " " + pl.Series(common.middle_text_of(part), dtype=pl.String)
    )
    yes_no = ("N", "Y")
    sqlite.append(
        database,
        "MEMBERS",
        frame(
            hh.gather(common.position(part)),
            pl.Series(records.line[part.records].astype(np.int64)),
            text_or_null(part.name("family")).str.to_uppercase(),
            others.str.strip_chars().str.to_uppercase(),
            pick(("Male", "Female"), part.record("sex")),
            day_first(part.record("birth")),
            id_text(part.record("national_id")),
            common.certificates(part),
            pl.Series(records.relation[part.records].astype(np.int64) + 1),
            more["orphan"],
            pick(yes_no, more["pupil"].to_numpy().astype(int)),
            more["grade"].set(more["grade"] < 0, None),
            pick(yes_no, more["disabled"].to_numpy().astype(int)),
            pick(yes_no, more["ill"].to_numpy().astype(int)),
            pick([m.upper() for m in columns.MARITAL], more["marital"].to_numpy()),
            pick([o.upper() for o in columns.OCCUPATIONS], more["occupation"].to_numpy()),
            pl.Series(version + np.arange(len(more))),
        ),
    )


def period_text(start: np.ndarray, end: np.ndarray) -> pl.Series:
    """`MAY-JUN 2026`."""
    starts, position = np.unique(start, return_inverse=True)
    ends = np.unique(end)
    labels = [f"{date_of(a):%b}-{date_of(b):%b} {date_of(b).year}".upper() for a, b in zip(starts, ends, strict=True)]
    return pick(labels, position) if labels else pl.Series([], dtype=pl.String)


def payment_lines(database: Path, part: Part, version: int) -> None:
    """Add payment lines with ROWVER from `version` on. Cycles are numbered from 1 in September 2024."""
    household = keys.household("ctovc", part.world.registrations.number[part.line("registration")])
    start = part.line("start")
    cycle = (
        start.astype("datetime64[D]").astype("datetime64[M]").astype(int) - np.datetime64("2024-09").astype(int)
    ) // 2 + 1
    sqlite.append(
        database,
        "PAYMENTS",
        frame(
            keys.payment("ctovc", part.line("number")),
            household,
            pl.Series(cycle),
            period_text(start, part.line("end")),
            pl.Series(part.line("due").astype(float)),
            pl.Series(part.line("paid").astype(float)),
            pl.Series(part.line("status").astype(np.int64) + 1),
            day_first(part.line("paid_on")),
            pl.Series(version + np.arange(len(start))),
        ),
    )


def cases(database: Path, hh: pl.Series, grievances: Grievances, where: np.ndarray, first: int, version: int) -> None:
    """Add grievances with ROWVER from `version` on."""
    sqlite.append(
        database,
        "CASES",
        frame(
            columns.keys("K", first + np.arange(len(where)), 6),
            hh,
            day_first(grievances.received[where]),
            pick([r.upper() for r in REASONS], grievances.reason[where]),
            pl.Series(grievances.stage[where].astype(np.int64) + 1),
            day_first(grievances.stage_on[where]),
            pick([a.upper() for a in ACTIONS], grievances.action[where]),
            day_first(grievances.resolved[where]),
            pl.Series(version + np.arange(len(where))),
        ),
    )
