"""A Spark session: the one that spark-submit has prepared, or one of this machine."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ibr.errors import ConfigurationProblem

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

OLDEST_JAVA = 17
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
    """ConfigurationProblem where Spark or a Java that it runs on is missing."""
    if importlib.util.find_spec("pyspark") is None:
        raise ConfigurationProblem("engine: spark needs the extra spark, which is not installed; `make spark` adds it")
    found = _java_version()
    if found is None or found < OLDEST_JAVA:
        raise ConfigurationProblem(
            f"engine: spark needs Java {OLDEST_JAVA} or later, and {f'Java {found}' if found else 'none'} was found; "
            "apt-get install default-jre-headless, and let JAVA_HOME name it where there are several"
        )


def _java_version() -> int | None:
    """The major version of the Java that Spark would start."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    try:
        asked = [java or "java", "-version"]
        told = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=True).stderr
    except (OSError, subprocess.SubprocessError):
        return None
    version = re.search(r'version "(?:1\.)?(\d+)', told)
    return int(version[1]) if version else None


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
