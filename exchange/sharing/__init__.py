"""Data sharing by procedure: request, assess, approve, extract, dispose; each on record, none without the one before.

What belongs here: the request and its checks, the assessment of its risk, who approved it, the files that leave and the
marks they carry, and the register of it all. What does not: how the marts are made, and who may read a publication.
"""

from exchange.sharing.approval import Agreement, approve, refuse
from exchange.sharing.assessment import assess
from exchange.sharing.disposal import dispose
from exchange.sharing.extraction import extract
from exchange.sharing.reading import TEMPLATE, read_request
from exchange.sharing.record import Case, Step, cases, open_case
from exchange.sharing.register import COLUMNS, load_register, overdue, register
from exchange.sharing.submission import submit
from exchange.sharing.trace import trace

__all__ = [
    "COLUMNS", "TEMPLATE", "Agreement", "Case", "Step", "approve", "assess", "cases", "dispose", "extract",
    "load_register", "open_case", "overdue", "read_request", "refuse", "register", "submit", "trace",
]
