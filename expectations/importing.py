"""Great Expectations beside Spark."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_CONNECT = ("pyspark.sql.connect.dataframe", "pyspark.sql.connect.session")


@contextmanager
def without_spark_connect() -> Iterator[None]:
    """Hide Spark Connect, which nothing here uses, from what is imported meanwhile.

    Great Expectations looks for it where the extra `spark` is installed, and pyspark 4.3 ends the process, with exit 0,
    where that lacks Connect's own requirements and the main module is no file, as under `python -c`.
    """
    hidden = [name for name in _CONNECT if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
