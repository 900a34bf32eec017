"""What an import leaves in the audit trail: the files by their sums, and what came of them; no names, no comments."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from exchange.decisions.importing import Outcome
from ibr.durable import sha256_of
from warehouse import audit


def imported(home: Path, files: Sequence[Path], by: str | None, outcome: Outcome) -> None:
    """Record that files were imported; `by`: who had it done."""
    audit.record(home, "decisions_imported", by, details={"files": list(map(sha256_of, files)), **asdict(outcome)})


def refused(home: Path, files: Sequence[Path], by: str | None) -> None:
    """Record that files were refused, and nothing of them kept."""
    audit.record(home, "decisions_refused", by, details={"files": list(map(sha256_of, files))})
