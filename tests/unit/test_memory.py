"""One figure for the memory of a run."""

import pytest

from ibr.memory import Budget
from warehouse.connection import connect

MB = 10**6


def size(limit: str) -> int:
    return int(limit.removesuffix("MB")) * MB


@pytest.mark.parametrize("limit", ["600MB", "2GB", "8 GB", "1.5GB", "1TB"])
def test_what_runs_beside_each_other_stays_within_it(limit):
    budget = Budget.of(limit)
    copying = budget.landings_at_once * size(budget.landing)
    assert copying + size(budget.merging) <= size(budget.alone) < budget.total
    assert size(budget.landing) > 70 * MB, "too little to copy a wide table with"


def test_python_has_its_part_and_duckdb_the_rest():
    assert (Budget.of("1GB").alone, Budget.of("8GB").alone) == ("500MB", "6200MB")
    assert (Budget.of("1GB").landings_at_once, Budget.of("8GB").landings_at_once) == (1, 8)


def limit_of(con) -> str:
    return con.execute("SELECT current_setting('memory_limit')").fetchone()[0]


def test_a_connection_takes_what_the_workspace_that_its_file_lies_in_allows(tmp_path):
    home = tmp_path / "workspace"
    (home / "published" / "v1").mkdir(parents=True)
    (home / "registry.yml").write_text("warehouse: {memory_limit: 400MB}\n", encoding="utf-8")
    with connect(home / "warehouse.duckdb") as con, connect(":memory:", temp_directory=home / "tmp") as spilling:
        assert limit_of(con) == limit_of(spilling) == "190.7 MiB"
    with connect(home / "published" / "v1" / "me.duckdb") as con:
        assert limit_of(con) == "190.7 MiB"
    with connect(tmp_path / "elsewhere.duckdb") as con, connect(":memory:") as nowhere:
        assert limit_of(con) == limit_of(nowhere) == "5.7 GiB"
