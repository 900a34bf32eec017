"""cfa.db: Cash for Assets. Text keys, ward P-codes, timestamps, seasonal distributions, cursor modified_at."""

from pathlib import Path

import numpy as np
import polars as pl

from sample_country import areas, columns, keys, sqlite
from sample_country.calendar import NEVER, parts
from sample_country.columns import iso, pick, stamps, text_or_null
from sample_country.grievances import ACTIONS, REASONS, STAGES, Grievances
from sample_country.mis import common
from sample_country.mis.common import frame
from sample_country.programs import EXIT_REASONS
from sample_country.randomness import stream
from sample_country.recording import id_text
from sample_country.settings import REJECTED
from sample_country.world import Part, World

DDL = """
CREATE TABLE scope_household (household_ref TEXT PRIMARY KEY, pcode TEXT, village TEXT, registered_at TEXT,
    status TEXT, closed_at TEXT, close_reason TEXT, alternate_ref TEXT, wallet_no TEXT, wallet_provider TEXT,
    msisdn TEXT, shelter_wall TEXT, shelter_roof TEXT, livestock INTEGER, income_month INTEGER, spend_month
    INTEGER, meals INTEGER, surveyed_at TEXT, modified_at TEXT);
CREATE TABLE scope_person (person_ref TEXT PRIMARY KEY, household_ref TEXT, given_name TEXT, middle_name TEXT,
    family_name TEXT, gender TEXT, birth_date TEXT, id_document TEXT, id_type TEXT, relation TEXT, disability
    TEXT, chronic TEXT, orphan TEXT, schooling TEXT, msisdn TEXT, modified_at TEXT);
CREATE TABLE distribution (distribution_ref TEXT PRIMARY KEY, household_ref TEXT, season TEXT, work_from TEXT,
    work_to TEXT, entitlement REAL, transferred REAL, state TEXT, transferred_at TEXT, modified_at TEXT);
CREATE TABLE feedback (feedback_ref TEXT PRIMARY KEY, household_ref TEXT, opened_at TEXT, topic TEXT, stage
    TEXT, stage_at TEXT, response TEXT, closed_at TEXT, modified_at TEXT);
"""
RELATIONS = ("head", "spouse", "child", "grandchild", "parent", "sibling", "other_relative", "not_related")
STATUSES = ("applied", "applied", "applied", "active", "suspended", "closed")
STATES = ("planned", "transferred", "failed", "returned", "unclaimed")
FLAGS = ("false", "true")


def write(world: World, grievances: Grievances, database: Path) -> None:
    """Write the database. A household closed before it ever was active was rejected: it has no closing date."""
    part, rng = world.part("cfa"), stream(world.settings.seed, "cfa")
    sqlite.create(database, DDL)
    count = len(part.registrations)
    status = part.registration("status")
    hh = keys.household("cfa", part.registration("number"))
    home = columns.households(rng, part.registration("ward"), part.registration("applied"), world.today)
    pcode = areas.load().wards["pcode"].gather(part.registration("ward"))
    pcode = (pcode.str.slice(0, 8) + "XX").zip_with(pl.Series(part.registration("is_unmapped")), pcode)
    changed, second = common.changed_on(rng, part), rng.integers(25_000, 65_000, count)
    alternate = part.record_of(part.registration("collector"))
    # This system has no enrolment date: a household is active from the day it is registered.
    registered = np.where(
        part.registration("enrolled") != NEVER, part.registration("enrolled"), part.registration("applied")
    )
    sqlite.append(
        database,
        "scope_household",
        frame(
            hh,
            pcode,
            home["village"],
            stamps(registered, second),
            pick(STATUSES, np.where(status == REJECTED, 0, status)),
            stamps(part.registration("exited"), second),
            pick(EXIT_REASONS, part.registration("exit_reason")).str.to_lowercase(),
            keys.person("cfa", world.records.number[alternate]).set(pl.Series(alternate < 0), None),
            common.accounts(part),
            common.providers(part),
            common.household_phones(rng, part),
            home["wall"],
            home["roof"],
            home["livestock"],
            home["income"],
            home["expenditure"],
            home["meals"],
            stamps(home["interviewed"].to_numpy(), second),
            stamps(changed, second),
        ),
    )
    _persons(part, rng, hh, changed, second, database)
    distributions(database, part)
    where = np.flatnonzero(np.isin(grievances.registration, part.registrations))
    feedback(
        database, hh.gather(np.searchsorted(part.registrations, grievances.registration[where])), grievances, where, 0
    )


def _persons(
    part: Part, rng: np.random.Generator, hh: pl.Series, changed: np.ndarray, second: np.ndarray, database: Path
) -> None:
    records, at = part.world.records, common.position(part)
    more = common.attributes(rng, part)
    national, certificate = id_text(part.record("national_id")), common.certificates(part)
    document = national.zip_with(national.is_not_null(), certificate)
    kind = np.where(national.is_not_null().to_numpy(), 0, np.where(certificate.is_not_null().to_numpy(), 1, -1))
    sqlite.append(
        database,
        "scope_person",
        frame(
            keys.person("cfa", records.number[part.records]),
            hh.gather(at),
            text_or_null(part.name("given")),
            text_or_null(common.middle_text_of(part)),
            text_or_null(part.name("family")),
            pick(("male", "female"), part.record("sex")),
            stamps(part.record("birth"), np.zeros(len(at), np.int64)),
            document,
            pick(("NATIONAL_ID", "BIRTH_CERT"), kind),
            pick(RELATIONS, records.relation[part.records]),
            pick(FLAGS, more["disabled"].to_numpy().astype(int)),
            pick(FLAGS, more["ill"].to_numpy().astype(int)),
            pick(("no", "one", "one", "both"), more["orphan"].to_numpy()),
            pick(FLAGS, more["pupil"].to_numpy().astype(int)),
            columns.phones(rng, more["phone"].to_numpy()),
            stamps(changed[at], second[at]),
        ),
    )


def distributions(database: Path, part: Part) -> None:
    """Add payment lines; `part.lines` says which."""
    start, paid_on = part.line("start"), part.line("paid_on")
    year, month, _ = parts(start)
    season = pick(("MAM-", "OND-"), (month > 6).astype(int)) + pl.Series(year).cast(pl.String)
    second = (part.line("number") * 11 + 30_000) % 80_000
    touched = np.where(paid_on != NEVER, paid_on, np.minimum(part.line("end"), part.world.today))
    sqlite.append(
        database,
        "distribution",
        frame(
            keys.payment("cfa", part.line("number")),
            keys.household("cfa", part.world.registrations.number[part.line("registration")]),
            season,
            iso(start),
            iso(part.line("end")),
            pl.Series(part.line("due").astype(float)),
            pl.Series(part.line("paid").astype(float)),
            pick(STATES, part.line("status")),
            stamps(paid_on, second),
            stamps(touched, second),
        ),
    )


def feedback(database: Path, hh: pl.Series, grievances: Grievances, where: np.ndarray, first: int) -> None:
    """Add grievances."""
    second = (where * 17 + 28_000) % 70_000
    sqlite.append(
        database,
        "feedback",
        frame(
            columns.keys("FB-", first + np.arange(len(where)), 7),
            hh,
            stamps(grievances.received[where], second),
            pick(REASONS, grievances.reason[where]),
            pick(STAGES, grievances.stage[where]),
            stamps(grievances.stage_on[where], second),
            pick(ACTIONS, grievances.action[where]),
            stamps(grievances.resolved[where], second),
            stamps(grievances.stage_on[where], second),
        ),
    )
