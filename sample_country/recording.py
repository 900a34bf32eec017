"""What a clerk writes down of a person: the truth with errors, each noted.

Works on arrays: names are vocabulary codes, numbers are integers, and the errors of a record are bits of one integer.
"""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from sample_country import names
from sample_country.calendar import NEVER, from_parts, parts
from sample_country.settings import ErrorRates

ERRORS = (
    "id_missing",
    "id_mistyped",
    "id_guardian",
    "id_invalid",
    "given_misspelt",
    "family_misspelt",
    "name_swapped",
    "middle_missing",
    "middle_initial",
    "nickname",
    "birth_year_only",
    "birth_day_month",
    "birth_year_off",
    "birth_decade",
    "birth_missing",
    "sex_missing",
    "sex_wrong",
    "ward_moved",
    "area_unmapped",
)
BIT = {code: 1 << i for i, code in enumerate(ERRORS)}


@dataclass
class Written:
    """Records as written, by record. `initial`: the middle name is a letter only. `sex`: 0 male, 1 female, -1 missing.
    `year_only`: the source may keep the year alone. `national_id`: 0 missing, -1 text that is no number (see `ids`)."""

    given: np.ndarray
    middle: np.ndarray
    family: np.ndarray
    initial: np.ndarray
    birth: np.ndarray
    year_only: np.ndarray
    sex: np.ndarray
    national_id: np.ndarray
    certificate: np.ndarray
    errors: np.ndarray


def smaller(rates: ErrorRates, factor: float) -> ErrorRates:
    """The same errors, less often; nothing goes missing and no guardian's ID is written."""
    scaled = {
        name: value * factor
        for name, value in vars(rates).items()
        if name.startswith(("id_", "name_", "birth_", "sex_"))
    }
    return replace(
        rates,
        **{
            **scaled,
            "id_missing": 0.0,
            "id_guardian": 0.0,
            "birth_missing": 0.0,
            "middle_missing": rates.middle_missing * 0.3,
            "middle_initial": 0.0,
            "nickname": 0.0,
            "birth_year_only": rates.birth_year_only,
        },
    )


def write_down(
    rng: np.random.Generator,
    rates: ErrorRates,
    given: np.ndarray,
    middle: np.ndarray,
    family: np.ndarray,
    birth: np.ndarray,
    female: np.ndarray,
    national_id: np.ndarray,
    certificate: np.ndarray,
    guardian_id: np.ndarray,
    is_adult: np.ndarray,
) -> Written:
    """Apply the errors to persons given row by row; `guardian_id` is what stands on a child's record by mistake."""
    words, count = names.load(), len(given)
    errors = np.zeros(count, np.int64)

    def hit(rate: float, among: np.ndarray | None = None, code: str = "") -> np.ndarray:
        chosen = rng.random(count) < rate
        if among is not None:
            chosen &= among
        if code:
            errors[chosen] |= BIT[code]
        return chosen

    given, middle, family = given.copy(), middle.copy(), family.copy()
    for part, code in ((given, "given_misspelt"), (family, "family_misspelt")):
        wrong = hit(rates.name_misspelt, part >= 0, code)
        # A name's first spellings are the commonest ones.
        which = np.minimum((rng.random(count) ** 1.6 * names.VARIANTS).astype(np.int64), names.VARIANTS - 1)
        part[wrong] = words.spelt[part[wrong], which[wrong]]
    plain = given < len(words.nickname)
    called = hit(rates.nickname) & plain
    called[called] = words.nickname[given[called]] != given[called]
    given[called] = words.nickname[given[called]]
    errors[called] |= BIT["nickname"]
    gone = hit(rates.middle_missing, middle >= 0, "middle_missing")
    initial = hit(rates.middle_initial, (middle >= 0) & ~gone, "middle_initial")
    middle[gone] = -1
    swapped = hit(rates.name_swapped, None, "name_swapped")
    given[swapped], family[swapped] = family[swapped], given[swapped]

    year, month, dom = parts(birth)
    year_only = hit(rates.birth_year_only, year < 1965, "birth_year_only")
    exchange = hit(rates.birth_day_month, (dom <= 12) & (dom != month) & ~year_only, "birth_day_month")
    off = hit(rates.birth_year_off, ~year_only, "birth_year_off")
    decade = hit(rates.birth_decade, ~off & (year < 2015), "birth_decade")
    sign = np.where(rng.random(count) < 0.5, 1, -1)
    year = year + off * sign + decade * 10 * np.where(year > 1935, sign, 1)
    july = rng.random(count) < 0.4
    month, dom = np.where(exchange, dom, month), np.where(exchange, month, dom)
    month, dom = np.where(year_only, np.where(july, 7, 1), month), np.where(year_only, 1, dom)
    dom = np.where((month == 2) & (dom == 29), 28, dom)
    unknown = hit(rates.birth_missing, None, "birth_missing")

    sex = female.astype(np.int8)
    wrong_sex = hit(rates.sex_wrong, None, "sex_wrong")
    sex = np.where(wrong_sex, 1 - sex, sex)
    sex = np.where(hit(rates.sex_missing, ~wrong_sex, "sex_missing"), -1, sex).astype(np.int8)

    number = np.where(is_adult, national_id, 0)
    missing = hit(rates.id_missing, number > 0, "id_missing")
    number = np.where(missing, 0, number)
    number = mistype(rng, number, hit(rates.id_mistyped, number > 0, "id_mistyped"))
    guardian = hit(rates.id_guardian, ~is_adult & (guardian_id > 0), "id_guardian")
    number = np.where(guardian, guardian_id, number)
    return Written(
        given,
        middle,
        family,
        initial,
        np.where(unknown, NEVER, from_parts(year, month, dom)),
        year_only,
        sex,
        number,
        certificate,
        errors,
    )


def mistype(rng: np.random.Generator, number: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Exchange two neighbouring digits, or write one digit wrongly; never the first, so the length stays."""
    rows = np.flatnonzero(where)
    digits = number[rows].astype(np.int64)
    place = 10 ** rng.integers(0, 5, len(rows))
    low, high = digits // place % 10, digits // (place * 10) % 10
    exchanged = digits + (low - high) * (place * 10 - place)
    replaced = digits + ((low + rng.integers(1, 10, len(rows))) % 10 - low) * place
    changed = np.where((rng.random(len(rows)) < 0.5) & (low != high), exchanged, replaced)
    number = number.copy()
    number[rows] = changed
    return number


INVALID_IDS = (
    "0",
    "123",
    "00000000",
    "N/A",
    "1234",
    "99",
    "NONE",
    "12A45678",
    "ID NOT ISSUED",
    "7777777777",
)


def id_text(number: np.ndarray) -> pl.Series:
    """National IDs as text; null where missing; a negative number picks one of INVALID_IDS."""
    number = np.asarray(number, np.int64)
    invalid = pl.Series(INVALID_IDS).gather(np.where(number < 0, -number - 1, 0))
    text = invalid.zip_with(pl.Series(number < 0), pl.Series(number).cast(pl.String))
    return text.set(pl.Series(number == 0), None)


def middle_text(written: Written) -> np.ndarray:
    """Middle names as text; an initial is the letter alone."""
    text = names.load().text(written.middle)
    text[written.initial] = np.array([word[:1] for word in text[written.initial]], dtype=object)
    return text


def error_lists(errors: np.ndarray) -> pl.Series:
    """The bits as lists of error codes, one list a record."""
    masks, position = np.unique(errors, return_inverse=True)
    lists = [[code for code, bit in BIT.items() if mask & bit] for mask in masks.tolist()]
    return pl.Series("errors", lists, dtype=pl.List(pl.String)).gather(pl.Series(position.astype(np.uint32)))


__all__ = ["BIT", "ERRORS", "NEVER", "Written", "error_lists", "id_text", "middle_text", "write_down"]
