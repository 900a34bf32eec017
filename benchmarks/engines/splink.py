"""Splink on DuckDB, in memory as its documentation uses it; its models are in splink_models.py."""

from importlib.metadata import version
from typing import Any

import duckdb

from benchmarks.engines.ours import Clock, say
from benchmarks.engines.splink_models import MODELS, Model
from benchmarks.jobs import Job

SURE = 0.9


def name() -> str:
    """What results call it."""
    return f"Splink {version('splink')}"


def deduplicate(job: Job, clock: Clock) -> dict[str, Any]:
    """Writes clusters.parquet."""
    con = _connect(job)
    columns = _columns(job.columns)
    model = MODELS[job.data](columns)
    con.execute(f"create table persons as select {_selected(job.record_id, columns, model)} from read_parquet(?)",
                [job.records])  # fmt: skip
    with clock():
        linker = _train(con, job, model, ["persons"])
        say("predict")
        found = linker.inference.predict(threshold_match_probability=model.keep)
        say("cluster")
        clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(found, model.cluster).physical_name
    con.execute(f"copy (select record_id, cluster_id as entity_id from {clusters}) to 'clusters.parquet'")
    return {}


def match(job: Job, clock: Clock) -> dict[str, Any]:
    """Writes matches.parquet: the best of each record's candidates, if it is above .9."""
    con = _connect(job)
    columns = set(_by_role(job.columns).values())
    model = MODELS[job.data](columns)
    assert job.register_columns is not None
    assert job.register_id is not None
    theirs = _by_role(job.register_columns)
    named = ", ".join(f"{_value(theirs[role])} as {column}" for role, column in _by_role(job.columns).items())
    con.execute(f"create table persons as select {_selected(job.record_id, columns, model)} from read_parquet(?)",
                [job.records])  # fmt: skip
    con.execute(f"create table register as select {job.register_id} as record_id, {named} from read_parquet(?)",
                [job.register])  # fmt: skip
    with clock():
        linker = _train(con, job, model, ["persons", "register"])
        say("predict")
        found = linker.inference.predict(threshold_match_probability=model.keep).physical_name
        con.execute(
            "create table best as select record_id_l as record_id, arg_max(record_id_r, match_probability) as "
            f"register_id, max(match_probability) as probability from {found} group by 1"
        )
    con.execute(
        f"copy (select record_id, register_id, if(probability >= {SURE}, 'match', 'review') as verdict from best) "
        "to 'matches.parquet'"
    )
    return {}


def _connect(job: Job) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"memory_limit": job.memory_limit} if job.memory_limit else {})


def _train(con: duckdb.DuckDBPyConnection, job: Job, model: Model, tables: list[str]) -> Any:
    from splink import DuckDBAPI, Linker, SettingsCreator

    settings = SettingsCreator(
        link_type="dedupe_only" if len(tables) == 1 else "link_only",
        unique_id_column_name="record_id",
        comparisons=model.comparisons,
        blocking_rules_to_generate_predictions=model.blocking,
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
    )
    database = DuckDBAPI(con)
    frames = [database.register(table) for table in tables]
    linker = Linker(frames if len(frames) > 1 else frames[0], settings)
    say("prior")
    linker.training.estimate_probability_two_random_records_match(model.prior, recall=model.recall)
    say("u probabilities")
    linker.training.estimate_u_using_random_sampling(max_pairs=model.max_pairs, seed=1)
    for number, rule in enumerate(model.train):
        say(f"expectation maximisation {number + 1}")
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    return linker


def _by_role(columns: dict[str, Any]) -> dict[str, str]:
    """Columns by role, one a role: of places, the finest."""
    return {role: value[-1] if isinstance(value, list) else value for role, value in columns.items()}


def _columns(columns: dict[str, Any]) -> set[str]:
    flat = [value if isinstance(value, list) else [value] for value in columns.values()]
    return {column for group in flat for column in group}


def _selected(record_id: str, columns: set[str], model: Model) -> str:
    named = [f"{_value(column)} as {column}" for column in sorted(columns)]
    derived = [f"{expression} as {column}" for column, expression in model.derived.items()]
    return ", ".join([f"{record_id} as record_id", *named, *derived])


def _value(column: str) -> str:
    """Lower case, as our engine compares them too, and nothing for empty texts."""
    return f"nullif(lower({column}::varchar), '')"
