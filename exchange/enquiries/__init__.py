"""Enquiries: is this person known, alive, enrolled, paid? And what is held on them.

What belongs here: answering for one person, from what is published, with a trace in the audit log; for the command
line, and for the service. What does not: many persons at once (sharing/), and finding duplicates (linkage).
"""

from exchange.enquiries.answer import Answer, Candidate, Enrolment, Life, Payment, Person
from exchange.enquiries.enquire import enquire
from exchange.enquiries.page import write_page
from exchange.enquiries.question import Question
from exchange.enquiries.report import PersonReport, person_report
from exchange.enquiries.scope import EVERYTHING, Scope

__all__ = [
    "EVERYTHING", "Answer", "Candidate", "Enrolment", "Life", "Payment", "Person", "PersonReport", "Question", "Scope",
    "enquire", "person_report", "write_page",
]
