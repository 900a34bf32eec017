"""Decisions that come back: exception files that managers filled in, checked as a whole and recorded as a whole.

What belongs here: reading the files, whether they are what went out, whether their answers can be, and their record.
What does not: what an answer means for later runs (warehouse/answers.sql), and linkage, which is bound by it.
"""

from exchange.decisions.audited import imported, refused
from exchange.decisions.bind import bind
from exchange.decisions.faults import Refused
from exchange.decisions.importing import Outcome, import_files, last_day
from exchange.decisions.inbox import Taken, import_inbox, leave
from exchange.decisions.opening import Reading, kind_of

__all__ = [
    "Outcome", "Reading", "Refused", "Taken", "bind", "import_files", "import_inbox", "imported", "kind_of", "last_day",
    "leave", "refused",
]
