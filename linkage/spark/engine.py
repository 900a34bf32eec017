"""From records to pairs and clusters on Spark, by what was learned on one machine."""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from linkage.engine import PAIR_THRESHOLDS, thresholds
from linkage.results import KeyYield, Progress, Stopwatch
from linkage.spark.areas import find_areas, telling
from linkage.spark.pairs import find_pairs, weigh_pairs
from linkage.spark.records import Records, standardise_records, stored
from linkage.spark.tasks import SETTLED, Settle
from linkage.spark.trained import Trained

AREA_RECORDS = 50_000  # records of areas that one task settles together: some 100 MB


@dataclass
class Linked:
    """What was found. `pairs` and `clusters` have the columns of `deduplicate`; `seconds` per stage."""

    pairs: DataFrame
    clusters: DataFrame
    keys: list[KeyYield]
    candidate_pairs: int
    thresholds: dict[str, float]
    seconds: dict[str, float]


def link_records(
    spark: SparkSession,
    trained: Trained,
    records: DataFrame,
    folder: Path,
    *,
    decisions: pa.Table | None = None,
    join_probability: float | None = 0.5,
    progress: Progress | None = None,
) -> Linked:
    """Find the records of one person among `records`, as `deduplicate` without comparing clusters does with this model
    and these match keys.

    What is stored on the way goes to `folder`, which every machine of the cluster must see by this path. `decisions`
    (record_id_l, record_id_r, decision same | different) bind.
    """
    watch = Stopwatch(progress)
    with watch.stage("standardise"):
        known = standardise_records(spark, trained, records, folder)
    limits = thresholds(trained.specification, PAIR_THRESHOLDS, known.data.tells_apart)
    with watch.stage("match keys"):
        pairs, yields = find_pairs(trained, known)
    with watch.stage("compare"):
        weighed = weigh_pairs(spark, trained, known, pairs, folder)
    with watch.stage("cluster"):
        areas = stored(spark, find_areas(spark, trained, known, weighed, decisions, limits["review"]), folder / "areas")
        joins_from = limits["match"] if join_probability is None else join_probability
        task = Settle(trained, known.data, limits, joins_from, decisions)
        settled = stored(spark, _settled(task, known, telling(trained, weighed), areas), folder / "settled")
    alone = known.numbered.join(areas, "r", "left_anti")
    return Linked(
        settled.where("kind = 'pairs'").drop("kind"),
        settled.where("kind = 'clusters'")
        .select("record_id_l", "record_id_r")
        .union(alone.select("record_id", "record_id"))
        .toDF("record_id", "entity_id"),
        yields,
        weighed.count(),
        limits,
        watch.stages,
    )


def _settled(task: Settle, records: Records, weighed: DataFrame, areas: DataFrame) -> DataFrame:
    """SETTLED of all areas, many of them a task."""
    parts = max(1, areas.count() // AREA_RECORDS)
    placed = areas.withColumn("part", F.pmod(F.xxhash64("area"), F.lit(parts)))
    copies = records.copies.join(records.numbered.select("r", "record_id", "side"), "r")
    members = records.compared.withColumn("stands_for", F.lit(None).cast("bigint"))
    members = members.unionByName(copies, allowMissingColumns=True).join(placed.select("r", "part"), "r")
    left = placed.select(F.col("r").alias("l"), "area", F.col("part").alias("of_part"))
    right = placed.select("r", F.col("area").alias("other"))
    inside = weighed.join(left, "l").join(right, "r").where("area = other")
    return (
        members.groupBy("part")
        .cogroup(inside.select("l", "r", "keys", "w_m", "w_h", "of_part").groupBy("of_part"))
        .applyInArrow(lambda members, pairs: task(members, pairs), SETTLED)
    )
