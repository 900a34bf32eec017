"""What goes on around registrations: households that leave one and begin another, children who leave a household's
list, telephones that many households give."""

import numpy as np
import polars as pl

from sample_country.calendar import FIRST_REPORTING_DATE, NEVER, day
from sample_country.population import Population
from sample_country.programs import Records, Registrations, lines
from sample_country.randomness import stream
from sample_country.recording import Written
from sample_country.settings import ACTIVE, EXITED, OVC, Settings

AGED_OUT = 23
"""Years: a CT-OVC household leaves when its youngest has reached them."""
ON_ONE_PHONE = 5


def move_on(settings: Settings, registrations: Registrations, population: Population) -> None:
    """Of some households with two registrations the first ended, and the second began within half a year."""
    rng = stream(settings.seed, "movements")
    alive = population.death[registrations.recipient] == NEVER
    active = np.flatnonzero((registrations.status == ACTIVE) & alive)
    pairs = (
        pl.DataFrame({"row": active, "household": registrations.household[active]})
        .group_by("household", maintain_order=True)
        .agg(first=pl.col("row").first(), second=pl.col("row").last(), registrations=pl.len())
        .filter(pl.col("registrations") == 2)
    )
    chosen = rng.permutation(pairs.height)[: max(1, round(pairs.height * settings.overlaps.moved_on))]
    first, second = (pairs[name].to_numpy()[np.sort(chosen)] for name in ("first", "second"))
    left = rng.integers(day("2025-01-15"), day("2025-12-31"), len(first))
    registrations.status[first] = EXITED
    registrations.exited[first] = left
    registrations.exit_reason[first] = 2
    for rows, enrolled in (
        (first, np.minimum(registrations.enrolled[first], left - 200)),
        (second, left + rng.integers(5, 150, len(second))),
    ):
        registrations.enrolled[rows] = enrolled
        registrations.applied[rows] = enrolled - rng.integers(10, 90, len(rows))


def children_leave(
    settings: Settings, registrations: Registrations, records: Records, written: Written, population: Population
) -> tuple[Records, Written]:
    """Of some CT-OVC households nobody under age is on the list any more. Returns the records left, and as written."""
    rng = stream(settings.seed, "aged out")
    emptied = (registrations.program == OVC) & (rng.random(len(registrations)) < settings.faults.aged_out)
    of = records.registration
    young = population.age(day(FIRST_REPORTING_DATE))[records.person] < AGED_OUT
    needed = np.zeros(len(records), bool)
    for role in (registrations.head, registrations.collector, registrations.recipient):
        needed |= records.person == role[of]
    keep = ~(emptied[of] & young & ~needed)
    left = Records(*(column[keep] for column in vars(records).values()))
    left.line = lines(left.registration)
    return left, Written(*(column[keep] for column in vars(written).values()))


def share_phones(settings: Settings, registrations: Registrations) -> None:
    """Some groups of households give one telephone, as an agent's."""
    rng = stream(settings.seed, "shared phones")
    active = rng.permutation(np.flatnonzero(registrations.status == ACTIVE))
    groups = max(1, round(len(active) * settings.faults.shared_phone / ON_ONE_PHONE))
    chosen = active[: groups * ON_ONE_PHONE]
    registrations.phone[chosen] = np.repeat(registrations.phone[chosen[::ON_ONE_PHONE]], ON_ONE_PHONE)
