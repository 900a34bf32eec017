"""What a contract found. Nothing here holds a value from a row: it may be logged and shown anywhere."""

from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """Whether a broken check holds the data back, or is only reported."""

    BLOCKING = "blocking"
    WARNING = "warning"


@dataclass(frozen=True)
class CheckResult:
    """One check on one table. `broken_rows` counts rows even where the check passed, within its tolerance."""

    name: str
    table: str
    column: str | None
    passed: bool
    severity: Severity
    observed: str
    expected: str
    broken_rows: int = 0

    @property
    def message(self) -> str:
        """What was found and what was expected, in one line."""
        place = f"{self.table}.{self.column}" if self.column else self.table
        return f"{place}: expected {self.expected}; found {self.observed}"


@dataclass(frozen=True)
class ContractResult:
    """All checks of one contract. It passed if every blocking check did."""

    contract: str
    checks: list[CheckResult] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks if check.severity is Severity.BLOCKING)

    @property
    def broken_rows(self) -> int:
        return sum(check.broken_rows for check in self.checks)

    def failures(self) -> list[CheckResult]:
        """The checks that failed, blocking ones first."""
        failed = [check for check in self.checks if not check.passed]
        return sorted(failed, key=lambda check: check.severity is not Severity.BLOCKING)

    def warnings(self) -> list[CheckResult]:
        """The checks that failed and hold nothing back."""
        return [check for check in self.failures() if check.severity is Severity.WARNING]

    def summary_line(self) -> str:
        """One line for a log or an error: how many checks, and the first ones that failed."""
        failed = self.failures()
        counts = f"contract {self.contract}: {len(self.checks)} checks, {len(failed)} failed"
        if not failed:
            return counts
        more = f" (and {len(failed) - 3} more)" if len(failed) > 3 else ""
        return f"{counts}: " + " | ".join(check.message for check in failed[:3]) + more
