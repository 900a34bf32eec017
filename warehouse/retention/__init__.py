"""What is past its time: found by the rules of registry.yml, reported, and pseudonymised or removed.

What belongs here: who and what is past its time, and the marks and removals of `apply`. What does not: leaving values
out of the registry, which its models do for whatever is marked; and what the sources still hold, which is theirs.
"""

from warehouse.retention.apply import Applied, apply
from warehouse.retention.report import RetentionReport, report

__all__ = ["Applied", "RetentionReport", "apply", "report"]
