"""A Spark session of this machine for tests, made once a process; small, and quick rather than fast."""

import importlib.util
import os
import shutil

import pytest

# Data of a few hundred rows: compiling code for them, and planning anew after each step, takes longer than the work.
QUICK = {
    "spark.sql.shuffle.partitions": "2",
    "spark.default.parallelism": "2",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}
_HAS_JAVA = shutil.which("java") is not None or "JAVA_HOME" in os.environ
needs_java = [
    pytest.mark.needs_java,
    pytest.mark.skipif(
        not (_HAS_JAVA and importlib.util.find_spec("pyspark")),
        reason="no Spark here: apt-get install openjdk-17-jre-headless, and `make spark`",
    ),
]
