"""Contracts on what comes in and on what is published, checked with Great Expectations on DuckDB.

What belongs here: what a layer promises (from configuration or `contracts/*.yml`), the runner, and the result.
What does not: bulk rules between models, which are dbt tests.
Importing this package is cheap; Great Expectations itself (about 7 s) is imported by `load`, or by the first check
that runs.
"""

from expectations.layers import run_marts_contract, run_registry_contract
from expectations.mirror import mirror_contract, run_mirror_contract
from expectations.results import CheckResult, ContractResult, Severity
from expectations.rules import check_rules
from expectations.runner import load

__all__ = [
    "CheckResult",
    "ContractResult",
    "Severity",
    "check_rules",
    "load",
    "mirror_contract",
    "run_marts_contract",
    "run_mirror_contract",
    "run_registry_contract",
]
