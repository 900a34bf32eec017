"""What all four systems need: attributes of persons, phones, areas as typed, and when rows last changed."""

import numpy as np
import polars as pl

from sample_country import areas, names
from sample_country.calendar import NEVER
from sample_country.columns import BANKS, phones, pick
from sample_country.settings import STANDBY
from sample_country.world import Part

UNKNOWN_PLACE = " Settlement Scheme"
"""Added to a place that no crosswalk knows."""


def frame(*series: pl.Series) -> pl.DataFrame:
    """Columns in the table's order; their names do not matter."""
    return pl.DataFrame([one.alias(str(i)) for i, one in enumerate(series)])


def typed(rng: np.random.Generator, text: pl.Series) -> pl.Series:
    """As clerks type a place: some in capitals, some with a blank too many."""
    drawn = pl.Series(rng.random(len(text)))
    text = text.str.to_uppercase().zip_with(drawn < 0.08, text)
    return (text + " ").zip_with(drawn > 0.985, text)


def place(rng: np.random.Generator, part: Part, column: str, finest: bool = False) -> pl.Series:
    """A column of areas.wards for each registration; the finest level carries the places that cannot be mapped."""
    text = areas.load().wards[column].gather(part.registration("ward"))
    if finest:
        text = (text + UNKNOWN_PLACE).zip_with(pl.Series(part.registration("is_unmapped")), text)
    return typed(rng, text)


def attributes(rng: np.random.Generator, part: Part) -> pl.DataFrame:
    """By record: age, schooling, occupation and marital status (indexes, -1 none), telephone, health."""
    world = part.world
    age = np.floor((world.today - part.person("birth")) / 365.25).astype(np.int64)
    count = len(age)
    pupil = (age >= 6) & (age < 19) & (rng.random(count) < 0.86)
    adult = age >= 18
    phone = world.registrations.phone[world.records.registration[part.records]]
    # One telephone serves most of a household; some adults have their own.
    own = adult & (rng.random(count) < 0.25)
    phone = np.where(own, 720_000_000 + rng.integers(0, 79_999_999, count), phone)
    return pl.DataFrame(
        {
            "age": age,
            "pupil": pupil,
            "grade": np.where(pupil, np.clip(age - 5, 1, 12), -1),
            "occupation": np.where(adult, rng.integers(0, 9, count), -1),
            "marital": np.where(
                adult,
                np.select(
                    [age < 25, age > 65],
                    [rng.integers(0, 2, count), rng.choice([0, 2], count)],
                    rng.integers(0, 4, count),
                ),
                -1,
            ),
            "phone": np.where((adult & (rng.random(count) < 0.7)), phone, 0),
            "disabled": part.person("disabled") > 0,
            "ill": part.person("ill"),
            "orphan": part.person("orphan").astype(np.int64),
        }
    )


def household_phones(rng: np.random.Generator, part: Part) -> pl.Series:
    """The household's telephone; one in eight households has none."""
    number = np.where(rng.random(len(part.registrations)) < 0.125, 0, part.registration("phone"))
    return phones(rng, number)


def changed_on(rng: np.random.Generator, part: Part) -> np.ndarray:
    """The day each registration was last changed."""
    last = np.maximum.reduce([part.registration(n) for n in ("applied", "enrolled", "exited", "suspended_since")])
    return np.minimum(last + rng.integers(0, 40, len(last)), part.world.today).astype(np.int32)


def position(part: Part) -> np.ndarray:
    """For each record of the source, its registration's row within the source."""
    return np.searchsorted(part.registrations, part.world.records.registration[part.records])


def middle_text_of(part: Part) -> np.ndarray:
    """Middle names of the source's records."""
    text = names.load().text(part.record("middle"))
    initial = part.record("initial")
    text[initial] = np.array([word[:1] for word in text[initial]], dtype=object)
    return text


def certificates(part: Part) -> pl.Series:
    """Birth certificate numbers as text, null where none."""
    number = part.record("certificate")
    return pl.Series(number).cast(pl.String).set(pl.Series(number == 0), None)


def grades(more: pl.DataFrame) -> pl.Series:
    """`Grade 4`, null for those not in school."""
    return ("Grade " + more["grade"].cast(pl.String)).set(more["grade"] < 0, None)


def accounts(part: Part) -> pl.Series:
    """Account numbers; those without an account have none."""
    return pl.Series(part.registration("account")).cast(pl.String).set(pl.Series(~_has_account(part)), None)


def providers(part: Part) -> pl.Series:
    """The bank or mobile money service of the account."""
    return pick(BANKS, np.where(_has_account(part), part.registration("account") % 5, -1))


def _has_account(part: Part) -> np.ndarray:
    """Who was ever enrolled; and three of four who stand by, so that drought payments can reach them."""
    standby = (part.registration("status") == STANDBY) & (part.registration("number") % 4 != 0)
    return (part.registration("enrolled") != NEVER) | standby
