"""From records to pairs and clusters on Spark, by what was learned on one machine."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from linkage.engine import PAIR_THRESHOLDS, thresholds
from linkage.prior import Prior, fixed_point
from linkage.results import KeyYield, Stopwatch
from linkage.spark.areas import find_areas, telling
from linkage.spark.pairs import find_pairs, weigh_pairs
from linkage.spark.records import Records, standardise_records, stored
from linkage.spark.tasks import SETTLED, Settle
from linkage.spark.trained import Trained
from linkage.sql import literal

AREA_RECORDS = 50_000  # records of areas that one task settles together


@dataclass
class Linked:
    """What was found, in Parquet below `folder`; `results.py` reads it. `trained`: with the prior of all records."""

    folder: Path
    trained: Trained
    records: Records
    keys: list[KeyYield]
    candidate_pairs: int
    thresholds: dict[str, float]

    def stored(self, files: str) -> str:
        """SQL for DuckDB: the rows of the files in this folder."""
        return f"read_parquet({literal(str(self.folder / files / '*.parquet'))})"


def link_records(
    spark: SparkSession,
    trained: Trained,
    records: DataFrame,
    folder: Path,
    *,
    decisions: pa.Table | None = None,
    join_probability: float | None = 0.5,
    watch: Stopwatch | None = None,
) -> Linked:
    """Find the records of one person among `records`, as `deduplicate` without comparing clusters does with this model
    and these match keys.

    Every machine of the cluster must see `folder` by this path. `decisions` (record_id_l, record_id_r, decision same |
    different) bind. Where the model was learned on a part of the records, the shares of one person and of one household
    among all pairs are found anew.
    """
    watch = watch or Stopwatch()
    with watch.stage("standardise"):
        known = standardise_records(spark, trained, records, folder)
    limits = thresholds(trained.specification, PAIR_THRESHOLDS, trained.basis.tells_apart)
    with watch.stage("match keys"):
        pairs, yields = find_pairs(trained, known)
    with watch.stage("compare"):
        weighed = weigh_pairs(spark, trained, known, pairs, folder)
        if trained.basis.records < known.data.records:
            trained = trained.with_prior(_prior(trained, known, weighed))
    with watch.stage("cluster"):
        areas = find_areas(spark, trained, known, weighed, decisions, limits["review"], folder / "areas")
        joins_from = limits["match"] if join_probability is None else join_probability
        task = Settle(trained, known.data, limits, joins_from, decisions)
        pairs = stored(spark, telling(trained, weighed), folder / "telling")
        stored(spark, _settled(task, known, pairs, areas), folder / "settled")
    return Linked(folder, trained, known, yields, weighed.count(), limits)


def _settled(task: Settle, records: Records, weighed: DataFrame, areas: DataFrame) -> DataFrame:
    """SETTLED of all areas, many of them a task."""
    parts = max(1, areas.count() // AREA_RECORDS)
    placed = areas.withColumn("part", F.pmod(F.xxhash64("area"), F.lit(parts)))
    members = records.all.join(placed.select("r", "part"), "r")
    left = placed.select(F.col("r").alias("l"), "area", F.col("part").alias("of_part"))
    right = placed.select("r", F.col("area").alias("other"))
    inside = weighed.join(left, "l").join(right, "r").where("area = other")
    return (
        members.groupBy("part")
        .cogroup(inside.select("l", "r", "keys", "w_m", "w_h", "of_part").groupBy("of_part"))
        .applyInArrow(lambda members, pairs: task(members, pairs), SETTLED)
    )


def _prior(trained: Trained, records: Records, weighed: DataFrame) -> Prior:
    """The shares among all pairs of records, where a part of them, households whole, taught the model.

    Pairs of one household grow as the records do, all pairs as their square: so their share falls as the part rises.
    Match keys that find relatives and nobody else are not run, so they cannot be counted here.
    """
    bits = {"m": F.col("w_m"), "h": F.least("w_h", F.lit(60.0))}
    quarters = [F.round(number * 4).cast("int").alias(name) for name, number in bits.items()]
    counts = weighed.groupBy(*quarters).agg(F.count("*").cast("double").alias("n"))
    found = {name: np.asarray(column) for name, column in counts.toArrow().to_pydict().items()}
    part = trained.basis.records / records.data.records
    compared = records.data.compared
    return fixed_point(
        compared * (compared - 1) // 2, found["m"], found["h"], found["n"], found["n"],
        household=trained.model.prior.household * part,
    )  # fmt: skip
