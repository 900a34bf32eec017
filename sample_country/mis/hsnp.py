"""hsnp.db: HSNP, where everybody is registered. Whole names, sex 1/2, payments a row a year, no cursor at all."""

from pathlib import Path

import numpy as np
import polars as pl

from sample_country import areas, columns, keys, sqlite
from sample_country.calendar import parts
from sample_country.columns import iso, pick
from sample_country.grievances import ACTIONS, REASONS, STAGES, Grievances
from sample_country.mis import common
from sample_country.mis.common import frame
from sample_country.payments import Lines
from sample_country.programs import EXIT_REASONS
from sample_country.randomness import stream
from sample_country.recording import id_text
from sample_country.settings import REJECTED, STANDBY
from sample_country.world import Part, World

_WIDE = ", ".join(f"c{n}_due REAL, c{n}_paid REAL, c{n}_status TEXT, c{n}_date TEXT" for n in range(1, 7))
DDL = f"""
CREATE TABLE household (hh_id TEXT PRIMARY KEY, county TEXT, sub_county TEXT, location_name TEXT, village TEXT,
    lat REAL, lon REAL, group_code INTEGER, status TEXT, reg_date TEXT, enrol_date TEXT, exit_date TEXT,
    exit_reason TEXT, recipient_line INTEGER, account_no TEXT, provider TEXT, phone TEXT, wall TEXT, roof TEXT,
    livestock_units REAL, wealth_rank INTEGER, interview_date TEXT);
CREATE TABLE person (person_id TEXT PRIMARY KEY, hh_id TEXT, line_no INTEGER, full_name TEXT, sex INTEGER, dob
    TEXT, id_number TEXT, rel TEXT, orphan INTEGER, disabled INTEGER, ill INTEGER, in_school INTEGER, occupation
    TEXT);
CREATE TABLE hh_payments (hh_id TEXT, year INTEGER, {_WIDE}, PRIMARY KEY (hh_id, year));
CREATE TABLE complaint (complaint_id TEXT PRIMARY KEY, hh_id TEXT, received TEXT, reason TEXT, stage TEXT,
    stage_date TEXT, action TEXT, resolved TEXT);
"""
RELATIONS = ("HEAD", "SPOUSE", "SON/DAUGHTER", "GRANDCHILD", "PARENT", "SIBLING", "RELATIVE", "NONE")
STATUSES = ("registered", "rejected", "registered", "enrolled", "suspended", "exited", "registered")
PAYMENT_STATUSES = ("S", "P", "F", "R", "U")


def write(world: World, grievances: Grievances, database: Path) -> None:
    """Write the database. Group 2 is registered and paid in drought only: standby."""
    part, rng = world.part("hsnp"), stream(world.settings.seed, "hsnp")
    sqlite.create(database, DDL)
    count = len(part.registrations)
    status = part.registration("status")
    hh = keys.household("hsnp", part.registration("number"))
    home = columns.households(rng, part.registration("ward"), part.registration("applied"), world.today)
    collector_row = part.record_of(
        np.where(part.registration("collector") >= 0, part.registration("collector"), part.registration("head"))
    )
    county = common.typed(rng, areas.load().wards["county_name"].gather(part.registration("ward"))).str.to_uppercase()
    group = np.where((status == STANDBY) | ((status == REJECTED) & (rng.random(count) < 0.5)), 2, 1)
    sqlite.append(
        database,
        "household",
        frame(
            hh,
            county,
            common.place(rng, part, "division"),
            common.place(rng, part, "location", finest=True),
            home["village"],
            home["latitude"],
            home["longitude"],
            pl.Series(group),
            pick(STATUSES, status),
            iso(part.registration("applied")),
            iso(part.registration("enrolled")),
            iso(part.registration("exited")),
            pick(EXIT_REASONS, part.registration("exit_reason")).str.to_lowercase(),
            pl.Series(world.records.line[collector_row].astype(np.int64)).set(pl.Series(collector_row < 0), None),
            common.accounts(part),
            common.providers(part),
            common.household_phones(rng, part),
            home["wall"],
            home["roof"],
            home["units"],
            pl.Series(rng.integers(1, 1000, count)),
            iso(home["interviewed"].to_numpy()),
        ),
    )
    _persons(part, rng, hh, database)
    sqlite.append(database, "hh_payments", wide(part))
    where = np.flatnonzero(np.isin(grievances.registration, part.registrations))
    complaints(
        database, hh.gather(np.searchsorted(part.registrations, grievances.registration[where])), grievances, where, 0
    )


def _persons(part: Part, rng: np.random.Generator, hh: pl.Series, database: Path) -> None:
    records = part.world.records
    more = common.attributes(rng, part)
    name = pl.DataFrame(
        [
            pl.Series("a", part.name("given"), dtype=pl.String),
            pl.Series("b", common.middle_text_of(part), dtype=pl.String),
            pl.Series("c", part.name("family"), dtype=pl.String),
        ]
    ).select(pl.concat_str("a", "b", "c", separator=" ").str.replace("  ", " ", literal=True))["a"]
    birth = iso(part.record("birth"))
    birth = birth.str.slice(0, 4).zip_with(pl.Series(part.record("year_only")), birth)
    sex = part.record("sex").astype(np.int64)
    sqlite.append(
        database,
        "person",
        frame(
            keys.person("hsnp", records.number[part.records]),
            hh.gather(common.position(part)),
            pl.Series(records.line[part.records].astype(np.int64)),
            name,
            pl.Series(sex + 1).set(pl.Series(sex < 0), None),
            birth,
            id_text(part.record("national_id")),
            pick(RELATIONS, records.relation[part.records]),
            pl.Series(np.array([0, 1, 1, 2])[more["orphan"].to_numpy()]),
            more["disabled"].cast(pl.Int64),
            more["ill"].cast(pl.Int64),
            more["pupil"].cast(pl.Int64),
            pick(columns.OCCUPATIONS, more["occupation"].to_numpy()),
        ),
    )


def wide(part: Part) -> pl.DataFrame:
    """Payment lines as one row a household and year, the six cycles side by side."""
    return widen(part.world.lines, part.lines, part.world.registrations.number)


def widen(lines: Lines, rows: np.ndarray, number: np.ndarray) -> pl.DataFrame:
    """The same for any lines; `number` gives registrations' numbers within the source."""
    year, month, _ = parts(lines.start[rows])
    long = pl.DataFrame(
        {
            "hh": number[lines.registration[rows]],
            "year": year,
            "n": (month + 1) // 2,
            "due": lines.due[rows].astype(float),
            "paid": lines.paid[rows].astype(float),
            "status": pick(PAYMENT_STATUSES, lines.status[rows]),
            "date": iso(lines.paid_on[rows]),
        }
    )
    cells = [
        pl.col(name).filter(pl.col("n") == n).first().alias(f"c{n}_{name}")
        for n in range(1, 7)
        for name in ("due", "paid", "status", "date")
    ]
    years = long.group_by("hh", "year", maintain_order=True).agg(cells)
    return years.with_columns(keys.household("hsnp", years["hh"].to_numpy()).alias("hh"))


def complaints(database: Path, hh: pl.Series, grievances: Grievances, where: np.ndarray, first: int) -> None:
    """Add complaints."""
    sqlite.append(
        database,
        "complaint",
        frame(
            columns.keys("", 1 + first + np.arange(len(where)), 1),
            hh,
            iso(grievances.received[where]),
            pick(REASONS, grievances.reason[where]),
            pick(STAGES, grievances.stage[where]),
            iso(grievances.stage_on[where]),
            pick(ACTIONS, grievances.action[where]),
            iso(grievances.resolved[where]),
        ),
    )
