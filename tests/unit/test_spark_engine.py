"""engine: spark where something of it is missing: told before anything is copied, in one line."""

import importlib.util
from types import SimpleNamespace

import duckdb
import pytest

from ibr.errors import ConfigurationProblem
from linkage.spark.session import require
from pipelines.spark import clear


@pytest.mark.parametrize(
    ("has_spark", "java", "said"),
    [
        (False, "17.0.15", "the extra spark, which is not"),
        (True, None, "needs Java 17 or later, and none was found"),
        (True, "11.0.2", "and Java 11 was found"),
        (True, "1.8.0_402", "and Java 8 was found"),
        (True, "21", None),
    ],
)
def test_what_is_missing_is_named_with_what_adds_it(monkeypatch, tmp_path, has_spark, java, said):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if has_spark else None)
    if java:
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "java").write_text(f"#!/bin/sh\necho 'openjdk version \"{java}\" 2025-04-15' >&2\n")
        (tmp_path / "bin" / "java").chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    if said is None:
        require()
        return
    with pytest.raises(ConfigurationProblem, match=said) as problem:
        require()
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize(("engine", "stays"), [("spark", {"tables"}), ("duckdb", set())])
def test_what_a_killed_run_left_in_the_clear_is_removed(tmp_path, engine, stays):
    for name in ("linkage", "inputs", "tables"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "part.parquet").touch()
    workspace = SimpleNamespace(spark_storage=tmp_path, registry=SimpleNamespace(engine=engine))
    with duckdb.connect() as con:
        con.execute("CREATE SCHEMA linkage_learned; CREATE TABLE linkage_learned.records (name VARCHAR)")
        clear(workspace, con)
        assert con.execute("SELECT count(*) FROM duckdb_tables()").fetchone() == (0,)
    assert {folder.name for folder in tmp_path.iterdir()} == stays
