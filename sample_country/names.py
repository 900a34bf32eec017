"""Names as numbers: a vocabulary, who draws from which part of it, and how clerks misspell each name.

A person's names are held as positions in `Vocabulary.words` (int32), so that millions of names are drawn, inherited and
misspelt as arrays; text is made once, when a table is written.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zlib import crc32

import numpy as np
import yaml
from faker.providers.person.en_KE import Provider

from sample_country.randomness import choose

VARIANTS = 8
"""Spellings prepared for each name: two local or phonetic ones first, then typing errors."""

_PHONETIC = (
    ("ph", "f"),
    ("th", "t"),
    ("sh", "ch"),
    ("ck", "k"),
    ("ee", "i"),
    ("oo", "u"),
    ("nj", "ny"),
    ("kh", "k"),
    ("mb", "b"),
    ("nd", "d"),
    ("ng", "n"),
    ("au", "ao"),
    ("ei", "e"),
    ("ie", "e"),
    ("y", "i"),
    ("c", "k"),
    ("l", "r"),
    ("r", "l"),
    ("b", "p"),
    ("g", "k"),
    ("v", "f"),
    ("z", "s"),
    ("i", "e"),
    ("u", "o"),
    ("o", "u"),
)
_NEIGHBOURS = dict(zip("abcdefghijklmnopqrstuvwxyz", "snvfrgjbojklknipaetyigczhx", strict=True))


@dataclass(frozen=True)
class Vocabulary:
    """All names and their misspellings.

    words: text by code; the first `len(spelt)` are names, the rest only misspellings.
    spelt: (names, VARIANTS) codes of misspellings; nickname: code of a short form, or of the name itself.
    weights: for each group of counties a row of drawing weights over the names, for surnames (also used as local given
    names), and given names by sex. county_group: (48, groups) how likely a county's family is of each group.
    """

    words: np.ndarray
    spelt: np.ndarray
    nickname: np.ndarray
    surname_weights: np.ndarray
    given_weights: tuple[np.ndarray, np.ndarray]  # male, female: (2, names): row 0 general, row 1 Muslim
    patronymic: np.ndarray  # by group
    county_group: np.ndarray

    def text(self, codes: np.ndarray) -> np.ndarray:
        """Names as text; -1 gives the empty name."""
        return np.where(codes < 0, "", self.words[codes])

    def families(self, rng: np.random.Generator, county: np.ndarray) -> np.ndarray:
        """The group of names each family belongs to, by its county (1..47); most families are from where they live."""
        cumulative = np.cumsum(self.county_group, axis=1)
        return (rng.random(len(county))[:, None] >= cumulative[county]).sum(axis=1).astype(np.int8)

    def surnames(self, rng: np.random.Generator, group: np.ndarray) -> np.ndarray:
        """A surname for each, from its group's names."""
        drawn = np.empty(len(group), np.int32)
        for one in range(len(self.surname_weights)):
            where = np.flatnonzero(group == one)
            drawn[where] = choose(rng, self.surname_weights[one], len(where))
        return drawn

    def given(self, rng: np.random.Generator, group: np.ndarray, female: np.ndarray) -> np.ndarray:
        """A first name for each, by sex and by whether the group's names are Muslim."""
        drawn = np.empty(len(group), np.int32)
        muslim = self.patronymic[group]
        for sex in (0, 1):
            for kind in (0, 1):
                where = np.flatnonzero((female == sex) & (muslim == kind))
                drawn[where] = choose(rng, self.given_weights[sex][kind], len(where))
        return drawn


@cache
def load() -> Vocabulary:
    """Build the vocabulary from Faker's en_KE names and names.yml."""
    rules = yaml.safe_load(Path(__file__).with_name("names.yml").read_text(encoding="utf-8"))
    groups = rules["groups"]
    surnames = dict(Provider.last_names)
    for group, more in rules["more_surnames"].items():
        surnames.update({name: surnames.get(name, 0.0007) for name in more.split()})
        groups[group]["names"] = f"{groups[group].get('names', '')} {more}"
    member = {name: _group_of(name, groups) for name in surnames}
    muslim = {name for name, group in member.items() if group and groups[group].get("patronymic")}
    its_male, its_female = (set(rules[f"muslim_{sex}"].split()) for sex in ("male", "female"))
    male, female = dict(Provider.first_names_male), dict(Provider.first_names_female)
    muslim_male = {n: w for n, w in male.items() if n in muslim or n in its_male}
    muslim_male.update(dict.fromkeys(rules["more_muslim_male"].split(), 0.0008))
    muslim_female = {n: w for n, w in female.items() if n in its_female}
    muslim_female.update(dict.fromkeys(rules["more_muslim_female"].split(), 0.0006))
    local = {name for name, group in member.items() if group}
    general_male = {n: w for n, w in male.items() if n not in local and n not in its_male}
    general_female = {n: w for n, w in female.items() if n not in local and n not in its_female}

    names = list(dict.fromkeys([*surnames, *general_male, *general_female, *muslim_male, *muslim_female]))
    position = {name: i for i, name in enumerate(names)}

    def weights(drawn: dict[str, float], share_of_rest: float = 0.0) -> np.ndarray:
        row = np.full(len(names), 0.0)
        row[[position[n] for n in drawn]] = list(drawn.values())
        row /= row.sum()
        everything = np.array([surnames.get(name, 0.0) for name in names])
        return row * (1 - share_of_rest) + everything / everything.sum() * share_of_rest

    codes = list(groups)
    surname_weights = np.array(
        [weights({n: w for n, w in surnames.items() if member[n] == group}, 0.05) for group in codes]
        + [weights({n: w for n, w in surnames.items() if n not in muslim})]
    )
    county_group = np.zeros((48, len(codes) + 1))
    county_group[:, -1] = 0.18
    for index, group in enumerate(codes):
        county_group[groups[group]["counties"], index] += 1.0 / (1 + 0.15 * len(groups[group]["counties"]))
    county_group[:, -1] += np.where(county_group[:, :-1].sum(axis=1) == 0, 1.0, 0.0)
    county_group /= county_group.sum(axis=1, keepdims=True)

    words = list(names)
    known = dict(position)

    def code(word: str) -> int:
        if word not in known:
            known[word] = len(words)
            words.append(word)
        return known[word]

    variants = {row[0]: row[1:] for row in rules["variants"]}
    spelt = np.array([[code(v) for v in _spellings(name, variants.get(name, []))] for name in names], np.int32)
    nicknames = dict(rules["nicknames"])
    nickname = np.array([code(nicknames.get(name, name)) for name in names], np.int32)
    patronymic = np.array([bool(groups[group].get("patronymic")) for group in codes] + [False])
    return Vocabulary(
        np.array(words, dtype=object),
        spelt,
        nickname,
        surname_weights,
        (
            np.array([weights(general_male), weights(muslim_male)]),
            np.array([weights(general_female), weights(muslim_female)]),
        ),
        patronymic,
        county_group,
    )


def _group_of(name: str, groups: dict[str, dict]) -> str | None:
    for group, rule in groups.items():
        if name in rule.get("names", "").split() or ("pattern" in rule and re.match(rule["pattern"], name)):
            return group
    return None


def _spellings(name: str, local: list[str]) -> list[str]:
    """VARIANTS misspellings of a name, none equal to it; which ones follows from the name alone."""
    lower, found = name.lower(), list(local[:2])
    for sound, written in _PHONETIC:
        if sound in lower[1:] and len(found) < 3:
            found.append(name[0] + lower[1:].replace(sound, written, 1))
    salt = crc32(name.encode())
    step = 0
    while len(found) < VARIANTS:
        place = 1 + (salt + step * 7) % max(len(name) - 1, 1)
        kind = (salt // 5 + step) % 4
        if kind == 0:
            typed = name[:place] + name[place + 1 :]
        elif kind == 1:
            typed = name[: place - 1] + name[place : place + 1] + name[place - 1] + name[place + 1 :]
            typed = typed.capitalize()
        elif kind == 2:
            typed = name[:place] + name[place : place + 1] * 2 + name[place + 1 :]
        else:
            typed = name[:place] + _NEIGHBOURS.get(lower[place : place + 1], "x") + name[place + 1 :]
        if (typed != name and len(typed) > 1) or step > 40:
            found.append(typed if typed != name else name + "a")
        step += 1
    return found[:VARIANTS]
