"""Our engine as a user has it: roles in a specification, `model: auto`, a scratch database on disk as in `ibr link`."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import duckdb

from benchmarks.jobs import Job
from linkage import LinkageResult, Specification, match_register
from linkage import deduplicate as find_persons

Clock = Callable[[], AbstractContextManager[None]]


def name() -> str:
    """What results call it."""
    return "ibr linkage"


def deduplicate(job: Job, clock: Clock) -> dict[str, Any]:
    """Writes clusters.parquet, and pairs.parquet: what is sure and what is for review."""
    con = _connect(job)
    specification = Specification.from_mapping(
        {"record_id": job.record_id, "source": job.source, "columns": job.columns}
    )
    with clock():
        result = find_persons(con, specification, "records", "output", progress=say, **job.options)
    con.execute("copy output.clusters to 'clusters.parquet'")
    con.execute("copy (select record_id_l, record_id_r, verdict from output.pairs) to 'pairs.parquet'")
    return _told(result)


def match(job: Job, clock: Clock) -> dict[str, Any]:
    """Writes matches.parquet."""
    con = _connect(job)
    con.execute("create table register as from read_parquet(?)", [job.register])
    specification = Specification.from_mapping(
        {"record_id": job.record_id, "source": job.source, "columns": job.columns}
    )
    of_register = Specification.from_mapping({"record_id": job.register_id, "columns": job.register_columns})
    with clock():
        result = match_register(con, specification, "records", "register", of_register, "output", progress=say)
    con.execute("copy (select record_id, register_id, verdict from output.matches) to 'matches.parquet'")
    return _told(result)


def say(stage: str) -> None:
    """Progress, for whoever reads this process's output."""
    print(stage, flush=True)


def _connect(job: Job) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect("scratch.duckdb", config={"memory_limit": job.memory_limit} if job.memory_limit else {})
    con.execute("set preserve_insertion_order = false")
    con.execute("create table records as from read_parquet(?)", [job.records])
    return con


def _told(result: LinkageResult) -> dict[str, Any]:
    return {"candidate_pairs": result.counts["candidate_pairs"], "stages": result.seconds}
