"""What an import leaves in the audit trail: the files by their sums, and what came of them; no names, no comments."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from exchange.decisions.importing import Outcome
from warehouse import audit


def imported(home: Path, files: Sequence[Path], by: str | None, outcome: Outcome) -> None:
    """Record that files were imported; `by`: who had it done."""
    audit.record(home, "decisions_imported", by, details={"files": _sums(files), **asdict(outcome)})


def refused(home: Path, files: Sequence[Path], by: str | None) -> None:
    """Record that files were refused, and nothing of them kept."""
    audit.record(home, "decisions_refused", by, details={"files": _sums(files)})


def _sums(files: Sequence[Path]) -> list[str]:
    return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
