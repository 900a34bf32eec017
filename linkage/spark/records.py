"""Records on Spark: standardised, numbered, counted, and given what keys and comparisons read."""

from dataclasses import dataclass
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
    """`all`: as lk_rec, with `stands_for` (of a copy, the record that stands for it) and `signature`; `data`: what is
    known of them; `totals`: how many hold a value, by column."""

    all: DataFrame
    data: Standardised
    totals: dict[str, int]

    @property
    def compared(self) -> DataFrame:
        """All but the copies."""
        return self.all.where("stands_for is null")


def standardise_records(spark: SparkSession, trained: Trained, records: DataFrame, folder: Path) -> Records:
    """From records as they were given, into Parquet below `folder`: `records`, and `frequency` (column, value, holders:
    records that hold it, two or more)."""
    numbered = _numbered(spark, trained, records, folder)
    copies = _copies(numbered).persist()
    known = numbered.join(copies, "r", "left")
    data = trained.basis.standardised(numbered.count(), copies.count())
    totals = _count_values(spark, known.where("stands_for is null"), data, folder)
    told = _accompanied(_with_counts(spark, known, list(totals), folder), numbered)
    beside = ["stands_for", "is_accompanied", *(f"n_{column}" for column in totals)]
    task = AddFrequencies(data, totals)
    made = mapped(told.select(*numbered.columns, *beside), task.prepare, task)
    return Records(stored(spark, made, folder / "records"), data, totals)


def stored(spark: SparkSession, frame: DataFrame, folder: Path) -> DataFrame:
    """The rows, written once and read again: what follows reads them several times."""
    frame.write.mode("overwrite").parquet(str(folder))
    return spark.read.parquet(str(folder))


def _numbered(spark: SparkSession, trained: Trained, records: DataFrame, folder: Path) -> DataFrame:
    """Numbers ascend with the identifiers, as on one machine, with gaps: nothing needs them to be dense."""
    task = Standardise(trained)
    plain = mapped(records, task.prepare, task).orderBy("record_id")
    return stored(spark, plain.select(F.monotonically_increasing_id().alias("r"), "*"), folder / "standardised")


def _copies(numbered: DataFrame) -> DataFrame:
    """As shadows.sql: records the same in every role, more than so many of them."""
    signed = numbered.where("signature is not null").select("r", "side", "signature")
    repeated = (
        signed.groupBy("side", "signature").agg(F.min("r").alias("stands_for"), F.count("*").alias("n"))
        .where(F.col("n") > MOST_COPIES).drop("n")
    )  # fmt: skip
    return signed.join(repeated, ["side", "signature"]).where("r <> stands_for").select("r", "stands_for")


def _count_values(spark: SparkSession, kept: DataFrame, data: Standardised, folder: Path) -> dict[str, int]:
    """How many records hold any value, by column; `data` learns how common the values are."""
    columns = [field.column for field in data.frequent]
    stack = ", ".join(f"'{column}', {column}" for column in columns)
    values = kept.selectExpr(f"stack({len(columns)}, {stack}) as (column, value)").where("value is not null")
    counted = values.groupBy("column", "value").agg(F.count("*").alias("holders")).persist()
    pairs = F.sum(F.expr("holders * (holders - 1)").cast("double"))
    rows = counted.groupBy("column").agg(F.sum("holders").alias("total"), pairs.alias("agreeing")).collect()
    stored(spark, counted.where("holders > 1"), folder / "frequency")
    counted.unpersist()
    known = {row.column: (int(row.total), float(row.agreeing)) for row in rows}
    data.once, data.chance = {}, {}
    for field in data.frequent:
        note_counts(data, field, *known.get(field.column, (0, 0.0)))
    return {column: known.get(column, (0, 0.0))[0] for column in columns}


def _with_counts(spark: SparkSession, known: DataFrame, columns: list[str], folder: Path) -> DataFrame:
    """Beside each value (n_<column>) how many records hold it, where it is more than one.

    Values that two records share are few beside the records.
    """
    shared = spark.read.parquet(str(folder / "frequency"))
    for column in columns:
        holders = shared.where(F.col("column") == column).select(
            F.col("value").alias(column), F.col("holders").alias(f"n_{column}")
        )
        known = known.join(holders, column, "left")
    return known


def _accompanied(known: DataFrame, numbered: DataFrame) -> DataFrame:
    """Beside each record whether its source lists others in its household (find_households in standardise.py)."""
    households = numbered.where("hh is not null").groupBy("hh").count()
    households = households.where(F.col("count").between(2, LARGEST_HOUSEHOLD)).select("hh", F.lit(True).alias("found"))
    return known.join(households, "hh", "left").withColumn("is_accompanied", F.expr("coalesce(found, false)"))
