"""Spark on this machine for tests: small, and quick rather than fast."""

import importlib.util
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from linkage.spark.whole import Cluster

# Data of a few hundred rows: compiling code for them, and planning anew after each step, takes longer than the work.
QUICK = {
    "spark.sql.shuffle.partitions": "2",
    "spark.default.parallelism": "2",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.constraintPropagation.enabled": "false",
    "spark.sql.maxPlanStringLength": "1",
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}
_HAS_JAVA = shutil.which("java") is not None or "JAVA_HOME" in os.environ
needs_spark = pytest.mark.skipif(
    not (_HAS_JAVA and importlib.util.find_spec("pyspark")),
    reason="no Spark here: apt-get install default-jre-headless, and `make spark`",
)
needs_java = [pytest.mark.needs_java, needs_spark]


def spark_cluster(storage: Path, **how: Any) -> "Cluster":
    """Two cores of this machine."""
    from linkage.spark.whole import Cluster

    return Cluster(storage, "local[2]", QUICK, **how)
