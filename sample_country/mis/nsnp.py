"""nsnp.db: OPCT and PwSD-CT. Current areas, ISO dates, split names, CamelCase, cursor UpdatedAt."""

from pathlib import Path

import numpy as np
import polars as pl

from sample_country import columns, keys, payments, sqlite
from sample_country.calendar import NEVER, parts
from sample_country.columns import iso, pick, stamps, text_or_null
from sample_country.grievances import ACTIONS, REASONS, STAGES, Grievances
from sample_country.mis import common
from sample_country.mis.common import frame
from sample_country.programs import EXIT_REASONS
from sample_country.randomness import stream
from sample_country.recording import id_text
from sample_country.world import Part, World

DDL = """
CREATE TABLE Household (HhId TEXT PRIMARY KEY, ProgrammeCode TEXT, CountyCode INTEGER, ConstituencyName TEXT,
    WardName TEXT, Village TEXT, Address TEXT, Landmark TEXT, GpsLat REAL, GpsLon REAL, Phone TEXT, WallMaterial
    TEXT, RoofMaterial TEXT, Livestock INTEGER, MonthlyIncome INTEGER, MonthlyExpenditure INTEGER, MealsPerDay
    INTEGER, InterviewDate TEXT, UpdatedAt TEXT);
CREATE TABLE Member (MemberId TEXT PRIMARY KEY, HhId TEXT, FirstName TEXT, MiddleName TEXT, Surname TEXT, Sex
    TEXT, DateOfBirth TEXT, NationalId TEXT, BirthCertNo TEXT, Relationship TEXT, MaritalStatus TEXT, Disability
    INTEGER, ChronicIllness INTEGER, Orphanhood TEXT, InSchool INTEGER, Grade TEXT, Occupation TEXT, Phone TEXT,
    UpdatedAt TEXT);
CREATE TABLE Enrolment (EnrolmentId TEXT PRIMARY KEY, HhId TEXT, BeneficiaryMemberId TEXT, CaregiverMemberId
    TEXT, Status TEXT, AppliedOn TEXT, EnrolledOn TEXT, ExitedOn TEXT, ExitReason TEXT, AccountNo TEXT, Provider
    TEXT, UpdatedAt TEXT);
CREATE TABLE PaymentLine (PaymentId TEXT PRIMARY KEY, EnrolmentId TEXT, CycleCode TEXT, PeriodFrom TEXT,
    PeriodTo TEXT, AmountDue REAL, AmountPaid REAL, PaymentStatus TEXT, PaidOn TEXT, AccountNo TEXT, UpdatedAt
    TEXT);
CREATE TABLE Complaint (ComplaintId TEXT PRIMARY KEY, HhId TEXT, ReceivedOn TEXT, Category TEXT, Stage TEXT,
    StageDate TEXT, ActionTaken TEXT, ResolvedOn TEXT, UpdatedAt TEXT);
"""
RELATIONS = ("Head", "Spouse", "Child", "Grandchild", "Parent", "Sibling", "Other relative", "Not related")
STATUSES = ("APPLIED", "REJECTED", "WAITING", "ACTIVE", "SUSPENDED", "EXITED")


def write(world: World, grievances: Grievances, database: Path) -> None:
    """Write the database."""
    part, rng = world.part("nsnp"), stream(world.settings.seed, "nsnp")
    sqlite.create(database, DDL)
    count = len(part.registrations)
    changed = common.changed_on(rng, part)
    second = rng.integers(25_000, 65_000, count)
    hh = keys.household("nsnp", part.registration("number"))
    home = columns.households(rng, part.registration("ward"), part.registration("applied"), world.today)
    county = columns.areas.load().ward_county[part.registration("ward")].astype(np.int64)
    sqlite.append(
        database,
        "Household",
        frame(
            hh,
            pick(("OP", "PD"), part.registration("program")),
            pl.Series(county),
            common.place(rng, part, "constituency"),
            common.place(rng, part, "name", finest=True),
            home["village"],
            home["address"],
            home["landmark"],
            home["latitude"],
            home["longitude"],
            common.household_phones(rng, part),
            home["wall"],
            home["roof"],
            home["livestock"],
            home["income"],
            home["expenditure"],
            home["meals"],
            iso(home["interviewed"].to_numpy()),
            stamps(changed, second),
        ),
    )
    _members(part, rng, hh, changed, second, database)
    _enrolments(part, rng, hh, changed, second, database)
    payment_lines(database, part)
    where = np.flatnonzero(np.isin(grievances.registration, part.registrations))
    complaints(
        database, hh.gather(np.searchsorted(part.registrations, grievances.registration[where])), grievances, where, 0
    )


def _members(
    part: Part, rng: np.random.Generator, hh: pl.Series, changed: np.ndarray, second: np.ndarray, database: Path
) -> None:
    records, at = part.world.records, common.position(part)
    more = common.attributes(rng, part)
    sqlite.append(
        database,
        "Member",
        frame(
            keys.person("nsnp", records.number[part.records]),
            hh.gather(at),
            text_or_null(part.name("given")),
            text_or_null(common.middle_text_of(part)),
            text_or_null(part.name("family")),
            pick(("M", "F"), part.record("sex")),
            iso(part.record("birth")),
            id_text(part.record("national_id")),
            common.certificates(part),
            pick(RELATIONS, records.relation[part.records]),
            pick(columns.MARITAL, more["marital"].to_numpy()),
            more["disabled"].cast(pl.Int64),
            more["ill"].cast(pl.Int64),
            pick(("None", "Single", "Single", "Double"), more["orphan"].to_numpy()),
            more["pupil"].cast(pl.Int64),
            common.grades(more),
            pick(columns.OCCUPATIONS, more["occupation"].to_numpy()),
            columns.phones(rng, more["phone"].to_numpy()),
            stamps(changed[at], second[at]),
        ),
    )


def _enrolments(
    part: Part, rng: np.random.Generator, hh: pl.Series, changed: np.ndarray, second: np.ndarray, database: Path
) -> None:
    def member(person: np.ndarray) -> pl.Series:
        row = part.record_of(person)
        return keys.person("nsnp", part.world.records.number[row]).set(pl.Series(row < 0), None)

    sqlite.append(
        database,
        "Enrolment",
        frame(
            keys.enrolment("nsnp", part.registration("number")),
            hh,
            member(part.registration("beneficiary")),
            member(part.registration("collector")),
            pick(STATUSES, part.registration("status")),
            iso(part.registration("applied")),
            iso(part.registration("enrolled")),
            iso(part.registration("exited")),
            pick(EXIT_REASONS, part.registration("exit_reason")),
            common.accounts(part),
            common.providers(part),
            stamps(changed, second),
        ),
    )


def payment_lines(database: Path, part: Part) -> None:
    """Add payment lines; `part.lines` says which."""
    registration = part.line("registration")
    registrations = part.world.registrations
    year, month, _ = parts(part.line("start"))
    touched = np.where(
        part.line("paid_on") != NEVER, part.line("paid_on"), np.minimum(part.line("end"), part.world.today)
    )
    second = (part.line("number") * 7 + 30_000) % 80_000
    sqlite.append(
        database,
        "PaymentLine",
        frame(
            keys.payment("nsnp", part.line("number")),
            keys.enrolment("nsnp", registrations.number[registration]),
            pl.Series(year).cast(pl.String) + "-C" + pl.Series((month + 1) // 2).cast(pl.String),
            iso(part.line("start")),
            iso(part.line("end")),
            pl.Series(part.line("due").astype(float)),
            pl.Series(part.line("paid").astype(float)),
            pick([s.upper() for s in payments.STATUS_NAMES], part.line("status")),
            iso(part.line("paid_on")),
            pl.Series(registrations.account[registration]).cast(pl.String),
            stamps(touched, second),
        ),
    )


def complaints(database: Path, hh: pl.Series, grievances: Grievances, where: np.ndarray, first: int) -> None:
    """Add complaints; `hh` names the households, `where` the grievances."""
    second = (where * 13 + 28_000) % 70_000
    sqlite.append(
        database,
        "Complaint",
        frame(
            columns.keys("G", first + np.arange(len(where)), 7),
            hh,
            iso(grievances.received[where]),
            pick(REASONS, grievances.reason[where]),
            pick([s.upper() for s in STAGES], grievances.stage[where]),
            iso(grievances.stage_on[where]),
            pick(ACTIONS, grievances.action[where]),
            iso(grievances.resolved[where]),
            stamps(grievances.stage_on[where], second),
        ),
    )
