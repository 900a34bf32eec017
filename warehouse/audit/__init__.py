"""The audit trail: who did what, and whom it was about, in a log that can only grow and that tells when it was altered.

What belongs here: writing events, proving that none was altered, and finding those about a person.
What does not: what is worth an event, which each command and stage of a run says by calling `record`.
"""

from warehouse.audit.event import Event, Head
from warehouse.audit.log import Entry, actor_name, find_event, head, last, record, record_all
from warehouse.audit.verification import Fault, Verification, verify
from warehouse.audit.who_saw import Sighting, identifiers_of, who_saw

__all__ = [
    "Entry", "Event", "Fault", "Head", "Sighting", "Verification", "actor_name", "find_event", "head", "identifiers_of",
    "last", "record", "record_all", "verify", "who_saw",
]
