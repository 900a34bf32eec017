"""An older workspace meets a newer release: nothing of it is lost, and it ends with the tables that a new one has."""

from pathlib import Path

import duckdb

from warehouse.schemas import prepare

FIRST = Path(__file__).with_name("first_schemas.sql").read_text(encoding="utf-8")
COLUMNS = """
    SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns()
    WHERE schema_name IN ('ops', 'linkage', 'reference') ORDER BY ALL
"""


def test_a_warehouse_of_the_first_release_gets_the_tables_and_columns_of_this_one_and_keeps_its_rows():
    with duckdb.connect() as old, duckdb.connect() as new:
        old.execute(FIRST)
        old.execute("INSERT INTO ops.sources (source, name, kind, is_stale) VALUES ('nsnp', 'NSNP', 'mis', false)")
        old.execute("INSERT INTO linkage.persons_crosswalk VALUES ('nsnp:1', 'P000000001')")
        prepare(new)
        assert old.sql(COLUMNS).fetchall() != new.sql(COLUMNS).fetchall()
        for _ in range(2):  # a second run finds nothing more to do
            prepare(old)
            assert old.sql(COLUMNS).fetchall() == new.sql(COLUMNS).fetchall()
        assert old.sql("SELECT source, is_stale FROM ops.sources").fetchall() == [("nsnp", False)]
        assert old.sql("FROM linkage.persons_crosswalk").fetchall() == [("nsnp:1", "P000000001")]
