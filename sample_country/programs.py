"""Registrations (a household in one program's system) and records (a person in one registration).

Most households are registered once. Some are registered again, by another program or by the same one: then mostly the
whole household is written down afresh.
"""

from dataclasses import dataclass

import numpy as np

from sample_country import areas
from sample_country.areas import ARID_COUNTIES, HSNP_COUNTIES
from sample_country.calendar import FIRST_REPORTING_DATE, NEVER, day
from sample_country.population import Population
from sample_country.randomness import choose, stream, weighted_sample
from sample_country.settings import (
    ACTIVE,
    APPLIED,
    CFA,
    EXITED,
    HEAD,
    HSNP,
    OPCT,
    OTHER,
    OVC,
    PARENT,
    PWSD,
    REJECTED,
    SIBLING,
    SOURCE_OF,
    SPOUSE,
    STANDBY,
    SUSPENDED,
    UNRELATED,
    WAITING,
    Settings,
)

EXIT_REASONS = ("DIED", "MOVED AWAY", "NO LONGER ELIGIBLE", "GRADUATED", "DUPLICATE")


@dataclass
class Registrations:
    """Arrays by registration; days are day numbers or NEVER, persons are rows of the population, -1 for nobody.

    `copy`: 0 the household's own, 1 again in another program, 2 again in the same one.
    `beneficiary` is a person only where the benefit is a person's; `collector` collects (-1: beneficiary or head);
    `recipient` is on whose row the money stands. `number` counts within the source, from 0.
    """

    household: np.ndarray
    program: np.ndarray
    copy: np.ndarray
    whole: np.ndarray
    status: np.ndarray
    applied: np.ndarray
    enrolled: np.ndarray
    exited: np.ndarray
    exit_reason: np.ndarray  # index in EXIT_REASONS, -1 none
    suspended_since: np.ndarray
    ward: np.ndarray  # as recorded
    is_moved: np.ndarray
    is_unmapped: np.ndarray
    head: np.ndarray
    beneficiary: np.ndarray
    collector: np.ndarray
    recipient: np.ndarray
    account: np.ndarray
    phone: np.ndarray
    number: np.ndarray

    def __len__(self) -> int:
        return len(self.household)

    @property
    def is_beneficiary(self) -> np.ndarray:
        """Whether the registration reaches the registry."""
        return self.status >= ACTIVE


@dataclass
class Records:
    """Arrays by record, ordered by registration and line."""

    registration: np.ndarray
    person: np.ndarray
    line: np.ndarray
    relation: np.ndarray
    number: np.ndarray  # within the source, from 0

    def __len__(self) -> int:
        return len(self.registration)


def source_number(program: np.ndarray) -> np.ndarray:
    """0 nsnp, 1 ctovc, 2 hsnp, 3 cfa."""
    return np.maximum(np.asarray(program, np.int64) - 1, 0)


def register_households(settings: Settings, population: Population) -> tuple[Registrations, Records]:
    """Who is registered where, with what status, and who collects."""
    rng, today = stream(settings.seed, "registrations"), day(FIRST_REPORTING_DATE)
    people = population.people
    age = population.age(today)
    households = len(population.kind)
    county = areas.load().ward_county[population.ward]

    def any_in(which: np.ndarray) -> np.ndarray:
        found = np.zeros(households, bool)
        found[people.household[which]] = True
        return found

    elderly = (age >= 70) & (population.death == NEVER)
    may = np.stack(
        [
            any_in(elderly),
            any_in(people.disabled == 2),
            any_in((people.orphan > 0) & (age < 18)),
            np.isin(county, HSNP_COUNTIES),
            np.isin(county, ARID_COUNTIES),
        ],
        axis=1,
    )
    may[np.arange(households), population.kind] = False
    may[population.standing != 0] = False

    own = np.arange(households)
    beneficiaries = np.flatnonzero(population.standing == 0)
    rates, total = settings.overlaps, len(beneficiaries)
    # HSNP meets the other programs in four counties only, so eligible households there are taken more readily.
    weight = may @ np.array([1.0, 0.7, 1.0, 1.5, 0.25])
    again = weighted_sample(rng, weight, round(total * rates.second_program))
    second = _pick(rng, may[again] * np.array([1.0, 0.7, 1.0, 1.5, 0.25]))
    left = may[again].copy()
    left[np.arange(len(again)), second] = False
    thrice = weighted_sample(rng, left.sum(axis=1).astype(float), round(total * rates.third_program))
    third = _pick(rng, left[thrice].astype(float))
    twice = np.sort(rng.choice(beneficiaries, max(1, round(total * rates.same_program)), replace=False))

    household = np.concatenate([own, again, again[thrice], twice])
    program = np.concatenate([population.kind, second, third, population.kind[twice]]).astype(np.int8)
    copy = np.repeat(np.array([0, 1, 1, 2], np.int8), [len(own), len(again), len(thrice), len(twice)])
    # Registrations come in no order that would tell a second one from a first.
    order = rng.permutation(len(household))
    household, program, copy = household[order], program[order], copy[order]
    count = len(household)

    standing = population.standing[household]
    drawn = rng.random(count)
    status = np.select([drawn < 0.90, drawn < 0.93], [ACTIVE, SUSPENDED], EXITED)
    status = np.where(standing == 1, np.select([drawn < 0.40, drawn < 0.75], [APPLIED, REJECTED], WAITING), status)
    status = np.where(standing == 2, STANDBY, status).astype(np.int8)
    recent = rng.random(count) < 0.08
    enrolled = np.where(
        recent,
        rng.integers(day("2024-09-01"), day("2026-03-01"), count),
        rng.integers(day("2015-01-01"), day("2024-08-25"), count),
    )
    exited = np.minimum(
        np.maximum(enrolled + rng.integers(90, 600, count), rng.integers(day("2024-06-01"), day("2026-06-01"), count)),
        today - 14,
    )
    exited = np.where(status == EXITED, exited, NEVER)
    reason = np.where(status == EXITED, rng.integers(1, 5, count), -1)
    since = np.where(status == SUSPENDED, day("2025-07-01") + 61 * rng.integers(0, 6, count), NEVER)
    applied = enrolled - rng.integers(30, 500, count)
    enrolled = np.where((status >= ACTIVE) & (status != STANDBY), enrolled, NEVER)

    whole = (copy == 0) | (rng.random(count) >= rates.one_person_only)
    ward, moved, unmapped = _recorded_wards(rng, settings, population.ward[household], program)
    nobody = np.full(count, -1, np.int32)
    registrations = Registrations(
        household.astype(np.int32),
        program,
        copy,
        whole,
        status,
        applied.astype(np.int32),
        enrolled.astype(np.int32),
        exited.astype(np.int32),
        reason.astype(np.int8),
        since.astype(np.int32),
        ward,
        moved,
        unmapped,
        nobody.copy(),
        nobody.copy(),
        nobody.copy(),
        nobody.copy(),
        1_000_000_000 + (np.arange(count, dtype=np.int64) * 472_882_027 + 11) % 8_999_999_929,
        710_000_000 + rng.integers(0, 89_999_999, count),
        np.zeros(count, np.int32),
    )
    records = _members(rng, registrations, population, age)
    _appoint(rng, registrations, records, population, age, today, settings)
    for source in range(4):
        where = source_number(program) == source
        registrations.number[where] = np.arange(where.sum())
    return registrations, records


def number_records(registrations: Registrations, records: Records) -> None:
    """Give each record its number within its source."""
    source = source_number(registrations.program)[records.registration]
    for one in range(4):
        where = source == one
        records.number[where] = np.arange(where.sum())


def _pick(rng: np.random.Generator, weights: np.ndarray) -> np.ndarray:
    """One column of each row, by weight."""
    total = np.cumsum(weights, axis=1)
    return (rng.random(len(weights))[:, None] * total[:, -1:] >= total).sum(axis=1).clip(0, weights.shape[1] - 1)


def _recorded_wards(rng: np.random.Generator, settings: Settings, ward: np.ndarray, program: np.ndarray) -> tuple:
    """Wards as the program wrote them: 8% of households have moved since, mostly within the county."""
    known = areas.load()
    count = len(ward)
    moved = rng.random(count) < settings.errors.ward_moved
    far = moved & (rng.random(count) < 0.25) & (program != HSNP) & (program != CFA)
    bounds = np.searchsorted(known.ward_county, np.arange(49))  # wards are in county order
    county = known.ward_county[ward]
    low, high = bounds[county], bounds[county + 1]
    near = low + (rng.random(count) * (high - low)).astype(np.int64)
    elsewhere = np.where(far, choose(rng, known.ward_weight, count), near)
    recorded = np.where(moved, elsewhere, ward)
    return recorded.astype(np.int32), recorded != ward, rng.random(count) < settings.errors.area_unmapped


def _members(
    rng: np.random.Generator, registrations: Registrations, population: Population, age: np.ndarray
) -> Records:
    """Who is written down in each registration, and how related to its head."""
    people, count = population.people, len(registrations)
    size = people.size[registrations.household]
    registration = np.repeat(np.arange(count, dtype=np.int32), size)
    start = np.cumsum(size) - size
    person = people.first[registrations.household][registration] + np.arange(len(registration)) - start[registration]
    relation = people.relation[person].copy()
    # A second clerk sometimes takes the spouse for the head.
    first = people.first[registrations.household]
    second = np.minimum(first + 1, len(people) - 1)
    has_spouse = (people.relation[second] == SPOUSE) & (people.household[second] == registrations.household)
    swap = has_spouse & (registrations.copy > 0) & (rng.random(count) < 0.35)
    swapped = swap[registration]
    relation = np.where(swapped & (relation == HEAD), 100, np.where(swapped & (relation == SPOUSE), HEAD, relation))
    relation = np.where(relation == 100, SPOUSE, relation)
    relation = np.where(swapped & np.isin(relation, (PARENT, SIBLING)), OTHER, relation)

    program = registrations.program[registration]
    fitting = np.select(
        [program == OPCT, program == PWSD],
        [np.where(population.death[person] == NEVER, age[person], age[person] - 5), people.disabled[person] * 100],
        np.where(age[person] >= 18, 200 - people.line[person], 0),
    )
    best = np.lexsort((person, -fitting, registration))[start]
    personal = np.isin(registrations.program, (OPCT, PWSD))
    registrations.beneficiary[personal] = person[best[personal]]
    main = person[best]
    youngest = np.lexsort((person, age[person], registration))[start]
    keep = registrations.whole[registration] | (person == main[registration])
    keep |= (program == OVC) & (person == person[youngest][registration])
    relation = np.where(~registrations.whole[registration] & (person == main[registration]), HEAD, relation)
    relation = np.where(~registrations.whole[registration] & (person != main[registration]), OTHER, relation)
    registration, person, relation = registration[keep], person[keep], relation[keep].astype(np.int8)
    order = np.lexsort((person, relation != HEAD, registration))
    registration, person, relation = registration[order], person[order], relation[order]
    return Records(
        registration, person.astype(np.int32), lines(registration), relation, np.zeros(len(person), np.int32)
    )


def lines(registration: np.ndarray) -> np.ndarray:
    """Line numbers from 1 within each registration; the array must be sorted."""
    starts = np.flatnonzero(np.r_[True, registration[1:] != registration[:-1]])
    sizes = np.diff(np.r_[starts, len(registration)])
    return (np.arange(len(registration)) - np.repeat(starts, sizes) + 1).astype(np.int16)


def _appoint(
    rng: np.random.Generator,
    registrations: Registrations,
    records: Records,
    population: Population,
    age: np.ndarray,
    today: int,
    settings: Settings,
) -> None:
    """Set head, collector and recipient; let programs learn of most of their beneficiaries' deaths."""
    count = len(registrations)
    start = np.searchsorted(records.registration, np.arange(count))
    registrations.head[:] = records.person[start]
    adult = (age[records.person] >= 18) & (population.death[records.person] == NEVER)
    adult &= records.person != registrations.beneficiary[records.registration]
    deputy_row = np.lexsort((rng.random(len(records)), ~adult, records.registration))[start]
    has_deputy = adult[deputy_row]
    deputy = records.person[deputy_row]
    chance = np.take((0.40, 0.85, 0.25, 0.30, 0.20), registrations.program)
    head_dead = population.death[registrations.head] != NEVER
    personal = registrations.beneficiary >= 0
    # A household whose head died mostly has somebody else collect; where nobody told the program, the dead are paid.
    chance = np.where(head_dead & ~personal, 1 - 0.4 * settings.faults.dead_kept_on, chance)
    appoint = has_deputy & (rng.random(count) < chance)
    registrations.collector[:] = np.where(appoint, deputy, -1)
    registrations.recipient[:] = np.where(
        personal, registrations.beneficiary, np.where(appoint, deputy, registrations.head)
    )
    died = population.death[registrations.recipient]
    told = (died != NEVER) & personal & np.isin(registrations.status, (ACTIVE, SUSPENDED))
    told &= rng.random(count) >= settings.faults.dead_kept_on
    exit_day = np.minimum(died + rng.integers(5, 75, count), today)
    registrations.status[told] = EXITED
    registrations.exited[told] = exit_day[told]
    registrations.exit_reason[told] = 0
    registrations.suspended_since[told] = NEVER
    # Nobody is enrolled after death.
    late = (died != NEVER) & (registrations.enrolled != NEVER) & (registrations.enrolled > died - 30)
    registrations.enrolled[late] = died[late] - 200
    registrations.applied[late] = died[late] - 400


def add_strangers(
    settings: Settings, registrations: Registrations, records: Records, population: Population
) -> Records:
    """Plant caregivers who collect for several households, and children fostered in a household not their own.

    A caregiver of another household is written down there as not related. Returns the records with these added.
    """
    rng = stream(settings.seed, "strangers")
    active = np.flatnonzero(registrations.status == ACTIVE)
    wanted = max(2, round(len(active) * settings.faults.caregiver_several_households))
    # Households of one source and ward in a row: a caregiver collects for her neighbours.
    by_place = active[np.lexsort((rng.random(len(active)), registrations.ward[active], registrations.program[active]))]
    starts = np.arange(0, len(by_place) - 4, max(4, int(len(by_place) / max(1, wanted / 1.6))))
    likely = np.take((1.0, 1.0, 0.35, 0.35, 0.35), registrations.program[by_place[starts]])
    starts = starts[rng.random(len(starts)) < likely]
    extra_registration, extra_person = [], []
    for step in (1, 2):
        helped, helper = by_place[starts + step], by_place[starts]
        collector = np.where(
            registrations.collector[helper] >= 0, registrations.collector[helper], registrations.head[helper]
        )
        same = (registrations.program[helped] == registrations.program[helper]) & (
            registrations.household[helped] != registrations.household[helper]
        )
        same &= (population.age(day(FIRST_REPORTING_DATE), collector) >= 18) & (population.death[collector] == NEVER)
        same &= collector != registrations.beneficiary[helper]
        helped, helper, collector = helped[same], helper[same], collector[same]
        registrations.collector[helper] = collector
        registrations.collector[helped] = collector
        household_benefit = registrations.beneficiary[helped] < 0
        registrations.recipient[helped] = np.where(household_benefit, collector, registrations.recipient[helped])
        household_benefit = registrations.beneficiary[helper] < 0
        registrations.recipient[helper] = np.where(household_benefit, collector, registrations.recipient[helper])
        extra_registration.append(helped)
        extra_person.append(collector)
    # Fostered: a child of another household of the same place, written down in both.
    pool = by_place[: len(by_place) - 1][rng.random(len(by_place) - 1) < 0.004]
    child = records.person[np.searchsorted(records.registration, pool, side="right") - 1]
    ok = (population.age(day(FIRST_REPORTING_DATE), child) < 18) & (
        population.people.household[child] == registrations.household[pool]
    )
    host = np.roll(pool, 1)
    ok &= registrations.household[host] != registrations.household[pool]
    extra_registration.append(host[ok])
    extra_person.append(child[ok])
    registration = np.concatenate([records.registration, *extra_registration]).astype(np.int32)
    person = np.concatenate([records.person, *extra_person]).astype(np.int32)
    kinds_of = np.repeat([UNRELATED, OTHER], [sum(map(len, extra_person[:-1])), len(extra_person[-1])])
    relation = np.concatenate([records.relation, kinds_of]).astype(np.int8)
    # Written down once only in each registration.
    unique = np.sort(
        np.unique(registration.astype(np.int64) * (len(population.people) + 1) + person, return_index=True)[1]
    )
    registration, person, relation = registration[unique], person[unique], relation[unique]
    order = np.argsort(registration, kind="stable")
    registration, person, relation = registration[order], person[order], relation[order]
    return Records(registration, person, lines(registration), relation, np.zeros(len(person), np.int32))


__all__ = [
    "EXIT_REASONS",
    "SOURCE_OF",
    "Records",
    "Registrations",
    "add_strangers",
    "number_records",
    "register_households",
]
