"""Candidate pairs on Spark: a hash join for each match key of the plan, and their weights."""

from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from linkage.blocking import BLOCK_LIMIT, Blocks
from linkage.candidates import most_pairs
from linkage.results import KeyYield
from linkage.spark.frames import mapped
from linkage.spark.records import Records, stored
from linkage.spark.tasks import KeyValues, Weigh
from linkage.spark.trained import Trained


def find_pairs(trained: Trained, records: Records) -> tuple[DataFrame, list[KeyYield]]:
    """Pairs (l, r, keys) of the blocks that each key may pair, and what each key brings.

    Which keys are run comes with the model; how large their blocks may be is found here, by the same rule, among all
    records.
    """
    task = KeyValues(trained)
    values = mapped(records.compared, task.prepare, task)
    blocks = values.groupBy("key", "h").agg(F.count("*").alias("n")).where("n > 1")
    yields = _yields(trained, blocks, most_pairs(records.data.compared))
    known = {-1: 0, **{number: yields[number].limit or 0 for number, _ in trained.basis.plan}}  # a map is never empty
    limits = F.create_map(*(F.lit(value) for pair in known.items() for value in pair))
    kept = values.join(blocks.where(F.col("n") <= limits[F.col("key").cast("int")]).drop("n"), ["key", "h"])
    left, right = kept.withColumnRenamed("r", "l"), kept
    found = left.join(right, ["key", "h"]).where("l < r")
    return found.groupBy("l", "r").agg(F.expr("bit_or(shiftleft(1L, key))").alias("keys")), yields


def weigh_pairs(
    spark: SparkSession, trained: Trained, records: Records, pairs: DataFrame, folder: Path
) -> DataFrame:
    """lk_weighed of the pairs (and hh_l, hh_r of those that tie two households), in Parquet below `folder`."""
    columns = F.struct(*(column for column in records.compared.columns if column not in ("r", "record_id")))
    left = records.compared.select(F.col("r").alias("l"), columns.alias("a"))
    right = records.compared.select("r", columns.alias("b"))
    task = Weigh(trained, records.data)
    both = pairs.join(left, "l").join(right, "r").select("l", "r", "keys", "a", "b")
    return stored(spark, mapped(both, task.prepare, task), folder / "weighed")


def _yields(trained: Trained, blocks: DataFrame, allowed: int) -> list[KeyYield]:
    """What each key brings, by number; those that the plan leaves out bring nothing."""
    yields = [KeyYield(key.name) for key in trained.keys]
    sizes = blocks.groupBy("key", "n").agg(F.count("*").alias("blocks")).orderBy("key", "n").collect()
    for number, _ in trained.basis.plan:
        mine = [(row.n, row.n * (row.n - 1) // 2 * row.blocks, row.blocks) for row in sizes if row.key == number]
        found, within = yields[number], Blocks.within(mine, allowed)
        found.is_used, found.pairs, found.blocks_skipped = True, within.pairs, within.skipped
        found.limit = within.limit if within.skipped else BLOCK_LIMIT
    return yields
