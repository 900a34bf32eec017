"""Between Spark and the DuckDB of a task: batches of rows in and out, and numbers that Spark has no type for."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

# A task compares at most some 100,000 rows at a time; what is more would be a fault, and spills.
MEMORY = "1GB"
_HALF = 2**63
Task = Callable[[duckdb.DuckDBPyConnection, pa.Table], pa.Table]


def signed(number: str) -> str:
    """SQL: a hash (UBIGINT) as Spark holds it, in the same order."""
    return f"({number}::hugeint - {_HALF})::bigint"


def unsigned(number: str) -> str:
    """SQL: and back."""
    return f"({number}::hugeint + {_HALF})::ubigint"


@contextmanager
def connect() -> Iterator[duckdb.DuckDBPyConnection]:
    """The DuckDB of a task: Spark runs one task a core. What it spills lies with Spark's own scratch files, for this
    user alone, and goes with it."""
    beside = os.environ.get("SPARK_LOCAL_DIRS", "").split(",")[0] or None
    with (
        TemporaryDirectory(prefix="ibr-", dir=beside) as scratch,
        duckdb.connect(config={"threads": 1, "memory_limit": MEMORY, "temp_directory": scratch}) as con,
    ):
        con.execute("SET autoinstall_known_extensions = false")
        yield con


def mapped(frame: DataFrame, prepare: Callable[[duckdb.DuckDBPyConnection], None], task: Task) -> DataFrame:
    """What a task makes of the rows, batch by batch; `prepare` fills a fresh DuckDB. Its columns are known from what it
    makes of no rows."""

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with connect() as con:
            prepare(con)
            for batch in batches:
                yield from task(con, pa.Table.from_batches([batch])).to_batches()

    with connect() as con:
        prepare(con)
        made = task(con, to_arrow_schema(frame.schema).empty_table())
    return frame.mapInArrow(run, from_arrow_schema(made.schema))
