"""What a run did, and how it ends."""

import datetime as dt
from dataclasses import dataclass, field


@dataclass
class Trouble:
    """Something that went wrong: where, what, and its exit code."""

    place: str
    message: str
    exit_code: int


@dataclass
class StageOutcome:
    """How long a stage (or a source of it) took, and whether it succeeded."""

    name: str
    seconds: float
    succeeded: bool


@dataclass
class RunOutcome:
    """What a run did."""

    run_id: str
    reporting_date: dt.date
    stages: list[StageOutcome] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    published: bool = False
    left: str | None = None  # where `ibr run --resume` would go on, in words; None where nothing is left

    @property
    def exit_code(self) -> int:
        """0, or the gravest: a defect of ours, then an unreachable source, then broken data."""
        codes = {trouble.exit_code for trouble in self.troubles}
        return next((code for code in (1, 3, 6, 5, 4) if code in codes), max(codes, default=0))
