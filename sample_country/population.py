"""The people programs know: their households, national IDs, deaths, and where they live.

Everybody a program ever wrote down is here, one row a person; `truth.persons` is written from it.
"""

from dataclasses import dataclass

import numpy as np

from sample_country import areas, families
from sample_country.areas import ARID_COUNTIES, HSNP_COUNTIES
from sample_country.calendar import NEVER
from sample_country.families import People
from sample_country.randomness import choose, stream
from sample_country.settings import CFA, HSNP, STANDBY, Settings

ID_PRIME = 39_999_983
CERTIFICATE_PRIME = 89_999_999


@dataclass
class Population:
    """People with what the state knows of them.

    By household: kind (program), standing (0 beneficiary, 1 applicant, 2 standby), ward (row in areas.wards).
    By person: national_id and certificate (0: none), death and emigrated (day or NEVER), register_id (0: not in it).
    """

    people: People
    kind: np.ndarray
    standing: np.ndarray
    ward: np.ndarray
    national_id: np.ndarray
    certificate: np.ndarray
    death: np.ndarray
    emigrated: np.ndarray
    in_register: np.ndarray
    register_id: np.ndarray

    def age(self, on: int, rows: np.ndarray | None = None) -> np.ndarray:
        """Age in full years on a day."""
        birth = self.people.birth if rows is None else self.people.birth[rows]
        return np.floor((on - birth) / 365.25).astype(np.int32)


def ids_of(rows: np.ndarray) -> np.ndarray:
    """A national ID number of seven or eight digits for each person number: one to one, in no visible order."""
    return 1_000_000 + (np.asarray(rows, np.int64) * 15_485_863 + 7_368_787) % ID_PRIME


def certificates_of(rows: np.ndarray) -> np.ndarray:
    """A birth certificate number of eight digits for each person number."""
    return 10_000_000 + (np.asarray(rows, np.int64) * 32_452_843 + 5_915_587) % CERTIFICATE_PRIME


def deaths(rng: np.random.Generator, birth: np.ndarray, today: int, years: float) -> np.ndarray:
    """Who died in the last `years`, and when (else NEVER): a Gompertz hazard, about 5% a year at eighty."""
    age = (today - birth) / 365.25
    hazard = 0.0015 + 0.00002 * np.exp(0.096 * np.clip(age, 0, 105))
    died = rng.random(len(birth)) < 1 - np.exp(-hazard * years)
    on = np.maximum(today - np.floor(rng.random(len(birth)) * years * 365.25), birth + 1)
    return np.where(died, np.minimum(on, today), NEVER).astype(np.int32)


def build(settings: Settings, today: int) -> Population:
    """All households and persons of the programs at this scale."""
    rng, sizes = stream(settings.seed, "population"), settings.sizes
    repeated = 1 + settings.overlaps.second_program + settings.overlaps.third_program + settings.overlaps.same_program
    known = areas.load()
    counts = [
        settings.count(sizes.households / repeated),
        settings.count(sizes.applicants),
        settings.count(sizes.standby),
    ]
    standing = np.repeat(np.arange(3, dtype=np.int8), counts)
    kind = choose(rng, np.array(sizes.program_shares), len(standing)).astype(np.int8)
    kind[standing == 2] = HSNP
    county_weight = known.county_weight
    poverty = 0.5 + (np.arange(47) * 37 % 47) / 47
    ward_weights = known.ward_weight * (county_weight * poverty / county_weight)[known.ward_county - 1]
    ward = choose(rng, ward_weights, len(standing))
    for program, counties in ((HSNP, HSNP_COUNTIES), (CFA, ARID_COUNTIES)):
        where = np.flatnonzero(kind == program)
        ward[where] = choose(rng, np.where(np.isin(known.ward_county, counties), known.ward_weight, 0), len(where))
    people = families.build(stream(settings.seed, "families"), kind, known.ward_county[ward], today)
    count = len(people)
    rows = np.arange(count)
    age = (today - people.birth) / 365.25
    national_id = np.where((age >= 18) & (rng.random(count) < 0.97), ids_of(rows), 0)
    certificate = np.where(rng.random(count) < np.where(age < 26, 0.85, 0.15), certificates_of(rows), 0)
    death = deaths(rng, people.birth, today, 2.0)
    emigrated = np.where(
        (death == NEVER) & (age > 18) & (rng.random(count) < 0.004), today - rng.integers(1, 1500, count), NEVER
    )
    in_register = rng.random(count) >= settings.errors.not_in_register
    return Population(
        people,
        kind,
        standing,
        ward,
        national_id,
        certificate,
        death,
        emigrated.astype(np.int32),
        in_register,
        np.zeros(count, np.int64),
    )


__all__ = ["NEVER", "STANDBY", "Population", "build", "certificates_of", "deaths", "ids_of"]
