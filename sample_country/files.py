"""The files beside the databases: public payroll, school attendance, expansion plan, providers' returns."""

from pathlib import Path

import numpy as np
import polars as pl
import xlsxwriter

from sample_country import areas, names
from sample_country.calendar import NEVER, date_of
from sample_country.columns import iso, pick
from sample_country.payments import FAILED, PAID, SCHEDULED, STATUS_NAMES
from sample_country.programs import source_number
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


def write(world: World, identifiers: Identifiers, folder: Path) -> np.ndarray:
    """Write all files; returns the registrations whose OPCT beneficiary stands on the public payroll."""
    folder.mkdir(parents=True, exist_ok=True)
    pensioners = public_payroll(world, folder / "public_payroll.csv")
    school_attendance(world, folder / "school_attendance.csv")
    expansion_plan(world, folder / "expansion_plan.csv")
    returns = folder / "provider_returns"
    returns.mkdir(exist_ok=True)
    starts = np.unique(world.lines.start[world.lines.program != 4])[-2:]
    for start in starts:
        provider_returns(world, identifiers, returns, int(start))
    return pensioners


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


def school_attendance(world: World, path: Path) -> None:
    """Days open and absent, last term, for pupils with a birth certificate; one in twelve is absent too often."""
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


def provider_returns(world: World, identifiers: Identifiers, folder: Path, start: int) -> None:
    """What banks say became of one cycle's lines: nsnp and ctovc as CSV, hsnp as a workbook.

    The MIS and the bank disagree on a few: the bank says failed where the MIS says paid, or the amount differs.
    """
    lines, registrations = world.lines, world.registrations
    source = source_number(lines.program)
    month = f"{date_of(start):%Y-%m}"
    for number, name in enumerate(("nsnp", "ctovc", "hsnp")):
        rng = stream(world.settings.seed, "returns", name, month)
        rows = np.flatnonzero((source == number) & (lines.start == start) & (lines.status != SCHEDULED))
        result, amount = lines.status[rows].copy(), lines.paid[rows].copy()
        contradicts = (rng.random(len(rows)) < 0.002) & (result == PAID)
        result[contradicts] = FAILED
        amount[(rng.random(len(rows)) < 0.001) & (result == PAID)] -= 50
        value_day = np.where(lines.paid_on[rows] != NEVER, lines.paid_on[rows], lines.end[rows])
        table = pl.DataFrame(
            {
                "reference": identifiers.payment.gather(rows).str.strip_prefix(f"{name}:"),
                "source": pl.Series([name] * len(rows), dtype=pl.String),
                "account_no": pl.Series(registrations.account[lines.registration[rows]]).cast(pl.String),
                "amount": amount,
                "result": pick(STATUS_NAMES, result),
                "value_date": iso(value_day),
            }
        )
        if name == "hsnp" and len(rows) < 1_000_000:  # a worksheet ends at 1,048,576 rows
            _workbook(folder / f"{name}_{month}.xlsx", table)
        else:
            table.write_csv(folder / f"{name}_{month}.csv")


def _workbook(path: Path, table: pl.DataFrame) -> None:
    import datetime as dt

    book = xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_formulas": False})
    book.set_properties({"created": dt.datetime(2026, 1, 1)})  # the same bytes whenever it is written
    sheet = book.add_worksheet("returns")
    sheet.write_row(0, 0, table.columns)
    for place, row in enumerate(table.iter_rows(), 1):
        sheet.write_row(place, 0, row)
    book.close()


__all__ = ["choose", "write"]
