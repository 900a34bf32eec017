"""The files beside the databases: public payroll, school attendance, expansion plan; returns.py has the providers'."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from sample_country import areas, names, returns
from sample_country.calendar import NEVER, date_of
from sample_country.columns import pick
from sample_country.randomness import choose, stream
from sample_country.settings import ACTIVE, OPCT, PROGRAMS
from sample_country.truth import Identifiers
from sample_country.world import World

_EMPLOYERS = (
    "Teachers Service Commission",
    "Ministry of Interior",
    "Ministry of Health",
    "Kenya Prisons",
    "County Government",
)


ABSENT_LIMIT = 20
"""Percent of a term's days that a pupil may be absent."""


class Listed(NamedTuple):
    """What the files say of people and payments in the programs.

    `pensioners`: registrations whose OPCT beneficiary stands on the public payroll. `absentees`: for each person,
    whether absent from school above the limit. `returns`: fault, key (payment_id) and detail, where a provider's return
    and the payroll differ.
    """

    pensioners: np.ndarray
    absentees: np.ndarray
    returns: pl.DataFrame


def write(world: World, identifiers: Identifiers, folder: Path) -> Listed:
    """Write all files; returns what they say."""
    folder.mkdir(parents=True, exist_ok=True)
    pensioners = public_payroll(world, folder / "public_payroll.csv")
    absentees = school_attendance(world, folder / "school_attendance.csv")
    expansion_plan(world, folder / "expansion_plan.csv")
    sent = folder / "provider_returns"
    sent.mkdir(exist_ok=True)
    starts = np.unique(world.lines.start[world.lines.program != 4])[-2:]
    different = [returns.write(world, identifiers, sent, int(start)) for start in starts]
    return Listed(pensioners, absentees, pl.concat(different))


def public_payroll(world: World, path: Path) -> np.ndarray:
    """Civil servants and public pensioners, most of them in no program; some are OPCT beneficiaries."""
    rng, population, registrations = stream(world.settings.seed, "payroll"), world.population, world.registrations
    words = names.load()
    active = np.flatnonzero((registrations.status == ACTIVE) & (registrations.program == OPCT))
    active = active[population.national_id[registrations.beneficiary[active]] > 0]
    wanted = max(1, round(int((registrations.status == ACTIVE).sum()) * world.settings.faults.pension))
    chosen = np.sort(rng.permutation(active)[:wanted])
    who = registrations.beneficiary[chosen]
    others = world.settings.count(120_000)
    groups = words.families(rng, rng.integers(1, 48, others))
    female = rng.random(others) < 0.45
    given = np.r_[population.people.given[who], words.given(rng, groups, female)]
    family = np.r_[population.people.family[who], words.surnames(rng, groups)]
    # Numbers beyond those of the register: nobody else has them.
    ids = np.r_[population.national_id[who], 50_000_000 + (np.arange(others, dtype=np.int64) * 7_919_993) % 39_999_983]
    pension = np.r_[rng.random(len(who)) < 0.92, rng.random(others) < 0.3]
    order = rng.permutation(len(ids))
    table = pl.DataFrame(
        {
            "national_id": pl.Series(ids).cast(pl.String),
            "names": pl.Series(words.text(given), dtype=pl.String)
            + " "
            + pl.Series(words.text(family), dtype=pl.String),
            "employer": pick(_EMPLOYERS, rng.integers(0, 5, len(ids))),
            "kind": pick(("civil_service", "pension"), pension.astype(int)),
            "monthly_pay": np.where(pension, rng.integers(8, 40, len(ids)), rng.integers(20, 120, len(ids))) * 1000,
        }
    )[order]
    table = table.select(
        payroll_no="PF" + pl.int_range(100_001, 100_001 + pl.len()).cast(pl.String),
        **{c: pl.col(c) for c in table.columns},
        month=pl.lit(f"{date_of(world.today):%Y-%m}"),
    )
    table.write_csv(path)
    # A person recorded twice in the program is found on the payroll for both enrolments.
    return np.flatnonzero(
        np.isin(registrations.beneficiary, who)
        & np.isin(registrations.status, (ACTIVE, 4))
        & (registrations.program == OPCT)
    )


def school_attendance(world: World, path: Path) -> np.ndarray:
    """Days open and absent, last term, for pupils with a birth certificate; one in twelve is absent too often.

    Returns, for each person, whether absent above the limit.
    """
    rng, people = stream(world.settings.seed, "school"), world.population.people
    age = world.population.age(world.today)
    has = (age >= 6) & (age < 19) & (world.population.certificate > 0) & (world.population.death == NEVER)
    has &= (world.population.standing[people.household] == 0) & (rng.random(len(age)) < 0.8)
    rows = np.flatnonzero(has)
    words = names.load()
    opened = rng.integers(58, 66, len(rows))
    often = rng.random(len(rows)) < 0.08
    absent = np.minimum(np.where(often, rng.integers(13, 45, len(rows)), rng.poisson(2.0, len(rows))), opened)
    pl.DataFrame(
        {
            "upi": "UPI" + pl.Series(np.arange(len(rows)) + 1_000_001).cast(pl.String),
            "birth_cert": pl.Series(world.population.certificate[rows]).cast(pl.String),
            "learner": pl.Series(words.text(people.given[rows]), dtype=pl.String)
            + " "
            + pl.Series(words.text(people.family[rows]), dtype=pl.String),
            "school": areas.load().wards["name"].gather(world.population.ward[people.household[rows]])
            + " Primary School",
            "year": np.full(len(rows), date_of(world.today).year),
            "term": np.full(len(rows), 1),
            "days_open": opened,
            "days_absent": absent,
        }
    ).write_csv(path)
    absentees = np.zeros(len(people), bool)
    absentees[rows] = absent * 100 > ABSENT_LIMIT * opened
    return absentees


def expansion_plan(world: World, path: Path) -> None:
    """Households planned, by program, county and financial year: today's coverage and a tenth more."""
    known, registrations = areas.load(), world.registrations
    county = known.ward_county[registrations.ward]
    active = registrations.status == ACTIVE
    rows = []
    for program, name in enumerate(PROGRAMS):
        count = np.bincount(county[active & (registrations.program == program)], minlength=48)
        rows += [
            (name, f"KE{c:03d}", year, int(np.ceil(count[c] * factor)))
            for year, factor in (("2025/26", 1.02), ("2026/27", 1.1))
            for c in range(1, 48)
            if count[c]
        ]
    pl.DataFrame(
        rows, schema=["program", "county_code", "financial_year", "households_planned"], orient="row"
    ).write_csv(path)


__all__ = ["choose", "write"]
