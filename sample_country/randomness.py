"""Random streams: one for each part, so that a change in one part leaves the others' data as they were."""

from zlib import crc32

import numpy as np


def stream(seed: int, *parts: str) -> np.random.Generator:
    """A generator that depends on the seed and on the part's name only, never on the machine or on call order."""
    return np.random.default_rng([seed & 0xFFFFFFFF, *(crc32(part.encode()) for part in parts)])


def choose(rng: np.random.Generator, weights: np.ndarray, size: int) -> np.ndarray:
    """`size` indexes drawn with the given weights (inverse of the cumulative sum: O(log n) a draw)."""
    cumulative = np.cumsum(weights, dtype=np.float64)
    drawn = np.searchsorted(cumulative, rng.random(size) * cumulative[-1], side="right")
    return np.minimum(drawn, len(weights) - 1).astype(np.int64)


def weighted_sample(rng: np.random.Generator, weights: np.ndarray, count: int) -> np.ndarray:
    """`count` distinct indexes, the likelier the heavier (Efraimidis and Spirakis 2006); sorted."""
    eligible = np.flatnonzero(weights > 0)
    keys = np.log(rng.exponential(size=len(eligible))) - np.log(weights[eligible])
    count = min(count, len(eligible))
    return np.sort(eligible[np.argsort(keys, kind="stable")[:count]])
