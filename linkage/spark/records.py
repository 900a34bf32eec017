"""Records on Spark: standardised, numbered, counted, and given what keys and comparisons read."""

from dataclasses import dataclass
from functools import reduce
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from linkage.spark.frames import mapped
from linkage.spark.tasks import AddFrequencies, Standardise
from linkage.spark.trained import Trained
from linkage.standardise import LARGEST_HOUSEHOLD, MOST_COPIES, Standardised
from linkage.term_frequency import note_counts


@dataclass(frozen=True)
class Records:
    """`numbered`: all records as lk_plain, by ascending number; `copies` (r, stands_for): those that another stands
    for; `compared`: the others as lk_rec; `data`: what is known of them."""

    numbered: DataFrame
    copies: DataFrame
    compared: DataFrame
    data: Standardised


def standardise_records(spark: SparkSession, trained: Trained, records: DataFrame, folder: Path) -> Records:
    """From records as they were given, in Parquet below `folder`."""
    numbered = _numbered(spark, trained, records, folder)
    copies = _copies(numbered).persist()
    kept = numbered.join(copies, "r", "left_anti")
    data = trained.basis.standardised(numbered.count(), copies.count())
    counted, totals = _with_counts(kept, data)
    households = (
        numbered.where("hh is not null").groupBy("hh").count()
        .where(F.col("count").between(2, LARGEST_HOUSEHOLD)).select("hh", F.lit(True).alias("is_accompanied"))
    )  # fmt: skip
    told = counted.join(households, "hh", "left").withColumn(
        "is_accompanied", F.coalesce("is_accompanied", F.lit(False))
    )
    task = AddFrequencies(data, totals)
    compared = stored(spark, mapped(told, task.prepare, task), folder / "compared")
    return Records(numbered, copies, compared, data)


def stored(spark: SparkSession, frame: DataFrame, folder: Path, **options: str) -> DataFrame:
    """The rows, written once and read again: what follows reads them several times."""
    frame.write.mode("overwrite").parquet(str(folder), **options)
    return spark.read.parquet(str(folder))


def _numbered(spark: SparkSession, trained: Trained, records: DataFrame, folder: Path) -> DataFrame:
    """Numbers ascend with the identifiers, as on one machine, with gaps: nothing needs them to be dense."""
    task = Standardise(trained)
    plain = mapped(records, task.prepare, task).orderBy("record_id")
    return stored(spark, plain.withColumn("r", F.monotonically_increasing_id()), folder / "standardised")


def _copies(numbered: DataFrame) -> DataFrame:
    """As shadows.sql: records the same in every role, more than so many of them."""
    signed = numbered.where("signature is not null").select("r", "side", "signature")
    repeated = (
        signed.groupBy("side", "signature").agg(F.min("r").alias("stands_for"), F.count("*").alias("n"))
        .where(F.col("n") > MOST_COPIES).drop("n")
    )  # fmt: skip
    return signed.join(repeated, ["side", "signature"]).where("r <> stands_for").select("r", "stands_for")


def _with_counts(kept: DataFrame, data: Standardised) -> tuple[DataFrame, dict[str, int]]:
    """Beside each value how many records hold it; how many hold any; `data` learns how common values are.

    A value that one record holds joins nothing, and none is common enough to make a task wait: names and places are
    few, and are sent to every machine; numbers that two records share are joined by them.
    """
    held = {
        field.column: kept.where(F.col(field.column).isNotNull())
        .groupBy(F.col(field.column).alias("value")).agg(F.count("*").alias("holders"))
        for field in data.frequent
    }  # fmt: skip
    figures = reduce(DataFrame.union, (_figures(column, counts) for column, counts in held.items())).collect()
    known = {row.column: row for row in figures}
    data.once, data.chance = {}, {}
    for field in data.frequent:
        row = known[field.column]
        note_counts(data, field, row.total, row.agreeing)
    counted = kept
    for column, counts in held.items():
        shared = counts.where("holders > 1").toDF(column, f"n_{column}")
        counted = counted.join(shared, column, "left")
    return counted, {column: row.total for column, row in known.items()}


def _figures(column: str, counts: DataFrame) -> DataFrame:
    """Of a column: how many records hold a value, and how many ordered pairs of them the same."""
    return counts.agg(
        F.lit(column).alias("column"),
        F.coalesce(F.sum("holders"), F.lit(0)).alias("total"),
        F.coalesce(F.sum(F.expr("holders * (holders - 1)")).cast("double"), F.lit(0.0)).alias("agreeing"),
    )
