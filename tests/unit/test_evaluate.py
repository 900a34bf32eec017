"""Measures on hand-counted files, and what an unusable file says."""

from pathlib import Path

import duckdb
import pytest

from ibr.errors import UsageProblem
from linkage.evaluate import evaluate_clusters, evaluate_matches


def _csv(path: Path, text: str) -> Path:
    path.write_text("\n".join(line.strip() for line in text.strip().splitlines()) + "\n", encoding="utf-8")
    return path


def test_clusters(tmp_path: Path) -> None:
    clusters = _csv(tmp_path / "c.csv", "record_id,entity_id\na,1\nb,1\nc,1\nd,2\nunknown,2")
    truth = _csv(tmp_path / "t.csv", "record_id,entity_id\na,x\nb,x\nc,y\nd,y\ne,z")
    result = evaluate_clusters(clusters, truth)
    # Claimed ab, ac, bc; true ab, cd.
    assert result["pairs"]["precision"] == pytest.approx(1 / 3)
    assert result["pairs"]["recall"] == pytest.approx(1 / 2)
    assert result["pairs"]["f1"] == pytest.approx(0.4)
    assert (result["pairs"]["true_positives"], result["pairs"]["false_positives"]) == (1, 2)
    # By record: a 2/3, b 2/3, c 1/3, d 1, e 1; recall a 1, b 1, c 1/2, d 1/2, e 1.
    assert result["b_cubed"]["precision"] == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1) / 5)
    assert result["b_cubed"]["recall"] == pytest.approx(4 / 5)
    assert result["records"] == {"in_truth": 5, "in_truth_only": 1, "not_in_truth": 1}


def test_parquet_and_integer_identifiers(tmp_path: Path) -> None:
    for name in ("c", "t"):
        duckdb.sql(
            "SELECT range::INTEGER AS record_id, range // 2 AS entity_id FROM range(10)"
        ).write_parquet(str(tmp_path / f"{name}.parquet"))
    result = evaluate_clusters(tmp_path / "c.parquet", tmp_path / "t.parquet")
    assert result["pairs"]["f1"] == 1 == result["b_cubed"]["f1"]


def test_large_groups_are_counted_not_listed(tmp_path: Path) -> None:
    duckdb.sql("SELECT range AS record_id, 1 AS entity_id FROM range(200000)").write_parquet(
        str(tmp_path / "c.parquet")
    )
    result = evaluate_clusters(tmp_path / "c.parquet", tmp_path / "c.parquet")
    assert result["pairs"]["true_positives"] == 200_000 * 199_999 // 2


def test_matches(tmp_path: Path) -> None:
    matches = _csv(
        tmp_path / "m.csv",
        "record_id,register_id,verdict\na,1,match\nb,2,match\nc,3,review\nd,9,match\nunknown,1,match",
    )
    truth = _csv(tmp_path / "t.csv", "record_id,register_id\na,1\nb,5\nc,3\nd,\ne,4")
    result = evaluate_matches(matches, truth)
    assert result["pairs"]["precision"] == pytest.approx(1 / 3)
    assert result["pairs"]["recall"] == pytest.approx(1 / 4)
    assert result["pairs_with_review"]["precision"] == pytest.approx(2 / 4)
    assert result["pairs_with_review"]["recall"] == pytest.approx(2 / 4)
    assert set(result["b_cubed"]) == {"precision", "recall", "f1"}


def test_matches_without_verdict(tmp_path: Path) -> None:
    matches = _csv(tmp_path / "m.csv", "record_id,register_id\na,1")
    result = evaluate_matches(matches, matches)
    assert result["pairs"]["f1"] == 1
    assert "pairs_with_review" not in result


def test_nothing_to_find_and_nothing_claimed(tmp_path: Path) -> None:
    alone = _csv(tmp_path / "t.csv", "record_id,entity_id\na,1\nb,2")
    assert evaluate_clusters(alone, alone)["pairs"]["f1"] == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("record_id,cluster\na,1", "no column entity_id"),
        ("record_id,entity_id\na,1\na,2", "more than once"),
        (None, "is not there"),
    ],
)
def test_unusable_files(tmp_path: Path, text: str | None, said: str) -> None:
    truth = _csv(tmp_path / "t.csv", "record_id,entity_id\na,1")
    path = _csv(tmp_path / "c.csv", text) if text else tmp_path / "none.csv"
    with pytest.raises(UsageProblem, match=said):
        evaluate_clusters(path, truth)


def test_unreadable_parquet(tmp_path: Path) -> None:
    truth = _csv(tmp_path / "t.csv", "record_id,entity_id\na,1")
    (tmp_path / "c.parquet").write_bytes(b"not parquet")
    with pytest.raises(UsageProblem, match="cannot be read"):
        evaluate_clusters(tmp_path / "c.parquet", truth)
