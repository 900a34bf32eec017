"""Weights learned without labels: three latent classes, one EM over all match keys, on agreement-pattern counts.

Fellegi & Sunter (1969) compare two classes of pairs. Records of beneficiaries come in households: relatives share
family name, place, phone and mother, and with two classes EM on blocked pairs learns "same household" instead of
"same person" (pair F1 .42 against .995 on generated households). So there are three: same person (m), same household
but another person (h), unrelated (u).

- u comes from random pairs, its full agreement from value frequencies; EM leaves it alone.
- m and h come from the pairs of the sure keys. Each key's own fields are left out for its pairs, because they agree by
  construction (Herzog, Scheuren & Winkler 2007, ch. 9), and a key's voice is damped by the root of its matches.
- In the household class, fields of a person stay at chance, apart from the few relatives who share a birth date
  (twins) or an identifier (a guardian's), within a limit. Where records name their household, they tell better: pairs
  that one source lists in one household are relatives, so what relatives share is counted on them. Names are at home
  somewhere, so brothers share one more often than chance says, and parents avoid it: neither needs to be guessed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as attribute

import numpy as np

from linkage.comparison import Patterns
from linkage.fields import PLACE_CONTEXTS, PLACE_LABELS, Field
from linkage.match_keys import MatchKey

ROUNDS = 200
CLOSE_ENOUGH = 1e-6
BELIEF = 10.0  # pairs' worth of belief in the starting values, so that a tiny file cannot run away
# More for the household class, which few pairs speak for and any odd cluster would take. Of 4.3 million records of the
# sample country, 50 lost it to neighbours (pair precision .571); 500 comes to rest in 26 rounds (.9990), with three
# times the pairs in 55. 2,000 gave F1 .9905 in place of .9906; on the public sets all three give the same F1.
HOUSEHOLD_BELIEF = 500.0
RELATIVES_BELIEF = 500.0  # so that few households do not say that relatives never share something
KEY_BELIEF = 200.0  # pairs' worth of belief that a key's unrelated pairs are like all unrelated pairs
FLOOR = 1e-7
TELLING_KINDS = ("date", "identifier", "other_ids", "phone")  # kinds of fields that tell namesakes apart
# Names are at home somewhere: unrelated namesakes live in one area, share a middle name and a mother's name more often
# than chance says. On the sample country this lost 2 in 100 of precision.
REGIONAL = ("place", "extra", "mother")
CLASSES = ("same person", "same household", "unrelated")


@dataclass
class Learned:
    """Shares per level (one array a field), and per key the shares of the three classes among its pairs.

    `rounds`: of learning, and whether they came to rest. `namesakes`: as u, for unrelated pairs whose given and family
    names agree.
    """

    fields: list[Field]
    m: list[np.ndarray]
    h: list[np.ndarray]
    u: list[np.ndarray]
    classes: np.ndarray  # (keys, 3); NaN for keys that did not teach
    rounds: int = 0
    is_at_rest: bool = True
    namesakes: list[np.ndarray] = attribute(default_factory=list)

    def bits(self, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Summed weights in bits of patterns (patterns, fields; -1 missing): person and household against unrelated."""
        person, household = np.zeros(len(levels)), np.zeros(len(levels))
        alike = self.are_namesakes(levels)
        for i in range(len(self.fields)):
            for total, usual, among in zip((person, household), self.weights(i), self.weights(i, True), strict=True):
                total += np.where(alike, _look_up(among, levels[:, i]), _look_up(usual, levels[:, i]))
        return person, household

    def are_namesakes(self, levels: np.ndarray) -> np.ndarray:
        """Whether given and family name are the same or very alike: bool, one a pattern."""
        alike = np.ones(len(levels), dtype=bool)
        for name in ("given_name", "family_name"):
            found = [i for i, f in enumerate(self.fields) if f.name == name]
            alike &= np.isin(levels[:, found[0]], (0, 1)) if found else False
        return alike

    def weights(self, i: int, namesakes: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """Bits per level of field i: (person, household) against unrelated, or against unrelated namesakes."""
        u = np.maximum((self.namesakes or self.u)[i] if namesakes else self.u[i], FLOOR)
        person, household = np.log2(np.maximum(self.m[i], FLOOR) / u), np.log2(np.maximum(self.h[i], FLOOR) / u)
        if self.fields[i].parent and not any(field.kind_name in TELLING_KINDS for field in self.fields):
            self._keep_below_the_finer(i, person, namesakes)
        return person, household

    def _keep_below_the_finer(self, i: int, person: np.ndarray, namesakes: bool) -> None:
        """A place that agrees while the finer one does not says no more, together with it, than if both agreed.

        Where nothing tells namesakes apart, EM can take neighbours of one name for one person: a pair of another ward
        in one county weighed 5 bits more than a pair of one ward, and 343 of 343 pairs from .979 were wrong.
        """
        finer = next(k for k, field in enumerate(self.fields) if field.name == self.fields[i].parent)
        bits = self.weights(finer, namesakes)[0]
        most = max(bits[0] - bits[1 : len(PLACE_LABELS)].max(), 0.0)
        differing = slice(PLACE_CONTEXTS.index("finer place different") * len(PLACE_LABELS), None)
        person[differing] = np.minimum(person[differing], most)


def _look_up(values: np.ndarray, levels: np.ndarray) -> np.ndarray:
    return np.append(values, 0.0)[levels]  # -1, missing, finds the appended zero


def unrelated_shares(
    patterns: Patterns, random_patterns: np.ndarray, counts: np.ndarray, chance: dict[str, float]
) -> list[np.ndarray]:
    """u per field from random pairs; `chance` (share of pairs in full agreement) replaces the sampled first level."""
    levels = patterns.unpack(random_patterns)
    shares = []
    for i, field in enumerate(patterns.fields):
        if not field.kind.learned:
            shares.append(np.asarray(field.kind.u))
            continue
        seen = np.bincount(levels[:, i] + 1, weights=counts, minlength=field.levels + 1)[1:]
        share = _normalise(field, seen + 5 * BELIEF * field.start(field.kind.u))
        if field.name in chance and not field.parent:
            rest = 1 - chance[field.name]
            share = np.concatenate([[chance[field.name]], share[1:] * rest / max(share[1:].sum(), FLOOR)])
        shares.append(share)
    return shares


def shares_of_relatives(
    patterns: Patterns, relatives: np.ndarray, counts: np.ndarray, u: list[np.ndarray]
) -> dict[int, np.ndarray]:
    """h of the person's own fields, counted on pairs listed in one household (distinct patterns and their counts).

    Field number → shares per level; empty without pairs, and without given names and birth dates: a pair that agrees,
    as good as, on what it has of the two is one person listed twice, and left out.
    """
    places = {field.name: i for i, field in enumerate(patterns.fields)}
    if not counts.sum() or not {"given_name", "birth_date"} <= set(places):
        return {}
    levels = patterns.unpack(relatives)
    telling = levels[:, [places["given_name"], places["birth_date"]]]
    twice = (telling <= 1).all(axis=1) & (telling >= 0).any(axis=1)
    weights = np.where(twice, 0, counts)
    return {
        i: _estimate(field, levels[:, i], weights, u[i], RELATIVES_BELIEF)
        for i, field in enumerate(patterns.fields)
        if field.kind.learned and not field.kind.household and field.kind_name != "attribute"
    }


def _normalise(field: Field, values: np.ndarray) -> np.ndarray:
    blocks = values.reshape(field.contexts, -1)
    return (blocks / np.maximum(blocks.sum(axis=1, keepdims=True), FLOOR)).ravel()


def learn(
    patterns: Patterns,
    keys: Sequence[MatchKey],
    rows_key: np.ndarray,
    rows_pattern: np.ndarray,
    rows_count: np.ndarray,
    u: list[np.ndarray],
    relatives: dict[int, np.ndarray] | None = None,
) -> Learned:
    """EM over (key, pattern, count) rows of the teaching keys.

    Shapes: three arrays of one length; patterns packed (see comparison.Patterns). Deterministic for equal inputs:
    rows are sorted and put together first. Without rows the starting values are returned. `relatives`: h of the fields
    that need not be guessed, see `shares_of_relatives`.
    """
    relatives = relatives or {}
    fields = patterns.fields
    m = [_normalise(f, f.start(f.kind.m)) if f.kind.learned else np.asarray(f.kind.m) for f in fields]
    h = [relatives.get(i, _household_start(f, u[i])) for i, f in enumerate(fields)]
    classes = np.full((len(keys), 3), np.nan)
    if len(rows_key) == 0:
        return Learned(fields, m, h, u, classes)
    fixed = np.array([[f.name in k.fixes for f in fields] for k in keys])
    key, levels, count = _without_fixed(patterns, fixed, rows_key, rows_pattern, rows_count)
    taught = np.unique(key)
    classes[taught] = (0.4, 0.2, 0.4)
    regional = [i for i, f in enumerate(fields) if f.kind_name in REGIONAL]
    u_by_key = {i: np.tile(u[i], (len(keys), 1)) for i in regional}
    rounds = 0
    while rounds < ROUNDS:
        rounds += 1
        log_u = _log_unrelated(u, u_by_key, key, levels)
        posterior = _posterior(m, h, log_u, levels, classes[key])
        weighted = posterior * count[:, None]
        totals = np.stack([np.bincount(key, weighted[:, c], minlength=len(keys)) for c in range(3)], axis=1)
        new_classes = classes.copy()
        new_classes[taught] = (totals[taught] + 0.5) / (totals[taught].sum(axis=1, keepdims=True) + 1.5)
        voice = 1 / np.sqrt(np.maximum(totals[:, 0], 1.0))[key]
        new_m = [
            _estimate(f, levels[:, i], weighted[:, 0] * voice, f.start(f.kind.m)) if f.kind.learned else m[i]
            for i, f in enumerate(fields)
        ]
        new_h = [
            relatives[i] if i in relatives else _household_estimate(f, levels[:, i], weighted[:, 1] * voice, u[i])
            for i, f in enumerate(fields)
        ]
        for i in regional:
            u_by_key[i] = _unrelated_by_key(fields[i], key, levels[:, i], weighted[:, 2], u[i], len(keys))
        moved = max(
            [float(np.abs(a - b).max()) for a, b in zip(m + h, new_m + new_h, strict=True)]
            + [float(np.nanmax(np.abs(new_classes - classes)))]
        )
        m, h, classes = new_m, new_h, new_classes
        if moved < CLOSE_ENOUGH:
            break
    m = [_monotone(f, m[i], u[i]) for i, f in enumerate(fields)]
    namesakes = list(u)
    for k in [k for k in taught if keys[k].finds_namesakes]:
        for i in regional:
            if not fixed[k, i]:
                namesakes[i] = np.maximum(u_by_key[i][k], 0)
    return Learned(fields, m, h, u, classes, rounds, moved < CLOSE_ENOUGH, namesakes)


def _without_fixed(
    patterns: Patterns, fixed: np.ndarray, key: np.ndarray, pattern: np.ndarray, count: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Key, levels and count of the distinct rows, sorted, where a field that the row's key fixes counts as missing.

    Half of the rows differ in nothing else. Levels come as one run of integers a field, as EM reads them.
    """
    factors = np.array(patterns.factors, dtype=np.int64)
    digits = patterns.unpack(pattern).astype(np.int64) + 1
    left = pattern - (digits * fixed[key] * factors).sum(axis=1)
    order = np.lexsort((left, key))
    key, left, count = key[order], left[order], count[order].astype(float)
    starts = np.flatnonzero(np.r_[True, (key[1:] != key[:-1]) | (left[1:] != left[:-1])])
    levels = np.asfortranarray(patterns.unpack(left[starts]).astype(np.intp))
    return key[starts], levels, np.add.reduceat(count, starts)


def _log_unrelated(
    u: list[np.ndarray], by_key: dict[int, np.ndarray], key: np.ndarray, levels: np.ndarray
) -> np.ndarray:
    log = np.zeros(len(levels))
    for i, shares in enumerate(u):
        if i in by_key:
            padded = np.pad(np.log(np.maximum(by_key[i], FLOOR)), ((0, 0), (0, 1)))
            log += padded[key, levels[:, i]]
        else:
            log += _look_up(np.log(np.maximum(shares, FLOOR)), levels[:, i])
    return log


def _unrelated_by_key(
    field: Field, key: np.ndarray, levels: np.ndarray, weights: np.ndarray, u: np.ndarray, keys: int
) -> np.ndarray:
    """A field's shares among each key's unrelated pairs; shape (keys, levels)."""
    width = field.levels + 1
    seen = np.bincount(key * width + levels + 1, weights=weights, minlength=keys * width).reshape(keys, width)[:, 1:]
    blocks = (seen + KEY_BELIEF * u).reshape(keys, field.contexts, -1)
    return np.asarray((blocks / np.maximum(blocks.sum(axis=2, keepdims=True), FLOOR)).reshape(keys, -1))


def _posterior(
    m: list[np.ndarray], h: list[np.ndarray], log_u: np.ndarray, levels: np.ndarray, shares: np.ndarray
) -> np.ndarray:
    log = np.empty((len(levels), 3))
    log[:, 2] = log_u
    for c, values in ((0, m), (1, h)):
        log[:, c] = sum(_look_up(np.log(np.maximum(v, FLOOR)), levels[:, i]) for i, v in enumerate(values))
    log += np.log(np.maximum(shares, FLOOR))
    log -= log.max(axis=1, keepdims=True)
    likelihood = np.exp(log)
    return np.asarray(likelihood / likelihood.sum(axis=1, keepdims=True))


def _estimate(
    field: Field, levels: np.ndarray, weights: np.ndarray, start: np.ndarray, belief: float = BELIEF
) -> np.ndarray:
    seen = np.bincount(levels + 1, weights=weights, minlength=field.levels + 1)[1:]
    return _normalise(field, seen + belief * start)


def _household_start(field: Field, u: np.ndarray) -> np.ndarray:
    if not field.kind.learned:
        return np.asarray(field.kind.u)
    if field.kind.household:
        return _normalise(field, field.start(field.kind.h or field.kind.m))
    return _with_exact(u, field.kind.h_limit / 2) if field.kind.h_limit else u


def _household_estimate(field: Field, levels: np.ndarray, weights: np.ndarray, u: np.ndarray) -> np.ndarray:
    if not field.kind.learned:
        return np.asarray(field.kind.u)
    if field.kind.household:
        shares = _estimate(field, levels, weights, field.start(field.kind.h or field.kind.m), HOUSEHOLD_BELIEF)
        return _monotone(field, shares, u)
    if field.kind.h_limit is None:
        return u
    seen = np.bincount(levels + 1, weights=weights, minlength=field.levels + 1)[1:]
    exact = (seen[0] + BELIEF * field.kind.h_limit / 2) / (seen.sum() + BELIEF)
    return _with_exact(u, float(np.clip(exact, field.kind.h_limit / 4, field.kind.h_limit)))


def _with_exact(u: np.ndarray, exact: float) -> np.ndarray:
    exact = max(exact, float(u[0]))
    return np.concatenate([[exact], u[1:] * (1 - exact) / max(float(u[1:].sum()), FLOOR)])


def _monotone(field: Field, m: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Pool neighbouring levels until a better level never weighs less than a worse one (pool adjacent violators)."""
    if not (field.kind.learned and field.kind.ordered):
        return m
    pooled = m.copy()
    width = len(field.kind.labels)
    for context in range(field.contexts):
        blocks: list[list[int]] = []
        for level in range(context * width, (context + 1) * width):
            blocks.append([level])
            while len(blocks) > 1 and _ratio(m, u, blocks[-2]) < _ratio(m, u, blocks[-1]):
                blocks[-2:] = [blocks[-2] + blocks[-1]]
        for block in blocks:
            pooled[block] = u[block] * _ratio(m, u, block)
    return pooled


def _ratio(m: np.ndarray, u: np.ndarray, block: list[int]) -> float:
    return float(m[block].sum() / max(float(u[block].sum()), FLOOR))
