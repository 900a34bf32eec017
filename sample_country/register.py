"""The population register: the whole country, county by county, so that memory stays bounded.

The people programs know are shuffled in among everybody else of their county.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from sample_country import areas, families, names, sqlite
from sample_country.calendar import NEVER
from sample_country.columns import iso, stamps, text_or_null
from sample_country.population import Population, deaths, ids_of
from sample_country.randomness import choose, stream
from sample_country.recording import Written, id_text, middle_text, smaller, write_down
from sample_country.settings import Settings

DDL = """
CREATE TABLE person (
    register_id INTEGER PRIMARY KEY, id_number TEXT, first_name TEXT, other_names TEXT, surname TEXT, sex TEXT,
    date_of_birth TEXT, mother_name TEXT, county_code INTEGER, ward_code TEXT, is_deceased INTEGER, date_of_death TEXT,
    emigrated_on TEXT, updated_at TEXT);
"""
FIRST_ID = 1_000_001
_FIELDS = ("given", "middle", "family", "birth", "female", "mother_given", "mother_family")


@dataclass
class Registered:
    """What the register holds on the people programs know, by person; 0 or NEVER where it holds nothing. `numbered`:
    the country's persons given a number so far, known to programs or not."""

    national_id: np.ndarray
    birth: np.ndarray
    sex: np.ndarray
    death: np.ndarray
    numbered: int

    @classmethod
    def nobody(cls, count: int) -> "Registered":
        """Nothing held yet on `count` persons."""
        never = np.full(count, NEVER, np.int32)
        return cls(np.zeros(count, np.int64), never, np.full(count, -1, np.int8), never.copy(), count)


def write(
    settings: Settings, population: Population, database: Path, today: int, say: Callable[[str], None]
) -> tuple[Registered, int]:
    """Write iprs.db, fill `population.register_id`, and return what stands there and how many persons it numbers."""
    sqlite.create(database, DDL)
    held, persons = Registered.nobody(len(population.people)), 0
    for number, table in counties(settings, population, held, today):
        sqlite.append(database, "person", table)
        persons += len(table)
        if number % 8 == 0:
            say(f"register: {number} of 47 counties, {persons:,} persons")
    return held, held.numbered


def counties(
    settings: Settings, population: Population, held: Registered, today: int
) -> Iterator[tuple[int, pl.DataFrame]]:
    """Each county's number and its part of the register; fills `population.register_id` and `held` on the way."""
    known, people = areas.load(), population.people
    ward = population.ward[people.household]
    county = known.ward_county[ward]
    others = max(0, settings.count(settings.sizes.register) - int(population.in_register.sum()))
    share = np.diff(np.round(np.cumsum(np.r_[0, known.county_weight]) / known.county_weight.sum() * others)).astype(
        np.int64
    )
    next_id = FIRST_ID
    for number in range(1, 48):
        rng = stream(settings.seed, "register", str(number))
        own = np.flatnonzero((county == number) & population.in_register)
        size = int(share[number - 1])
        rest = families.build(
            rng, np.full(round(size / 3.6) + 12, families.GENERAL), np.full(round(size / 3.6) + 12, number), today
        )
        rest_ward = choose(rng, np.where(known.ward_county == number, known.ward_weight, 0), len(rest.first))[
            rest.household[:size]
        ]
        columns = {name: np.concatenate([getattr(people, name)[own], getattr(rest, name)[:size]]) for name in _FIELDS}
        count = len(columns["birth"])
        size = count - len(own)
        age = (today - columns["birth"]) / 365.25
        rest_id = np.where(
            (age[len(own) :] >= 18) & (rng.random(size) < 0.97), ids_of(held.numbered + np.arange(size)), 0
        )
        national_id = np.r_[population.national_id[own], rest_id]
        died = np.r_[population.death[own], deaths(rng, columns["birth"][len(own) :], today, 10.0)]
        died = np.where(rng.random(count) < settings.errors.death_unregistered, NEVER, died)
        emigrated = np.r_[
            population.emigrated[own], np.where(rng.random(size) < 0.004, today - rng.integers(1, 3000, size), NEVER)
        ]
        emigrated = np.where(died == NEVER, emigrated, NEVER)
        written = write_down(
            rng,
            smaller(settings.errors, settings.errors.register_factor),
            columns["given"],
            columns["middle"],
            columns["family"],
            columns["birth"],
            columns["female"],
            national_id,
            np.zeros(count, np.int64),
            np.zeros(count, np.int64),
            np.ones(count, bool),
        )
        # Registered under a ward of years ago now and then, always in the same county.
        wards = np.r_[ward[own], rest_ward]
        order = rng.permutation(count)
        ids = np.empty(count, np.int64)
        ids[order] = next_id + np.arange(count)
        population.register_id[own] = ids[: len(own)]
        k = len(own)
        held.national_id[own], held.birth[own], held.sex[own], held.death[own] = (
            written.national_id[:k],
            written.birth[:k],
            written.sex[:k],
            died[:k],
        )
        changed = np.maximum(np.maximum(died, emigrated) + 20, today - rng.integers(30, 2500, count))
        table = rows(
            written,
            columns["mother_given"],
            columns["mother_family"],
            number,
            wards,
            died,
            emigrated,
            ids,
            np.minimum(changed, today),
            rng.integers(0, 86_400, count),
        )
        next_id, held.numbered = next_id + count, held.numbered + size
        yield number, table[order]


def rows(
    written: Written,
    mother_given: np.ndarray,
    mother_family: np.ndarray,
    county: int | np.ndarray,
    ward: np.ndarray,
    died: np.ndarray,
    emigrated: np.ndarray,
    register_id: np.ndarray,
    changed: np.ndarray,
    second: np.ndarray,
) -> pl.DataFrame:
    """Register rows in the table's column order."""
    words = names.load()
    mother = (
        pl.Series(words.text(mother_given), dtype=pl.String)
        + " "
        + pl.Series(words.text(mother_family), dtype=pl.String)
    )
    return pl.DataFrame(
        {
            "register_id": register_id,
            "id_number": id_text(written.national_id),
            "first_name": text_or_null(words.text(written.given)),
            "other_names": text_or_null(middle_text(written)),
            "surname": text_or_null(words.text(written.family)),
            "sex": pl.Series(np.where(written.sex == 1, "F", "M")).set(pl.Series(written.sex < 0), None),
            "date_of_birth": iso(written.birth),
            "mother_name": mother,
            "county_code": np.full(len(ward), county, np.int64) if np.isscalar(county) else county,
            "ward_code": areas.load().wards["code"].gather(ward),
            "is_deceased": (died != NEVER).astype(np.int64),
            "date_of_death": iso(died),
            "emigrated_on": iso(emigrated),
            "updated_at": stamps(changed, second),
        }
    )
