"""Records of persons as people are shown them: numbers as they were given, dates in one form, all as text."""

from collections.abc import Sequence

import duckdb

from exchange.scripts import run_script


def show_records(con: duckdb.DuckDBPyConnection, record_ids: Sequence[str] | None = None) -> None:
    """Make the temporary table `records_shown` of some records, by default those in the table `records_to_show`.

    The connection may be read-only. What stands there is personal data.
    """
    if record_ids is not None:
        con.execute("CREATE OR REPLACE TEMP TABLE records_to_show AS SELECT unnest(?::VARCHAR[]) AS record_id",
                    [list(record_ids)])
    run_script(con, "exchange", "records_shown")
