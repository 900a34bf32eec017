"""True households: who lives together, how old they are, and what they are called.

One row a person, ordered by household and relation (the head first). Ages fit relations: mothers are at least 15 years
older than their children, siblings are born one to a few years apart, and some are twins.
"""

from dataclasses import dataclass

import numpy as np

from sample_country import names
from sample_country.settings import (
    CHILD,
    GRANDCHILD,
    HEAD,
    OPCT,
    OTHER,
    OVC,
    PARENT,
    PWSD,
    SIBLING,
    SPOUSE,
    UNRELATED,
)

GENERAL = 5
"""A household of no program's kind: the rest of the country."""

#                    OPCT  PWSD  OVC   HSNP  CFA  general
_FEMALE_HEAD = (0.55, 0.35, 0.68, 0.45, 0.40, 0.35)
_SPOUSE_FEMALE_HEAD = (0.20, 0.25, 0.10, 0.35, 0.40, 0.35)
_SPOUSE_MALE_HEAD = (0.70, 0.75, 0.55, 0.85, 0.85, 0.75)
_CHILDREN = (0.9, 2.2, 2.0, 2.9, 2.4, 2.1)
_GRANDCHILDREN = (1.7, 0.5, 1.1, 0.4, 0.3, 0.3)
_PARENT = (0.02, 0.10, 0.06, 0.10, 0.08, 0.05)
_SIBLING = (0.03, 0.10, 0.06, 0.06, 0.06, 0.06)
_OTHER = (0.15, 0.15, 0.20, 0.20, 0.12, 0.12)
_UNRELATED = (0.02, 0.02, 0.03, 0.02, 0.02, 0.04)
_DRAWS = 4  # more than enough: a repeated name is rare


Block = tuple[np.ndarray, int, np.ndarray, np.ndarray, np.ndarray]
"""Persons of one relation: household, relation, age in years, is female, is twin."""


@dataclass
class People:
    """Persons as arrays of one length; `household` never falls. Names are vocabulary codes, dates day numbers."""

    household: np.ndarray
    line: np.ndarray  # 1.. within the household
    relation: np.ndarray
    birth: np.ndarray
    female: np.ndarray
    is_twin: np.ndarray
    orphan: np.ndarray  # 0 none, 1 father dead, 2 mother dead, 3 both
    disabled: np.ndarray  # 0 no, 1 some, 2 severe
    ill: np.ndarray
    given: np.ndarray
    middle: np.ndarray
    family: np.ndarray
    mother_given: np.ndarray
    mother_family: np.ndarray
    first: np.ndarray  # by household: its first person's row
    size: np.ndarray  # by household

    def __len__(self) -> int:
        return len(self.household)


def build(rng: np.random.Generator, kind: np.ndarray, county: np.ndarray, today: int) -> People:
    """Households of the given kinds (program number, or GENERAL) in the given counties (1..47)."""
    count = len(kind)
    everyone = np.arange(count)
    elder_is_parent = (kind == OPCT) & (rng.random(count) < 0.22)
    age = rng.gamma(6.0, 4.2, count) + 19
    elderly = 70 + np.minimum(rng.exponential(6.5, count), 33)
    age = np.where(kind == OPCT, np.where(elder_is_parent, rng.uniform(36, 58, count), elderly), age)
    age = np.where((kind == OVC) & (rng.random(count) < 0.4), rng.uniform(52, 82, count), age)
    age = np.where((kind == OVC) & (age < 70) & (age > 50), age - 8, age)
    female_head = rng.random(count) < np.take(_FEMALE_HEAD, kind)
    married = rng.random(count) < np.where(
        female_head, np.take(_SPOUSE_FEMALE_HEAD, kind), np.take(_SPOUSE_MALE_HEAD, kind)
    )
    spouse_age = np.clip(age + np.where(female_head, 5, -5) + rng.normal(0, 4, count), 18, 100)
    mother_age = np.where(female_head, age, np.where(married, spouse_age, age - 5))

    blocks: list[Block] = [(everyone, HEAD, age, female_head, np.zeros(count, bool))]
    where = np.flatnonzero(married)
    blocks.append((where, SPOUSE, spouse_age[where], ~female_head[where], np.zeros(len(where), bool)))
    number = rng.poisson(np.take(_CHILDREN, kind))
    number = np.where((kind == OVC) & (age < 50), np.maximum(number, 1), number)
    blocks.append(_siblings(rng, number, mother_age, CHILD))
    number = rng.poisson(np.take(_GRANDCHILDREN, kind) * np.where(age > 45, 1.0, 0.0))
    number = np.where((kind == OVC) & (age >= 50), np.maximum(number, 1), number)
    blocks.append(_siblings(rng, number, np.minimum(age - 21, 36), GRANDCHILD))
    has_parent = elder_is_parent | ((rng.random(count) < np.take(_PARENT, kind)) & (age < 70))
    parent_age = np.maximum(age + rng.uniform(17, 34, count), np.where(elder_is_parent, elderly, 0))
    for chance, relation, ages in (
        (has_parent, PARENT, np.minimum(parent_age, 104)),
        (rng.random(count) < np.take(_SIBLING, kind), SIBLING, np.maximum(age + rng.normal(0, 5, count), 6)),
        (rng.random(count) < np.take(_OTHER, kind), OTHER, rng.uniform(1, 70, count)),
        (rng.random(count) < np.take(_UNRELATED, kind), UNRELATED, rng.uniform(12, 60, count)),
    ):
        where = np.flatnonzero(chance)
        blocks.append((where, relation, ages[where], rng.random(len(where)) < 0.55, np.zeros(len(where), bool)))

    household = np.concatenate([b[0] for b in blocks]).astype(np.int32)
    relations = np.concatenate([np.full(len(b[0]), b[1], np.int8) for b in blocks])
    ages = np.concatenate([b[2] for b in blocks])
    female = np.concatenate([b[3] for b in blocks]).astype(bool)
    twin = np.concatenate([b[4] for b in blocks])
    order = np.lexsort((-ages, relations, household))
    household, relations, ages = household[order], relations[order], ages[order]
    female, twin = female[order], twin[order]
    birth = (today - np.floor(ages * 365.25) - 1).astype(np.int32)
    size = np.bincount(household, minlength=count)
    first = np.cumsum(size) - size
    line = (np.arange(len(household)) - first[household] + 1).astype(np.int16)
    people_kind = kind[household]
    orphan = _orphanhood(rng, people_kind, relations, ages)
    disabled = (rng.random(len(ages)) < 0.03).astype(np.int8)
    pick = np.lexsort((rng.random(len(ages)), household))[first]  # one at random of each household
    disabled[pick[kind == PWSD]] = 2
    ill = rng.random(len(ages)) < 0.02 + 0.002 * np.clip(ages - 30, 0, 60)
    given, middle, family, mother_given, mother_family = _call(rng, household, relations, female, first, size, county)
    # Twins carry one birth date; floor() above gives them that, as their ages are equal.
    return People(
        household, line, relations, birth, female, twin, orphan, disabled, ill, given, middle, family,
        mother_given, mother_family, first, size,
    )  # fmt: skip


def _siblings(rng: np.random.Generator, number: np.ndarray, mother_age: np.ndarray, relation: int) -> Block:
    """Children of one mother: the youngest's age, then gaps; none who would make her a mother before 15."""
    household = np.repeat(np.arange(len(number)), number)
    first = np.cumsum(number) - number
    rank = np.arange(len(household)) - first[household]
    mother = mother_age[household]
    youngest = np.where(
        mother_age < 43,
        rng.uniform(0, 1, len(number)) * np.clip(mother_age - 17, 0.2, 14),
        mother_age - 43 + rng.uniform(0, 12, len(number)),
    )
    gap = 1.0 + rng.exponential(1.7, len(household))
    is_twin = (rng.random(len(household)) < 0.02) & (rank > 0)
    gap = np.where(rank == 0, 0.0, np.where(is_twin, 0.0, gap))
    total = np.cumsum(gap)
    age = youngest[household] + total - (total[first[household]] if len(total) else total)
    is_twin[:-1] |= is_twin[1:]
    # Grown children mostly live elsewhere, but a compound of three generations keeps some.
    keep = (age <= mother - 15) & ((age < 24) | (rng.random(len(age)) < (0.45 if relation == CHILD else 0.1)))
    keep |= (rank == 0) & (age <= mother - 15) & (age < 24)
    female = rng.random(len(household)) < 0.5
    return household[keep], relation, age[keep], female[keep], is_twin[keep]


def _orphanhood(rng: np.random.Generator, kind: np.ndarray, relation: np.ndarray, age: np.ndarray) -> np.ndarray:
    drawn = rng.random(len(age))
    child = (age < 18) & (relation >= CHILD)
    among_orphans = np.select([drawn < 0.40, drawn < 0.58, drawn < 0.78], [1, 2, 3], 0)
    elsewhere = np.select([drawn < 0.035, drawn < 0.055, drawn < 0.065], [1, 2, 3], 0)
    orphan = np.where(kind == OVC, among_orphans, elsewhere)
    orphan = np.where((relation == CHILD) & (orphan == 3), 1, orphan)  # the head is a living parent
    return np.where(child, orphan, 0).astype(np.int8)


def _call(
    rng: np.random.Generator,
    household: np.ndarray,
    relation: np.ndarray,
    female: np.ndarray,
    first: np.ndarray,
    size: np.ndarray,
    county: np.ndarray,
) -> tuple[np.ndarray, ...]:
    """Given, middle, family, mother's given and mother's family names.

    Where fathers' names are handed down: given, father's given, grandfather's given. Elsewhere the middle name is one
    of the people's own (often the name used at home) or the father's given name, and the family name is the father's.
    """
    words, count, persons = names.load(), len(first), len(household)
    group = words.families(rng, county)
    house_name = words.surnames(rng, group)
    is_patronymic = words.patronymic[group]
    given = words.given(rng, group[household], female)
    _name_siblings_apart(rng, words, group, household, given, female, np.flatnonzero(relation == CHILD))
    own = words.surnames(rng, group[household])
    blood = np.isin(relation, (CHILD, SIBLING, PARENT, HEAD)) | ((relation == GRANDCHILD) & (rng.random(persons) < 0.6))
    takes = (
        blood
        | ((relation == SPOUSE) & (rng.random(persons) < 0.6))
        | ((relation == OTHER) & (rng.random(persons) < 0.3))
    )
    family = np.where(takes, house_name[household], own).astype(np.int32)

    second = np.minimum(first + 1, persons - 1)
    has_spouse = (size > 1) & (relation[second] == SPOUSE)
    father_row = np.where(~female[first], first, np.where(has_spouse & ~female[second], second, -1))
    mother_row = np.where(female[first], first, np.where(has_spouse & female[second], second, -1))
    father_given = np.where(father_row >= 0, given[father_row], words.given(rng, group, np.zeros(count, bool)))
    # A son who bears his father's name: two people whom only the birth date tells apart.
    namesake = (relation == CHILD) & ~female & (rng.random(persons) < 0.03)
    given = np.where(namesake, father_given[household], given)

    drawn = rng.random(persons)
    child = relation == CHILD
    local = words.surnames(rng, group[household])
    other_father = words.given(rng, group[household], np.zeros(persons, bool))
    middle = np.where(
        drawn < 0.55, local, np.where(drawn < 0.85, np.where(child, father_given[household], other_father), -1)
    )
    patronymic = is_patronymic[household]
    grandfather = words.given(rng, group, np.zeros(count, bool))
    middle = np.where(patronymic, np.where(child, father_given[household], other_father), middle)
    family = np.where(patronymic & child, grandfather[household], family)
    family = np.where(patronymic & (relation == HEAD) & (rng.random(persons) < 0.6), grandfather[household], family)
    middle = np.where(middle == given, -1, middle)

    mother_given = words.given(rng, group[household], np.ones(persons, bool))
    mother_family = words.surnames(rng, group[household])
    # Sisters and brothers have one mother: the household's, or (grandchildren) one daughter not living there.
    known = child & (mother_row[household] >= 0)
    mother_given = np.where(known, given[mother_row[household]], mother_given)
    mother_family = np.where(known, family[mother_row[household]], mother_family)
    shared = (relation == GRANDCHILD) & (rng.random(persons) < 0.8)
    mother_given = np.where(shared, mother_given[first[household]], mother_given)
    mother_family = np.where(shared, house_name[household], mother_family)
    return tuple(a.astype(np.int32) for a in (given, middle, family, mother_given, mother_family))


def _name_siblings_apart(
    rng: np.random.Generator,
    words: names.Vocabulary,
    group: np.ndarray,
    household: np.ndarray,
    given: np.ndarray,
    female: np.ndarray,
    children: np.ndarray,
) -> None:
    """Parents do not give one name to two children, least of all to twins: who repeats a name draws again, in place."""
    for _ in range(_DRAWS):
        named = household[children].astype(np.int64) * (int(given.max(initial=0)) + 1) + given[children]
        _, first = np.unique(named, return_index=True)
        again = np.delete(children, first)
        if not len(again):
            return
        given[again] = words.given(rng, group[household[again]], female[again])
