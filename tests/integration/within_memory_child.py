"""A workspace's stages on a table of some size, in a process that may take so much memory and no more.

    python -m tests.integration.within_memory_child HOME MEGABYTES

Copies the source, checks the contract on it, merges and proves it, and publishes it, as a run does. MEGABYTES of
address space are allowed beyond what the process has once everything is imported. Prints by how much its resident
memory has grown at most, in megabytes.
"""

import datetime as dt
import re
import resource
import sys
from pathlib import Path

import expectations
from ibr.workspace import Workspace
from pipelines.context import Run, Session
from pipelines.replication.landing import land
from pipelines.replication.merge import merge
from warehouse.publication import publish

NOW = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)


def memory(what: str) -> int:
    """Megabytes of this process, as its status in /proc says."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(rf"^{what}:\s+(\d+) kB$", status, re.MULTILINE)
    assert found is not None
    return int(found[1]) // 1000


def stages(run: Run) -> None:
    """From the source to a publication."""
    workspace = run.workspace
    code, source = next(iter(workspace.registry.sources.items()))
    budget = workspace.registry.warehouse.budget
    landing = land(code, source, workspace.home, run.run_id, at=NOW)
    result = expectations.run_mirror_contract(
        code, source.tables, {name: landing.rows_file(name) for name in landing.copied}, source.limits,
        memory_limit=budget.merging, temporary=workspace.temporary,
    )  # fmt: skip
    assert result.passed
    with run.warehouse(budget.merging) as con:
        merge(con, code, source, landing, workspace.home, run_id=run.run_id, loaded_at=NOW)
    with run.warehouse() as con:
        con.execute(f"CREATE TABLE marts.fct_lines AS FROM mirror_{code}.line ORDER BY note")
    publish(workspace.warehouse_file, workspace.home, run.run_id, NOW)


def main(home: Path, megabytes: int) -> None:
    """Import all, then bound the process and run."""
    expectations.load()
    before = memory("VmRSS")
    allowed = (memory("VmSize") + megabytes) * 10**6
    resource.setrlimit(resource.RLIMIT_AS, (allowed, allowed))
    stages(Run(Session(Workspace.at(home).ensure()), "r1", NOW, NOW.date(), full_refresh=False))
    print(memory("VmHWM") - before)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
