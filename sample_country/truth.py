"""The truth about a generated country, as Parquet tables that only tests and the evaluation read."""

from pathlib import Path

import numpy as np
import polars as pl

from sample_country import areas, keys, names
from sample_country.calendar import NEVER, parts
from sample_country.columns import dates, pick, text_or_null
from sample_country.payments import STATUS_NAMES
from sample_country.programs import source_number
from sample_country.recording import error_lists
from sample_country.register import Registered
from sample_country.settings import PROGRAMS, STATUSES
from sample_country.world import World

VERIFICATION = ("could_not_check", "id_shared", "deceased", "mismatch", "verified", "found_by_match_key", "not_found")


def person_ids(rows: np.ndarray) -> pl.Series:
    """Identifiers of true persons: `T00000012`; null for -1."""
    rows = np.asarray(rows, np.int64)
    text = "T" + pl.Series(np.maximum(rows, 0)).cast(pl.String).str.zfill(8)
    return text.set(pl.Series(rows < 0), None)


def household_ids(rows: np.ndarray) -> pl.Series:
    """Identifiers of true households: `TH0000012`."""
    return "TH" + pl.Series(np.asarray(rows, np.int64)).cast(pl.String).str.zfill(7)


def by_source(count: int, source: np.ndarray, make) -> pl.Series:
    """Assemble a text column from `make(source name, rows)` for each of the four sources."""
    whole = np.full(count, None, dtype=object)
    for number, name in enumerate(keys.SOURCES):
        rows = np.flatnonzero(source == number)
        if len(rows):
            whole[rows] = (name + ":" + make(name, rows)).to_numpy()
    return pl.Series(whole, dtype=pl.String)


class Identifiers:
    """The registry's identifiers of a world's registrations, records and payment lines."""

    def __init__(self, world: World):
        registrations, records, lines = world.registrations, world.records, world.lines
        source = source_number(registrations.program)
        number = registrations.number
        self.source = pick(keys.SOURCES, source)
        self.household = by_source(len(number), source, lambda s, r: keys.household(s, number[r]))
        self.enrolment = by_source(len(number), source, lambda s, r: keys.enrolment(s, number[r]))
        of = records.registration
        self.record = by_source(
            len(of), source[of], lambda s, r: keys.person(s, records.number[r], number[of[r]], records.line[r])
        )
        year, month, _ = parts(lines.start)
        cycle = (month + 1) // 2
        self.payment = by_source(
            len(lines),
            source[lines.registration],
            lambda s, r: keys.payment(s, lines.number[r], number[lines.registration[r]], year[r], cycle[r]),
        )


def write(world: World, register: Registered, faults: pl.DataFrame, identifiers: Identifiers, folder: Path) -> None:
    """Write every truth table but state.json."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in (
        ("persons", persons(world)),
        ("records", records(world, identifiers)),
        ("enrolments", enrolments(world, identifiers)),
        ("payments", payments(world, identifiers)),
        ("verification", verification(world, register, identifiers)),
        ("faults", faults),
    ):
        table.write_parquet(folder / f"{name}.parquet")


def persons(world: World) -> pl.DataFrame:
    """`persons`: everybody a program ever wrote down."""
    population, words, known = world.population, names.load(), areas.load()
    people = population.people
    ward = population.ward[people.household]
    return pl.DataFrame(
        {
            "person_id": person_ids(np.arange(len(people))),
            "given_name": text_or_null(words.text(people.given)),
            "middle_name": text_or_null(words.text(people.middle)),
            "family_name": text_or_null(words.text(people.family)),
            "birth_date": dates(people.birth),
            "sex": pick(("M", "F"), people.female.astype(int)),
            "national_id": _number(population.national_id),
            "birth_certificate_no": _number(population.certificate),
            "household_id": household_ids(people.household),
            "county_code": known.wards["county_code"].gather(ward),
            "ward_code": known.wards["code"].gather(ward),
            "death_date": dates(population.death),
            "emigrated_date": dates(population.emigrated),
            "register_id": _number(population.register_id),
            "is_twin": people.is_twin,
        }
    )


def _number(values: np.ndarray) -> pl.Series:
    return pl.Series(values).cast(pl.String).set(pl.Series(values == 0), None)


def records(world: World, identifiers: Identifiers) -> pl.DataFrame:
    """`records`: every person row of every program system."""
    of = world.records.registration
    return pl.DataFrame(
        {
            "record_id": identifiers.record,
            "person_id": person_ids(world.records.person),
            "source": identifiers.source.gather(of),
            "program": pick(PROGRAMS, world.registrations.program[of]),
            "household_key": identifiers.household.gather(of),
            "is_beneficiary_record": world.registrations.is_beneficiary[of],
            "errors": error_lists(world.written.errors),
        }
    )


def enrolments(world: World, identifiers: Identifiers) -> pl.DataFrame:
    """`enrolments`: those that reach the registry."""
    rows = np.flatnonzero(world.registrations.is_beneficiary)
    part = world.registrations
    return pl.DataFrame(
        {
            "enrolment_id": identifiers.enrolment.gather(rows),
            "program": pick(PROGRAMS, part.program[rows]),
            "person_id": person_ids(part.recipient[rows]),
            "true_household_id": household_ids(part.household[rows]),
            "recorded_county_code": areas.load().wards["county_code"].gather(part.ward[rows]),
            "status": pick(STATUSES, part.status[rows]),
            "enrolled_date": dates(part.enrolled[rows]),
            "exit_date": dates(part.exited[rows]),
        }
    )


def payments(world: World, identifiers: Identifiers) -> pl.DataFrame:
    """`payments`: every line of a beneficiary household."""
    lines, registrations = world.lines, world.registrations
    rows = np.flatnonzero(registrations.is_beneficiary[lines.registration])
    of = lines.registration[rows]
    return pl.DataFrame(
        {
            "payment_id": identifiers.payment.gather(rows),
            "program": pick(PROGRAMS, lines.program[rows]),
            "period_start": dates(lines.start[rows]),
            "period_end": dates(lines.end[rows]),
            "enrolment_id": identifiers.enrolment.gather(of),
            "person_id": person_ids(registrations.recipient[of]),
            "recorded_county_code": areas.load().wards["county_code"].gather(registrations.ward[of]),
            "amount_due": lines.due[rows].astype(float),
            "amount_paid": lines.paid[rows].astype(float),
            "status": pick(STATUS_NAMES, lines.status[rows]),
        }
    )


def verification(world: World, register: Registered, identifiers: Identifiers) -> pl.DataFrame:
    """`verification`: of every beneficiary record, whose register entry it is and what checking should find.

    An ID is usable if it is a number of seven or eight digits. It is shared if records of different persons carry it.
    Tolerated: misspelt or exchanged names, a year off by one, day and month exchanged, a year alone that agrees.
    """
    population, written = world.population, world.written
    rows = np.flatnonzero(world.registrations.is_beneficiary[world.records.registration])
    person, given_id = world.records.person[rows], written.national_id[rows]
    birth, sex = written.birth[rows], written.sex[rows]
    usable = given_id > 0
    holders = (
        pl.DataFrame({"id": given_id, "person": person})
        .with_columns(n=pl.col("person").n_unique().over("id"))["n"]
        .to_numpy()
    )
    shared = usable & (holders > 1)
    known = population.register_id[person] != 0
    there_id, there_birth, there_sex = register.national_id[person], register.birth[person], register.sex[person]
    year, month, day = parts(np.where(birth == NEVER, 0, birth))
    their_year, their_month, their_day = parts(np.where(there_birth == NEVER, 0, there_birth))
    year_alone = written.year_only[rows] | ((their_month == 1) & (their_day == 1))
    near = (np.abs(birth - there_birth) <= 367) | ((year == their_year) & (month == their_day) & (day == their_month))
    near |= year_alone & (np.abs(year - their_year) <= 1)
    agrees = ((birth == NEVER) | near) & ((sex < 0) | (there_sex < 0) | (sex == there_sex)) & (given_id == there_id)
    everyone = np.unique(register.national_id[register.national_id > 0])
    foreign = usable & (given_id != there_id) & np.isin(given_id, everyone)
    status = np.select(
        [
            ~usable & (birth == NEVER),
            shared,
            known & (register.death[person] != NEVER),
            usable & known & ~agrees,
            usable & known,
            known,
            foreign,
        ],
        [0, 1, 2, 3, 4, 5, 3],
        6,
    )
    return pl.DataFrame(
        {
            "record_id": identifiers.record.gather(rows),
            "register_id": _number(population.register_id[person]),
            "expected_status": pick(VERIFICATION, status),
        }
    )
