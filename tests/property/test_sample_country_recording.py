"""Clerks' errors, calendars and identifiers of the sample country, for any input."""

import datetime as dt

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from sample_country import calendar, names, population, recording
from sample_country.randomness import choose, weighted_sample

days = st.integers(-30_000, 30_000)


@given(st.lists(days, min_size=1, max_size=50))
def test_days_and_their_parts_agree(values):
    numbers = np.array(values)
    year, month, day = calendar.parts(numbers)
    assert (calendar.from_parts(year, month, day) == numbers).all()
    assert calendar.date_of(numbers[0]) == dt.date(int(year[0]), int(month[0]), int(day[0]))


@given(st.lists(st.integers(1_000_000, 99_999_999), min_size=1, max_size=50), st.integers(0, 2**32))
def test_a_mistyped_id_differs_and_keeps_its_length(values, seed):
    numbers = np.array(values)
    typed = recording.mistype(np.random.default_rng(seed), numbers, np.ones(len(numbers), bool))
    assert (typed != numbers).all()
    assert [len(str(n)) for n in typed] == [len(str(n)) for n in numbers]


@given(st.integers(0, 30_000_000), st.integers(1, 5000))
def test_ids_are_one_to_one_and_well_formed(first, count):
    ids = population.ids_of(np.arange(first, first + count))
    assert len(np.unique(ids)) == count
    assert ids.min() >= 1_000_000
    assert ids.max() <= 99_999_999


@given(st.lists(st.integers(0, 2 ** len(recording.ERRORS) - 1), max_size=30))
def test_error_lists_say_the_bits(masks):
    lists = recording.error_lists(np.array(masks, np.int64))
    assert [sum(recording.BIT[code] for code in row) for row in lists.to_list()] == masks


@given(st.lists(st.floats(0, 100), min_size=1, max_size=40), st.integers(0, 40), st.integers(0, 2**32))
def test_weighted_samples_are_distinct_and_never_of_no_weight(weights, count, seed):
    weights = np.array(weights)
    chosen = weighted_sample(np.random.default_rng(seed), weights, count)
    assert len(np.unique(chosen)) == len(chosen) == min(count, (weights > 0).sum())
    assert (weights[chosen] > 0).all()


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=20), st.integers(0, 2**32))
def test_choices_are_positions(weights, seed):
    drawn = choose(np.random.default_rng(seed), np.array(weights), 100)
    assert drawn.min() >= 0
    assert drawn.max() < len(weights)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 200), st.integers(0, 2**32))
def test_what_is_noted_is_what_was_changed(count, seed):
    rng = np.random.default_rng(seed)
    words = names.load()
    rates = recording.ErrorRates()
    true_given = rng.integers(0, 1000, count).astype(np.int32)
    family, birth = rng.integers(0, 1000, count).astype(np.int32), rng.integers(-5000, 18_000, count).astype(np.int32)
    middle, female = np.full(count, -1, np.int32), rng.random(count) < 0.5
    ids, adult = population.ids_of(np.arange(count)), rng.random(count) < 0.6
    zeros = np.zeros(count, np.int64)
    written = recording.write_down(
        rng, rates, true_given, middle, family, birth, female, np.where(adult, ids, 0), zeros, zeros + 1_234_567, adult
    )
    noted = pl.DataFrame({"e": recording.error_lists(written.errors)})["e"].list

    def without(*codes: str) -> np.ndarray:
        return ~np.any([noted.contains(code).to_numpy() for code in codes], axis=0)

    assert (
        written.given[without("given_misspelt", "nickname", "name_swapped")]
        == true_given[without("given_misspelt", "nickname", "name_swapped")]
    ).all()
    kept = without("birth_year_only", "birth_day_month", "birth_year_off", "birth_decade", "birth_missing")
    year, month, day = calendar.parts(birth)
    leap = (month == 2) & (day == 29)
    assert (written.birth[kept & ~leap] == birth[kept & ~leap]).all()
    unchanged = without("id_missing", "id_mistyped", "id_guardian") & adult
    assert (written.national_id[unchanged] == ids[unchanged]).all()
    assert (written.national_id[~adult & without("id_guardian")] == 0).all()
    assert (written.sex[without("sex_wrong", "sex_missing")] == female[without("sex_wrong", "sex_missing")]).all()
    assert len(words.words) > written.given.max()
    assert year.shape == (count,)


def test_every_spelling_differs_from_its_name():
    words = names.load()
    assert (words.words[words.spelt] != words.words[: len(words.spelt), None]).all()
    assert (np.char.str_len(words.words[words.spelt].astype(str)) >= 2).all()
