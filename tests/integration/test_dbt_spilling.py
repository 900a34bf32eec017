"""dbt's connections beside each other, as a build of models and tests opens them, after one of them has spilled."""

from argparse import Namespace
from pathlib import Path

import duckdb
import pytest
from dbt import flags
from dbt.adapters.duckdb.environments import create
from dbt.config.runtime import load_profile
from dbt_common.context import set_invocation_context

PROJECT = Path(__file__).parents[2] / "dbt_project"
# Some 80 MB of texts to be sorted, with 64 MB of memory.
SPILLS = "create table sorted as select md5(range::varchar) as text from range(2500000) order by text"


@pytest.mark.slow
def test_a_connection_can_be_opened_after_another_has_spilled(tmp_path: Path) -> None:
    places = {"IBR_WAREHOUSE": str(tmp_path / "w.duckdb"), "IBR_TEMP_DIR": str(tmp_path / "tmp")}
    set_invocation_context({**places, "IBR_MEMORY_LIMIT": "64MB", "IBR_THREADS": "1"})
    flags.set_from_args(Namespace(profiles_dir=str(PROJECT)), None)
    environment = create(load_profile(str(PROJECT), {}).credentials)
    first = environment.handle().cursor()
    settings = ("temp_directory", "memory_limit", "threads")
    first.execute("select " + ", ".join(f"current_setting('{name}')" for name in settings))
    assert first.fetchone() == (str(tmp_path / "tmp"), "61.0 MiB", 1)
    first.execute(SPILLS)
    with pytest.raises(duckdb.NotImplementedException, match="has been used"):  # else nothing was spilled
        first.execute("set temp_directory = 'another'")
    second = environment.handle().cursor()
    second.execute("select count(*) from sorted")
    assert second.fetchone() == (2_500_000,)
    environment.close()
