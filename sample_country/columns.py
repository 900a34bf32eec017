"""Turn arrays of codes and day numbers into the text that systems keep."""

import numpy as np
import polars as pl

from sample_country import areas, names
from sample_country.calendar import NEVER


def dates(days: np.ndarray) -> pl.Series:
    """Day numbers as dates; NEVER is null."""
    days = np.asarray(days, np.int32)
    return pl.Series(np.where(days == NEVER, 0, days)).cast(pl.Date).set(pl.Series(days == NEVER), None)


def iso(days: np.ndarray) -> pl.Series:
    """`2026-06-30`; null where there is no date."""
    return dates(days).dt.strftime("%Y-%m-%d")


def day_first(days: np.ndarray) -> pl.Series:
    """`30/06/2026`; null where there is no date."""
    return dates(days).dt.strftime("%d/%m/%Y")


def stamps(days: np.ndarray, seconds: np.ndarray) -> pl.Series:
    """`2026-06-30T14:03:00`; null where there is no date."""
    days = np.asarray(days, np.int64)
    stamp = pl.Series(np.where(days == NEVER, 0, days) * 86_400_000 + np.asarray(seconds, np.int64) * 1000)
    return stamp.cast(pl.Datetime("ms")).dt.strftime("%Y-%m-%dT%H:%M:%S").set(pl.Series(days == NEVER), None)


def pick(options: tuple | list, index: np.ndarray) -> pl.Series:
    """One of a few texts for each; a negative index gives null."""
    index = np.asarray(index)
    return pl.Series(list(options)).gather(np.where(index < 0, 0, index)).set(pl.Series(index < 0), None)


def text_or_null(values: np.ndarray) -> pl.Series:
    """Text, with the empty text as null."""
    return pl.Series(values, dtype=pl.String).replace("", None)


def keys(prefix: str, numbers: np.ndarray, digits: int) -> pl.Series:
    """`H000123` from 123."""
    return prefix + pl.Series(np.asarray(numbers, np.int64)).cast(pl.String).str.zfill(digits)


def phones(rng: np.random.Generator, number: np.ndarray) -> pl.Series:
    """A mobile number (nine digits from 7) in one of the four ways people write it; null where 0."""
    form = rng.random(len(number))
    text = pl.Series(number).cast(pl.String)
    prefix = pick(("0", "+254", "254", ""), np.select([form < 0.7, form < 0.85, form < 0.95], [0, 1, 2], 3))
    spaced = pl.Series(form * 1000 % 1 < 0.12)
    split = prefix + text.str.slice(0, 3) + " " + text.str.slice(3, 3) + " " + text.str.slice(6)
    return (prefix + text).zip_with(~spaced, split).set(pl.Series(number == 0), None)


WALLS = ("mud", "stone", "brick", "wood", "iron sheets", "grass", "cement")
ROOFS = ("iron sheets", "grass thatch", "tiles", "makuti", "polythene")
BANKS = ("Equity Bank", "KCB Bank", "Co-operative Bank", "M-PESA", "Postbank")
OCCUPATIONS = (
    "farmer",
    "casual labourer",
    "trader",
    "herder",
    "none",
    "teacher",
    "fisher",
    "tailor",
    "boda boda rider",
)
MARITAL = ("married", "single", "widowed", "divorced")


def households(rng: np.random.Generator, ward: np.ndarray, registered: np.ndarray, today: int) -> pl.DataFrame:
    """The characteristics every program asks about, one row a registration, in plain words and numbers."""
    known, words, count = areas.load(), names.load(), len(ward)
    place = ward.astype(np.int64) * 12 + rng.integers(0, 12, count)  # twelve villages a ward
    surname = words.words[(place * 7919) % 1000]
    village = (
        np.where(place % 3 == 0, "Kwa ", "")
        + surname
        + np.where(place % 3 == 1, "ni", np.where(place % 3 == 2, " Village", ""))
    )
    income = np.round(rng.lognormal(8.3, 0.5, count), -2).astype(np.int64)
    return pl.DataFrame(
        {
            "village": pl.Series(village, dtype=pl.String),
            "address": "P.O. Box " + pl.Series(rng.integers(1, 3000, count)).cast(pl.String),
            "landmark": pick(
                (
                    "near the primary school",
                    "behind the market",
                    "next to the borehole",
                    "by the mosque",
                    "opposite the church",
                    "along the river",
                    "past the dispensary",
                ),
                rng.integers(-2, 7, count),
            ),
            "latitude": np.round(known.ward_latitude[ward] + rng.normal(0, 0.02, count), 5),
            "longitude": np.round(known.ward_longitude[ward] + rng.normal(0, 0.02, count), 5),
            "wall": pick(WALLS, rng.integers(0, 7, count)),
            "roof": pick(ROOFS, rng.integers(0, 5, count)),
            "livestock": rng.integers(0, 2, count),
            "units": np.round(rng.exponential(2.0, count), 1),
            "income": income,
            "expenditure": np.round(income * rng.uniform(0.7, 1.2, count), -2).astype(np.int64),
            "meals": rng.integers(1, 4, count),
            "interviewed": np.minimum(registered + rng.integers(0, 60, count), today - 5).astype(np.int32),
        }
    )
