"""Counts from group sizes equal what recordlinkage and a naive reading of the definitions count."""

import tempfile
from itertools import combinations
from pathlib import Path

import pandas as pd
import pytest
import recordlinkage
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.evaluate import evaluate_clusters

LABELS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=12)


def _pairs(labels: list[int]) -> set[tuple[int, int]]:
    return {(i, j) for i, j in combinations(range(len(labels)), 2) if labels[i] == labels[j]}


@settings(max_examples=30, deadline=None)
@given(LABELS)
def test_against_naive_and_recordlinkage(labels: list[tuple[int, int]]) -> None:
    found, truth = [f for f, _ in labels], [t for _, t in labels]
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for name, entities in (("found", found), ("truth", truth)):
            paths.append(Path(folder) / f"{name}.csv")
            pd.DataFrame({"record_id": range(len(labels)), "entity_id": entities}).to_csv(
                paths[-1], index=False
            )
        result = evaluate_clusters(*paths)
    claimed, true = _pairs(found), _pairs(truth)
    assert result["pairs"]["true_positives"] == len(claimed & true)
    assert result["pairs"]["false_positives"] == len(claimed - true)
    assert result["pairs"]["false_negatives"] == len(true - claimed)
    if claimed and true:
        links_true = pd.MultiIndex.from_tuples(sorted(true))
        links_found = pd.MultiIndex.from_tuples(sorted(claimed))
        assert result["pairs"]["precision"] == pytest.approx(recordlinkage.precision(links_true, links_found))
        assert result["pairs"]["recall"] == pytest.approx(recordlinkage.recall(links_true, links_found))
        if claimed & true:
            assert result["pairs"]["f1"] == pytest.approx(recordlinkage.fscore(links_true, links_found))
    same_found = [{j for j, f in enumerate(found) if f == found[i]} for i in range(len(labels))]
    same_true = [{j for j, t in enumerate(truth) if t == truth[i]} for i in range(len(labels))]
    precision = sum(len(f & t) / len(f) for f, t in zip(same_found, same_true, strict=True)) / len(labels)
    recall = sum(len(f & t) / len(t) for f, t in zip(same_found, same_true, strict=True)) / len(labels)
    assert result["b_cubed"]["precision"] == pytest.approx(precision)
    assert result["b_cubed"]["recall"] == pytest.approx(recall)
