"""What a run leaves in the audit trail besides its publication and files: its stages, and changed settings."""

import hashlib
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import duckdb

from pipelines.dbt import RULES_DIR
from pipelines.outcome import RunOutcome
from warehouse import audit
from warehouse.audit.anchors import STAGE

CHANGED = "configuration_changed"


def settings(home: Path, settings_file: Path) -> None:
    """Record that registry.yml, the policy of publications, the words of exception files or a table of rules is not
    what it was when a run last looked; sums, no content."""
    sums = {
        "registry.yml": _sum([settings_file]),
        "audiences.yml": _sum([policy] if (policy := home / "audiences.yml").is_file() else []),
        "words": _sum(sorted((home / "words").glob("*.yml"))),
        "rules": _sum(sorted(RULES_DIR.glob("*.csv"))),
    }
    before = audit.last(home, CHANGED)
    known = before.details["now"] if before else {}
    if sums != known:
        changed = [name for name, sum_ in sums.items() if known.get(name) != sum_]
        audit.record(home, CHANGED, details={"changed": changed, "now": sums})


def started(home: Path, run_id: str, stages: Sequence[str], reporting_date: object, full_refresh: bool) -> None:
    """Record that a run begins, what it was told, and by which release."""
    audit.record(home, "run_started", details={
        "run_id": run_id, "stages": list(stages), "reporting_date": str(reporting_date), "full_refresh": full_refresh,
        "ibr": version("ibr"),
    })


def ended(home: Path, con: duckdb.DuckDBPyConnection, outcome: RunOutcome) -> None:
    """Record how a run ended, and keep the log's head in `ops.runs`, where `ibr audit verify` looks for it."""
    event = audit.record(home, "run_ended", details={
        "run_id": outcome.run_id, "exit_code": outcome.exit_code, "published": outcome.published,
        "troubles": [trouble.place for trouble in outcome.troubles],
    })
    con.execute(
        "INSERT INTO ops.runs VALUES (?, ?, NULL, now(), now(), 'success', ?, ?)",
        [outcome.run_id, STAGE, event.sequence, str(event.head)],
    )


def _sum(files: Sequence[Path]) -> str:
    content = hashlib.sha256()
    for file in files:
        content.update(hashlib.sha256(file.read_bytes()).digest())
    return content.hexdigest()
