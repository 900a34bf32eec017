"""Says when expectations/duckdb_dialect.py can go."""

import subprocess
import sys

WITHOUT = """
import os
os.environ["GX_ANALYTICS_ENABLED"] = "false"
import duckdb
import great_expectations as gx
import great_expectations.expectations as gxe
import sys
duckdb.connect(sys.argv[1]).execute("CREATE TABLE t AS SELECT 1 AS a")
context = gx.get_context(mode="ephemeral")
datasource = context.data_sources.add_sql("d", connection_string=f"duckdb:///{sys.argv[1]}")
asset = datasource.add_table_asset("t", table_name="t")
batch = asset.add_batch_definition_whole_table("all").get_batch()
print("works" if batch.validate(gxe.ExpectColumnValuesToNotBeNull(column="a")).success else "fails")
"""


def test_great_expectations_still_needs_the_workaround(tmp_path):
    script = tmp_path / "without.py"
    script.write_text(WITHOUT)
    done = subprocess.run(
        [sys.executable, script, str(tmp_path / "w.duckdb")], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "fails", (
        "Great Expectations now works on DuckDB without keep_connections_for_duckdb(): remove it from "
        f"expectations/duckdb_dialect.py, and this test. {done.stderr[-500:]}"
    )
