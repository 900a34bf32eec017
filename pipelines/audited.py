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


def sums(home: Path, settings_file: Path) -> dict[str, str]:
    """A sum of registry.yml, of the policy of publications, of the words of exception files and of the rules."""
    return {
        "registry.yml": sum_of([settings_file]),
        "audiences.yml": sum_of([policy] if (policy := home / "audiences.yml").is_file() else []),
        "words": sum_of(sorted((home / "words").glob("*.yml"))),
        "rules": sum_of(sorted(RULES_DIR.glob("*.csv"))),
    }


def settings(home: Path, settings_file: Path) -> None:
    """Record which of the settings are not what they were when a run last looked; sums, no content."""
    now = sums(home, settings_file)
    before = audit.last(home, CHANGED)
    known = before.details["now"] if before else {}
    if now != known:
        changed = [name for name, sum_ in now.items() if known.get(name) != sum_]
        audit.record(home, CHANGED, details={"changed": changed, "now": now})


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


def sum_of(files: Sequence[Path]) -> str:
    """The SHA-256 of the files' contents, in their order."""
    content = hashlib.sha256()
    for file in files:
        content.update(hashlib.sha256(file.read_bytes()).digest())
    return content.hexdigest()
