"""What an alert says: that something failed, where, and what to do; nothing of anybody's data."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass

_MOST_LINES = 20


@dataclass(frozen=True)
class Alert:
    """`subject`: one line; `lines`: what was found, each a message of ours that holds no values of rows."""

    subject: str
    lines: Sequence[str] = ()

    @property
    def one_line(self) -> str:
        """The subject without line breaks, which would end a header."""
        return " ".join(f"ibr on {platform.node()}: {self.subject}".split())

    @property
    def text(self) -> str:
        """All of it; of many lines the first, and how many more there are."""
        more = len(self.lines) - _MOST_LINES
        shown = [*self.lines[:_MOST_LINES], *([f"... and {more} more"] if more > 0 else [])]
        told = [f"- {' '.join(line.split())}" for line in shown]
        parts = [self.one_line, "\n".join(told), "On that machine: ibr status, ibr health, docs/runbook.md."]
        return "\n\n".join(part for part in parts if part)
