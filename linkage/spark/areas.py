"""Areas on Spark: sets of records of which none bears on the outcome of another (state.py), so that clusters are made
of each by itself.

Their edges, pairs that may be one person, are few beside the records: scipy finds the components on the driver, in a
seventh of the time that joining edges again and again took (docs/spark.md says in how much memory).
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from linkage.clustering import components
from linkage.co_members import SURE
from linkage.prior import TELLING, log_odds, odds_sql
from linkage.spark.records import Records
from linkage.spark.trained import Trained
from linkage.state import near_odds

ROWS_A_GROUP = 1_000_000  # a task reads one group or more


def find_areas(
    spark: SparkSession,
    trained: Trained,
    records: Records,
    weighed: DataFrame,
    decisions: pa.Table | None,
    review: float,
    folder: Path,
) -> DataFrame:
    """(r, area: a number of it) of the records that are not alone in theirs, in Parquet in `folder`."""
    edges = _near(trained, weighed, review).unionByName(_households(trained, records, weighed))
    copies = records.all.where("stands_for is not null")
    edges = edges.unionByName(copies.select(F.col("stands_for").alias("l"), "r"))
    if decisions is not None and len(decisions):
        edges = edges.unionByName(_decided(spark, records, decisions))
    found = edges.toArrow()
    left, right = (found[side].to_numpy() for side in ("l", "r"))
    known, ends = np.unique(np.concatenate([left, right]), return_inverse=True)
    area = known[components(ends[: len(left)], ends[len(left) :], len(known))] if len(known) else known
    folder.mkdir()
    pq.write_table(pa.table({"r": known, "area": area}), folder / "part.parquet", row_group_size=ROWS_A_GROUP)
    return spark.read.parquet(str(folder))


def telling(trained: Trained, weighed: DataFrame) -> DataFrame:
    """The pairs that can still say something."""
    odds = odds_sql(trained.model.prior)
    return weighed.withColumn("odds", F.expr(odds)).where(TELLING).drop("odds")


def _near(trained: Trained, weighed: DataFrame, review: float) -> DataFrame:
    """Pairs that may join clusters or be written: whatever co-members can add to a pair whose households have nobody
    in common; of the others, the households stand or fall together."""
    co_members = trained.model.co_members
    near = near_odds(review) - (co_members.most_without if co_members else 0.0)
    return weighed.where(f"{odds_sql(trained.model.prior)} > {near!r}").select("l", "r")


def _households(trained: Trained, records: Records, weighed: DataFrame) -> DataFrame:
    """Every member of a household that has one in common with another, beside its first."""
    ties = weighed.where(f"hh_l is not null and {odds_sql(trained.model.prior)} >= {log_odds(SURE)!r}")
    tied = ties.select(F.col("hh_l").alias("hh")).union(ties.select("hh_r")).distinct()
    members = records.compared.select("r", "hh").join(tied, "hh")
    firsts = members.groupBy("hh").agg(F.min("r").alias("l"))
    return members.join(firsts, "hh").select("l", "r")


def _decided(spark: SparkSession, records: Records, decisions: pa.Table) -> DataFrame:
    """Pairs that people decided to be one person."""
    known = records.all.select("record_id", "r")
    same = spark.createDataFrame(decisions).where("decision = 'same'")
    left = known.select(F.col("record_id").alias("record_id_l"), F.col("r").alias("l"))
    right = known.select(F.col("record_id").alias("record_id_r"), "r")
    return same.join(left, "record_id_l").join(right, "record_id_r").select("l", "r")
