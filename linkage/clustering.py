"""Clusters by average linkage inside connected components.

Components alone are fragile: one wrong pair joins two people (FEBRL 3 with few fields: F1 .890 against .966). Two
clusters are merged while the mean log odds over all their pairs of records is at least zero; pairs never compared
count as slightly against. Average linkage is reducible (Bruynooghe 1977): merging every pair of clusters that are each
other's best in one round gives what merging one best pair at a time gives, so a round is a few array operations.
"""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

LOWEST, HIGHEST = -15.0, 12.0  # bits that one pair may say
NEVER_COMPARED = -1.0
UNIT = 1024  # weights are whole 1/1024 bits: sums are exact, so results do not depend on the order of adding
FORBIDDEN = -(10**9)  # units; a decision "different people" outweighs any cluster
MOST_ROUNDS = 10_000


def components(left: np.ndarray, right: np.ndarray, size: int) -> np.ndarray:
    """Component of each of `size` records; each is named by its smallest record. int64, shape (size,)."""
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(size, size))
    _, labels = connected_components(graph, directed=False)
    first = np.full(labels.max(initial=0) + 1, size, dtype=np.int64)
    np.minimum.at(first, labels, np.arange(size))
    return np.asarray(first[labels])


def average_linkage(
    left: np.ndarray,
    right: np.ndarray,
    odds: np.ndarray,
    size: int,
    same: np.ndarray | None = None,
    different: np.ndarray | None = None,
    lone_margin: float = 0.0,
    marks: np.ndarray | None = None,
) -> np.ndarray:
    """Cluster of each of `size` records, named by its smallest record. int64, shape (size,).

    left, right: record numbers of compared pairs, each once; odds: binary log odds of the same person.
    same, different: decided pairs, shape (pairs, 2); `same` merges first and wins over `different`.
    lone_margin: bits above zero that two lone records need, for whom no third record speaks.
    marks: a number of each record (uint64, shape (size,)) by which ties are broken; its record number where None. With
    a hash of what identifies the record, a part of the records ends as it would among all of them.
    """
    marks = np.arange(size, dtype=np.uint64) if marks is None else marks
    cluster = np.arange(size, dtype=np.int64)
    units = np.rint(np.clip(odds, LOWEST, HIGHEST) * UNIT).astype(np.int64) - round(NEVER_COMPARED * UNIT)
    left, right = left.astype(np.int64), right.astype(np.int64)
    if different is not None and len(different):
        left, right = np.concatenate([left, different[:, 0]]), np.concatenate([right, different[:, 1]])
        units = np.concatenate([units, np.full(len(different), FORBIDDEN, dtype=np.int64)])
    if same is not None and len(same):
        cluster = components(same[:, 0], same[:, 1], size)
    members = np.bincount(cluster, minlength=size).astype(np.int64)
    left, right, units = _fold(cluster[left], cluster[right], units, size)
    # Only pairs inside a component of favourable pairs can ever matter.
    good = units > -round(NEVER_COMPARED * UNIT)
    area = components(left[good], right[good], size)
    inside = area[left] == area[right]
    left, right, units = left[inside], right[inside], units[inside]
    threshold = -NEVER_COMPARED * UNIT  # weights were shifted so that "never compared" is zero
    for _ in range(MOST_ROUNDS):
        mean, able = _able(units, members[left] * members[right], threshold, lone_margin)
        if not able.any():
            break
        merged = _mutual_best(left[able], right[able], mean[able], marks)
        members += np.bincount(merged[merged != np.arange(size)], members[merged != np.arange(size)], size).astype(
            np.int64
        )
        cluster = merged[cluster]
        left, right, units = _fold(merged[left], merged[right], units, size)
        # Pairs of clusters in areas where nothing can merge any more are done with.
        live = np.zeros(size, dtype=bool)
        mean, able = _able(units, members[left] * members[right], threshold, lone_margin)
        live[area[left[able]]] = True
        keep = live[area[left]]
        left, right, units = left[keep], right[keep], units[keep]
    return _named_by_smallest(cluster, size)


def _able(units: np.ndarray, pairs: np.ndarray, threshold: float, lone_margin: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean weight of each pair of clusters, and whether it suffices to merge them."""
    mean = units / pairs
    return mean, mean >= threshold + np.where(pairs == 1, lone_margin * UNIT, 0.0)


def _fold(
    left: np.ndarray, right: np.ndarray, units: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sum the weights of all pairs between the same two clusters; pairs within one cluster go."""
    apart = left != right
    low, high = np.minimum(left, right)[apart], np.maximum(left, right)[apart]
    code = low * size + high
    distinct, index = np.unique(code, return_inverse=True)
    total = np.zeros(len(distinct), dtype=np.int64)
    np.add.at(total, index, units[apart])
    return distinct // size, distinct % size, total


def _mutual_best(left: np.ndarray, right: np.ndarray, mean: np.ndarray, marks: np.ndarray) -> np.ndarray:
    """Where each cluster goes this round: pairs that are each other's best merge into the smaller number.

    Ties are broken by a hash of the pair: by number, a hundred identical records would merge one a round.
    """
    size = len(marks)
    with np.errstate(over="ignore"):
        mixed = (marks[left] * np.uint64(0x9E3779B97F4A7C15)) ^ (marks[right] * np.uint64(0xC2B2AE3D27D4EB4F))
        mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> np.uint64(32)
    order = np.lexsort((right, left, mixed, -mean))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    best = np.full(size, len(order), dtype=np.int64)
    np.minimum.at(best, left, rank)
    np.minimum.at(best, right, rank)
    mutual = (best[left] == rank) & (best[right] == rank)
    merged = np.arange(size, dtype=np.int64)
    merged[right[mutual]] = left[mutual]
    return merged


def _named_by_smallest(cluster: np.ndarray, size: int) -> np.ndarray:
    first = np.full(size, size, dtype=np.int64)
    np.minimum.at(first, cluster, np.arange(size))
    return np.asarray(first[cluster])
