"""How many models dbt builds beside each other."""

import pytest

from pipelines.dbt_run import BYTES_A_ROW, one_by_one
from warehouse.connection import connect


@pytest.mark.parametrize(
    ("rows", "limit", "expected"),
    [(0, "500MB", []), (1_000_000, "500MB", []), (3_000_000, "500MB", ["--threads", "1"]), (3_000_000, "2GB", [])],
)
def test_a_memory_that_does_not_hold_several_models_has_them_built_one_by_one(rows, limit, expected):
    assert BYTES_A_ROW == 200, "the rows here are for this"
    with connect(":memory:", memory_limit=limit) as con:
        con.execute(f"CREATE SCHEMA mirror_a; CREATE TABLE mirror_a.t AS FROM range({rows})")
        con.execute("CREATE SCHEMA registry; CREATE TABLE registry.persons AS FROM range(10_000_000)")
        assert one_by_one(con) == expected
