"""How good a linkage is, against a truth of the same shape: pairs and B-cubed, from counts.

Pairs are never listed. A group of n records holds n(n-1)/2 pairs, so three groupings give everything: the
records by entity, by true entity and by both. Pairwise measures after Christen (2012), B-cubed after Bagga
and Baldwin (1998).
"""

from pathlib import Path
from typing import Any

import duckdb

from ibr.errors import UsageProblem

Measures = dict[str, dict[str, float]]

# The records of the truth, each with the group it was put in; a record that was left out is alone.
_JOINED = """
    SELECT truth.entity_id AS true_entity, coalesce(found.entity_id, '(alone) ' || truth.record_id) AS entity
    FROM truth LEFT JOIN found USING (record_id)
"""
_FROM_COUNTS = """
    WITH joined AS ({joined}),
    entities AS (SELECT entity, count(*) AS n FROM joined GROUP BY ALL),
    true_entities AS (SELECT true_entity, count(*) AS n FROM joined GROUP BY ALL),
    both_ways AS (SELECT entity, true_entity, count(*) AS n FROM joined GROUP BY ALL)
    SELECT
        (SELECT coalesce(sum(n * (n - 1) // 2), 0) FROM both_ways)::BIGINT AS right_pairs,
        (SELECT coalesce(sum(n * (n - 1) // 2), 0) FROM entities)::BIGINT AS pairs,
        (SELECT coalesce(sum(n * (n - 1) // 2), 0) FROM true_entities)::BIGINT AS true_pairs,
        (SELECT sum(b.n * b.n / e.n) / sum(b.n) FROM both_ways AS b JOIN entities AS e USING (entity)) AS
        b_precision,
        (SELECT sum(b.n * b.n / t.n) / sum(b.n) FROM both_ways AS b JOIN true_entities AS t USING
        (true_entity)) AS b_recall,
        (SELECT count(*) FROM joined) AS records
"""


def measures(right: int, claimed: int, true: int) -> dict[str, float]:
    """Precision, recall and F1 of `right` among `claimed` and among `true`; nothing claimed is precise,
    nothing true is found.
    """
    precision = right / claimed if claimed else 1.0
    recall = right / true if true else 1.0
    return {
        "precision": precision,
        "recall": recall,
        "f1": harmonic(precision, recall),
        "true_positives": right,
        "false_positives": claimed - right,
        "false_negatives": true - right,
    }


def harmonic(precision: float, recall: float) -> float:
    """The harmonic mean; 0 where both are."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def grouping_measures(con: duckdb.DuckDBPyConnection, joined: str) -> Measures:
    """Pairs and B-cubed of a grouping.

    `joined` is a query with a row a record: `entity` and `true_entity`, both without nulls.
    """
    row = con.execute(_FROM_COUNTS.format(joined=joined)).fetchone()
    assert row is not None
    right, claimed, true, b_precision, b_recall, _ = row
    b_precision, b_recall = (1.0 if value is None else value for value in (b_precision, b_recall))
    return {
        "pairs": measures(right, claimed, true),
        "b_cubed": {"precision": b_precision, "recall": b_recall, "f1": harmonic(b_precision, b_recall)},
    }


def evaluate_clusters(clusters_path: str | Path, truth_path: str | Path) -> Measures:
    """Measures of clusters (record_id, entity_id) against a truth of the same columns; CSV or Parquet files.

    Only the truth's records count; one that the clusters leave out is alone in its own. `pairs` holds
    precision, recall, f1 and the counts behind them, `b_cubed` precision, recall and f1. Raises UsageProblem
    where a file cannot be read, lacks a column, or names a record twice.
    """
    with duckdb.connect() as con:
        _load(con, "found", clusters_path, "entity_id")
        _load(con, "truth", truth_path, "entity_id")
        for table, path in (("found", clusters_path), ("truth", truth_path)):
            _refuse_repeated(con, table, path)
        result = grouping_measures(con, _JOINED)
        result["records"] = _coverage(con)
        return result


def evaluate_matches(matches_path: str | Path, truth_path: str | Path) -> Measures:
    """Measures of matches to a register (record_id, register_id) against a truth of the same columns.

    A pair is a record with a register person. A truth without register_id says that the record is not in the
    register. Only records of the truth count. Where the matches have a `verdict`, `pairs` and `b_cubed` count
    verdict match alone, and `pairs_with_review` both. In `b_cubed`, records of one register person are one
    group. Raises UsageProblem.
    """
    with duckdb.connect() as con:
        has_verdict = _load(con, "proposed", matches_path, "register_id", verdict=True)
        _load(con, "truth", truth_path, "register_id")
        con.execute("CREATE TABLE found AS SELECT * FROM proposed WHERE coalesce(verdict, 'match') = 'match'")
        result = {"pairs": _match_pairs(con, "found")}
        if has_verdict:
            result["pairs_with_review"] = _match_pairs(con, "proposed")
        result["b_cubed"] = grouping_measures(
            con,
            """
            SELECT
                coalesce(found.entity_id, '(alone) ' || truth.record_id) AS entity,
                coalesce(truth.entity_id, '(alone) ' || truth.record_id) AS true_entity
            FROM (SELECT record_id, min(entity_id) AS entity_id FROM truth GROUP BY record_id) AS truth
            LEFT JOIN (SELECT record_id, min(entity_id) AS entity_id FROM found GROUP BY record_id) AS found
                USING (record_id)""",
        )["b_cubed"]
        result["records"] = _coverage(con)
        return result


def _match_pairs(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, float]:
    row = con.execute(f"""
        WITH claimed AS (
            SELECT DISTINCT record_id, entity_id FROM {table} SEMI JOIN truth USING (record_id) WHERE
            entity_id IS NOT NULL
        ),
        true_pairs AS (SELECT DISTINCT record_id, entity_id FROM truth WHERE entity_id IS NOT NULL)
        SELECT
            (SELECT count(*) FROM claimed SEMI JOIN true_pairs USING (record_id, entity_id)),
            (SELECT count(*) FROM claimed),
            (SELECT count(*) FROM true_pairs)""").fetchone()
    assert row is not None
    return measures(*row)


def _coverage(con: duckdb.DuckDBPyConnection) -> dict[str, float]:
    row = con.execute("""
        SELECT
            (SELECT count(DISTINCT record_id) FROM truth),
            (SELECT count(DISTINCT record_id) FROM truth ANTI JOIN found USING (record_id)),
            (SELECT count(DISTINCT record_id) FROM found ANTI JOIN truth USING (record_id))""").fetchone()
    assert row is not None
    return dict(zip(("in_truth", "in_truth_only", "not_in_truth"), row, strict=True))


def _load(
    con: duckdb.DuckDBPyConnection, table: str, path: str | Path, entity: str, *, verdict: bool = False
) -> bool:
    """Read record_id and the entity column as text into a table; True where there is a verdict and it was
    asked for.
    """
    path = Path(path)
    if not path.is_file():
        raise UsageProblem(
            f"{path} is not there; a CSV or Parquet file with record_id and {entity} was expected"
        )
    reader = (
        "read_parquet(?)" if path.suffix.lower() in (".parquet", ".pq") else "read_csv(?, all_varchar = true)"
    )
    try:
        columns = [row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {reader}", [str(path)]).fetchall()]
    except duckdb.Error as error:
        raise UsageProblem(f"{path} cannot be read as CSV or Parquet ({type(error).__name__})") from None
    missing = [name for name in ("record_id", entity) if name not in columns]
    if missing:
        raise UsageProblem(
            f"{path} has no column {' and no '.join(missing)}; its columns are {', '.join(columns)}"
        )
    with_verdict = verdict and "verdict" in columns
    said = "verdict::VARCHAR" if with_verdict else "NULL::VARCHAR"
    con.execute(
        f"CREATE TABLE {table} AS SELECT record_id::VARCHAR AS record_id, {entity}::VARCHAR AS entity_id, "
        f"{said} AS verdict FROM {reader} WHERE record_id IS NOT NULL",
        [str(path)],
    )
    if entity == "entity_id":
        con.execute(f"UPDATE {table} SET entity_id = '(alone) ' || record_id WHERE entity_id IS NULL")
    return with_verdict


def _refuse_repeated(con: duckdb.DuckDBPyConnection, table: str, path: Any) -> None:
    row = con.execute(f"SELECT count(*) - count(DISTINCT record_id) FROM {table}").fetchone()
    if row and row[0]:
        raise UsageProblem(
            f"{path} names {row[0]} record(s) more than once; each belongs to one entity, list it once"
        )
