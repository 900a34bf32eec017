"""Which match keys are worth running, from what each found where it was tried.

The greedy approximation of the cheapest cover (Chvatal 1979): always the key that finds most matches, among those that
no key taken before finds, for its cost. A key that costs more than its matches are worth is left out, and so is one
whose matches keys taken after it find as well.
"""

from dataclasses import dataclass

import numpy as np

FEWEST_MATCHES = 0.5  # a key that may be hoped to bring fewer need not be asked for
UNSEEN = 0.25  # matches that may be hoped for where none was seen among the pairs tried


@dataclass
class Trial:
    """What trying the keys showed. `tried`, `would`: bool of shape (matches, keys), which keys were tried on each match
    found and which would find it. Per key: `stands_for`, how many matches each one tried stands for; `pairs` it would
    bring; `cost` of running it, in pairs compared."""

    tried: np.ndarray
    would: np.ndarray
    stands_for: np.ndarray
    pairs: np.ndarray
    cost: np.ndarray


def worthwhile(trial: Trial, price: float, free: float = 0.0) -> tuple[list[int], np.ndarray]:
    """Numbers of the keys worth running, ascending, and the matches that each was expected to add when it was taken.

    `price`: what one more match may cost, in pairs compared. `free`: pairs that are spent without asking, on keys that
    may be hoped to find anything.
    """
    tried, would, adds = trial.tried, trial.would, np.zeros(len(trial.pairs))
    chosen: list[int] = []
    dear: list[int] = []
    left = np.flatnonzero(trial.pairs > 0)
    while len(left):
        expected = tried[:, left].sum(axis=0) * trial.stands_for[left]
        # None seen among half of the pairs is not none at all.
        hoped = expected + UNSEEN * trial.stands_for[left]
        best = int(np.argmax(hoped / trial.cost[left]))
        number, matches = int(left[best]), float(expected[best])
        left = np.delete(left, best)
        adds[number] = matches
        is_free = hoped[best] >= FEWEST_MATCHES and trial.pairs[number] <= free
        if not is_free and trial.cost[number] / price > matches:
            continue
        free -= min(int(trial.pairs[number]), free)
        chosen.append(number)
        if not is_free:
            dear.append(number)
        open_matches = ~would[:, number]
        tried, would = tried[open_matches], would[open_matches]
    return _without_overtaken(trial, price, chosen, dear, adds), adds


def _without_overtaken(
    trial: Trial, price: float, chosen: list[int], dear: list[int], adds: np.ndarray
) -> list[int]:
    """Those chosen without the dear ones that add too little to all others; `adds` then says how little."""
    left = sorted(chosen)
    for number in sorted(dear, key=lambda n: -trial.cost[n]):
        others = [n for n in left if n != number]
        alone = ~trial.would[:, others].any(axis=1)
        expected = trial.tried[alone, number].sum() * trial.stands_for[number]
        if trial.cost[number] / price > expected:
            left = others
            adds[number] = expected
    return left
