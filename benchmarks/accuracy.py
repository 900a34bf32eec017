"""How right a result is, by the measures of `ibr evaluate` (linkage/evaluate.py, sample_country/evaluation.py)."""

from pathlib import Path

import duckdb

from linkage.evaluate import evaluate_matches, grouping_measures
from sample_country.evaluation import family_measures, with_review

DIGITS = 5


def of_clusters(folder: Path, truth: Path) -> dict[str, float]:
    """Pairs and B-cubed of clusters.parquet; with households in the truth, families; with pairs.parquet, review."""
    with duckdb.connect() as con:
        con.execute(
            "create table eval_records as "
            "select t.*, coalesce(c.entity_id::varchar, '(alone) ' || record_id) as entity "
            "from (select * replace (record_id::varchar as record_id) from read_parquet($truth)) t "
            "left join (select * replace (record_id::varchar as record_id) from read_parquet($found)) c "
            "using (record_id)",
            {"truth": str(truth), "found": str(folder / "clusters.parquet")},
        )
        found = grouping_measures(con, "select entity, true_entity from eval_records")
        figures = {
            "pair_precision": found["pairs"]["precision"],
            "pair_recall": found["pairs"]["recall"],
            "pair_f1": found["pairs"]["f1"],
            "b_cubed_f1": found["b_cubed"]["f1"],
        }
        if "true_household" in [name for name, *_ in con.execute("describe eval_records").fetchall()]:
            families = family_measures(con)
            figures["family_share"] = families["share_taken_as_one_person"]
            figures["family_f1"] = families["f1_among_people_with_household_members"]
        if (folder / "pairs.parquet").exists():
            con.execute("create schema linkage")
            con.execute(f"create view linkage.pairs as from '{folder / 'pairs.parquet'}'")
            figures["recall_with_review"] = with_review(con, found["pairs"])["recall"]
    return _rounded(figures)


def of_matches(folder: Path, truth: Path) -> dict[str, float]:
    """Precision and recall of matches.parquet: verdict match alone, and the recall with review."""
    found = evaluate_matches(folder / "matches.parquet", truth)
    return _rounded(
        {
            "pair_precision": found["pairs"]["precision"],
            "pair_recall": found["pairs"]["recall"],
            "pair_f1": found["pairs"]["f1"],
            "recall_with_review": found["pairs_with_review"]["recall"],
        }
    )


def _rounded(figures: dict[str, float]) -> dict[str, float]:
    return {name: round(float(value), DIGITS) for name, value in figures.items()}
