"""Learning recovers the parameters that made-up patterns were drawn with."""

import numpy as np
import pytest

from linkage.comparison import Patterns
from linkage.fields import Field
from linkage.match_keys import MatchKey
from linkage.weights import RELATIVES_BELIEF, Learned, learn, shares_of_relatives, unrelated_shares

FIELDS = [
    Field("given_name", "given", "given", "given name"),
    Field("family_name", "family", "family", "family name"),
    Field("birth_date", "date", "dob", "birth date"),
    Field("sex", "sex", "sex", "sex"),
    Field("place_0", "place", "place_0", "ward"),
]
KEYS = [
    MatchKey("given name", ("given",), frozenset({"given_name"}), True),
    MatchKey("birth date", ("dob",), frozenset({"birth_date"}), True),
    MatchKey("ward", ("place_0",), frozenset({"place_0"}), True),
]


def drawn(rng: np.random.Generator, shares: list[np.ndarray], size: int) -> np.ndarray:
    return np.stack([rng.choice(len(share), size=size, p=share / share.sum()) for share in shares], axis=1)


def packed(patterns: Patterns, levels: np.ndarray) -> np.ndarray:
    return ((levels + 1) * np.array(patterns.factors)).sum(axis=1)


@pytest.fixture
def learned_and_truth():
    rng = np.random.default_rng(7)
    patterns = Patterns.of(FIELDS)
    m = [np.asarray(f.kind.m) for f in FIELDS]
    m[0] = np.array([0.55, 0.2, 0.1, 0.05, 0.1])
    u = [np.asarray(f.kind.u) for f in FIELDS]
    h = [np.asarray(f.kind.h) if f.kind.household else u[i] for i, f in enumerate(FIELDS)]
    keys, rows = [], []
    for k in range(len(KEYS)):
        for shares, size in ((m, 4000), (h, 6000), (u, 10000)):
            rows.append(packed(patterns, drawn(rng, shares, size)))
            keys.append(np.full(size, k))
    distinct, count = np.unique(
        np.stack([np.concatenate(keys), np.concatenate(rows)], axis=1), axis=0, return_counts=True
    )
    return learn(patterns, KEYS, distinct[:, 0], distinct[:, 1], count, u), m, h


def test_em_recovers_the_same_person_class(learned_and_truth):
    learned, m, _ = learned_and_truth
    assert learned.m[0][0] == pytest.approx(m[0][0], abs=0.05)
    assert learned.m[2][0] == pytest.approx(m[2][0], abs=0.05)
    assert learned.classes[1, 0] == pytest.approx(0.2, abs=0.03)


def test_em_keeps_household_members_apart(learned_and_truth):
    """Different given names and birth dates in one ward with one family name are a household, not a person."""
    learned, _, _ = learned_and_truth
    relatives = np.array([[4, 0, 7, 0, 0]])
    person, household = learned.bits(relatives)
    assert household[0] > person[0] + 5


def test_better_levels_never_weigh_less(learned_and_truth):
    learned, _, _ = learned_and_truth
    for i in range(len(FIELDS)):
        assert (np.diff(learned.weights(i)[0]) <= 1e-9).all()


def test_no_rows_gives_the_starting_values():
    patterns = Patterns.of(FIELDS)
    u = unrelated_shares(patterns, np.empty(0, dtype=np.int64), np.empty(0), {"given_name": 0.02})
    nothing = np.empty(0, dtype=np.int64)
    learned = learn(patterns, KEYS, nothing, nothing, nothing, u)
    assert learned.u[0][0] == pytest.approx(0.02)
    assert learned.m[0].sum() == pytest.approx(1)
    assert learned.rounds == 0


def test_patterns_pack_and_unpack():
    patterns = Patterns.of(FIELDS)
    levels = np.array([[-1, 4, 0, 1, -1], [0, 0, 7, -1, 3]])
    assert (patterns.unpack(packed(patterns, levels)) == levels).all()


def test_what_relatives_share_is_counted_on_relatives():
    """400 brothers of different names, 40 pairs of twins, and 60 people written down twice, who are no relatives."""
    patterns = Patterns.of(FIELDS)
    u = [np.asarray(f.kind.u) for f in FIELDS]
    levels = np.array([[4, 0, 7, 0, 0], [4, 0, 0, 1, 0], [0, 0, 0, 0, 0]])
    found = shares_of_relatives(patterns, packed(patterns, levels), np.array([400, 40, 60]), u)
    belief = RELATIVES_BELIEF
    assert set(found) == {0, 2, 3}  # family name and place are the household's own fields: EM learns them
    assert found[0][0] == pytest.approx(belief * u[0][0] / (440 + belief), rel=1e-3)
    assert found[2][0] == pytest.approx((40 + belief * u[2][0]) / (440 + belief), rel=1e-3)
    without_dates = Patterns.of([f for f in FIELDS if f.name != "birth_date"])
    assert shares_of_relatives(without_dates, np.array([0]), np.array([10]), u) == {}
    nobody = np.empty(0, dtype=np.int64)
    assert shares_of_relatives(patterns, nobody, nobody, u) == {}


def test_shares_of_relatives_are_kept_by_learning():
    rng = np.random.default_rng(8)
    patterns = Patterns.of(FIELDS)
    u = [np.asarray(f.kind.u) for f in FIELDS]
    rows = packed(patterns, drawn(rng, [np.asarray(f.kind.m) for f in FIELDS], 500))
    distinct, count = np.unique(rows, return_counts=True)
    told = np.array([0.001, 0.001, 0.01, 0.01, 0.978])
    learned = learn(patterns, KEYS, np.zeros(len(distinct), np.int64), distinct, count, u, {0: told})
    assert (learned.h[0] == told).all()


def test_among_names_another_ward_never_weighs_more_than_the_same():
    """However EM came to it: the same county in another ward, with that ward, weighs no more than the same ward."""
    ward = Field("place_0", "place", "place_0", "ward")
    county = Field("place_1", "place", "place_1", "county", "place_0")
    m = [np.array([0.5, 0.3, 0.1, 0.1]), np.array([0.5, 0.2, 0.2, 0.1] * 3)]
    u = [np.array([0.05, 0.05, 0.1, 0.8]), np.array([0.004, 0.1, 0.1, 0.796] * 3)]
    person = [Learned([ward, county], m, m, u, np.empty((0, 3))).weights(i)[0] for i in (0, 1)]
    assert person[1][0] == pytest.approx(np.log2(0.5 / 0.004))  # where the ward is not known
    assert person[0][1:].max() + person[1][8:].max() <= person[0][0]


def test_many_odd_pairs_do_not_take_the_household_class():
    """Unrelated pairs whose household numbers are alike, 180,000 beside 320 pairs of relatives, all a hundredfold: they
    are not the household class, or relatives would be taken for one person."""
    fields = [*FIELDS, Field("household_id", "household", "hh", "household"), Field("phone", "phone", "phone", "phone")]
    rng, patterns = np.random.default_rng(7), Patterns.of(fields)
    m, u = ([np.asarray(getattr(f.kind, name)) for f in fields] for name in "mu")
    m[5], u[5] = np.array([0.001, 0.2, 0.799]), np.array([0.0001, 0.288, 0.7119])
    h = [np.asarray(f.kind.h) if f.kind.household else u[i] for i, f in enumerate(fields)]
    odd = [*u[:4], np.array([0.04, 0.48, 0.475, 0.005]), np.array([0.0001, 0.9, 0.0999]), u[6]]
    rows = [
        np.column_stack([np.full(size, k), packed(patterns, drawn(rng, shares, size))])
        for k, relatives in enumerate((10, 300, 10))
        for shares, size in ((m, 2000), (h, relatives), (u, 10000), (odd, 60000))
    ]
    distinct, count = np.unique(np.concatenate(rows), axis=0, return_counts=True)
    learned = learn(patterns, KEYS, distinct[:, 0], distinct[:, 1], count * 100, u)
    assert learned.is_at_rest
    assert learned.h[1][0] > 0.5
    assert learned.h[4][0] > 0.5
    assert learned.m[0][4] < 0.1


def test_learning_without_rest_says_so(monkeypatch, learned_and_truth):
    assert learned_and_truth[0].is_at_rest
    monkeypatch.setattr("linkage.weights.ROUNDS", 2)
    patterns = Patterns.of(FIELDS)
    rows = packed(patterns, drawn(np.random.default_rng(1), [np.asarray(f.kind.m) for f in FIELDS], 50))
    distinct, count = np.unique(rows, return_counts=True)
    u = [np.asarray(f.kind.u) for f in FIELDS]
    learned = learn(patterns, KEYS, np.zeros(len(distinct), np.int64), distinct, count, u)
    assert learned.rounds == 2
    assert not learned.is_at_rest
