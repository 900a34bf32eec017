"""A Spark session: the one that spark-submit has prepared, or one of this machine."""

import importlib.util
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ibr.errors import ConfigurationProblem

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# What tasks and what reads their files rely on, whoever has made the session.
_TASKS = {
    # A task's DuckDB works on whole batches; of 10,000 rows, the default, starting is most of the work.
    "spark.sql.execution.arrow.maxRecordsPerBatch": "100000",
    "spark.sql.session.timeZone": "UTC",
    # A moment, as DuckDB reads it; the default is an older form that says no time zone.
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
}
_SILENT = Path(__file__).with_name("log4j2.properties").as_uri()
# A session of this machine is quiet, and nothing of it listens beyond the machine.
_LOCAL = {
    "spark.app.name": "ibr",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.defaultJavaOptions": f"-Dlog4j2.configurationFile={_SILENT}",
}


def require() -> None:
    """ConfigurationProblem where Spark or Java is missing."""
    if importlib.util.find_spec("pyspark") is None:
        raise ConfigurationProblem("engine: spark needs the extra spark, which is not installed; `make spark` adds it")
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        raise ConfigurationProblem(
            "engine: spark needs Java 17 or later, and none was found; apt-get install default-jre-headless"
        )


def open_session(master: str = "local[*]", settings: Mapping[str, str] | None = None) -> "SparkSession":
    """A session with the settings given, which go before what spark-submit was told; `master` only where nothing was
    submitted. The caller stops it. Errors as `require`.
    """
    require()
    from pyspark.sql import SparkSession

    wanted: dict[str, bool | float | int | str | None] = {**_TASKS, **(settings or {})}
    if "PYSPARK_GATEWAY_PORT" not in os.environ:  # set by spark-submit, which says where and as what this runs
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        if master.startswith("local"):
            os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
            wanted = {**_LOCAL, **wanted}
        wanted = {"spark.master": master, **wanted}
    return SparkSession.builder.config(map=wanted).getOrCreate()
