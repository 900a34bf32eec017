"""What an import leaves in the audit trail: the files by their sums, and what came of them; no names, no comments."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from exchange.decisions.importing import Outcome
from warehouse import audit


def imported(home: Path, sums: Sequence[str], by: str | None, outcome: Outcome) -> None:
    """Record that files were imported; `sums`: their SHA-256; `by`: who had it done."""
    audit.record(home, "decisions_imported", by, details={"files": list(sums), **asdict(outcome)})


def refused(home: Path, sums: Sequence[str], by: str | None) -> None:
    """Record that files were refused, and nothing of them kept."""
    audit.record(home, "decisions_refused", by, details={"files": list(sums)})
