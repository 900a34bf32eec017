"""What the pages of a running service hold."""

import datetime as dt
import threading
from pathlib import Path

from exchange.pages.sessions import Sessions
from exchange.pages.staff import Roll
from exchange.pages.words import languages
from exchange.service.limits import Limits
from ibr.config import Registry
from warehouse.audit import record

MEMORY_LIMIT, THREADS = "1GB", 2  # of one look into a publication
# Of one name, or of a thousandth of the names that nobody has: ten attempts at once, then one a minute.
_ATTEMPTS = 1 / 60, 10
# Of one person: thirty questions at once, then one in ten seconds. Nobody is to go through a list of people by hand.
_ENQUIRIES = 1 / 10, 30

# Sign-ins that were refused, of all names: a hundred in the trail one by one, then one event a minute.
_REFUSALS = 1 / 60, 100


class Refusals:
    """Sign-ins that were refused, as the trail has them: so many that nobody without an account can make it grow."""

    def __init__(self, home: Path) -> None:
        self._home, self._limits = home, Limits(*_REFUSALS)
        self._lock, self._untold = threading.Lock(), 0

    def tell(self, name: str) -> None:
        """Record one, with the count of those since the last event; or keep it for the event that follows."""
        with self._lock:
            self._untold += 1
            if self._limits.wait("everybody"):
                return
            actor = name if self._untold == 1 else "several"
            record(self._home, "staff_sign_in_refused", actor, details={"refused": self._untold})
            self._untold = 0


class Pages:
    """Sessions, people, limits and words; `close` ends it.

    `reading`: how many look into a publication at a time; `guessing`: how many passwords are tried at a time, of which
    each takes 32 MB.
    """

    def __init__(self, home: Path, registry: Registry) -> None:
        self.home, self.registry = home, registry
        self.sessions = Sessions(home, dt.timedelta(minutes=registry.service.session_minutes))
        self.roll = Roll(home)
        self.attempts, self.enquiries = Limits(*_ATTEMPTS), Limits(*_ENQUIRIES)
        self.refusals = Refusals(home)
        self.languages = languages(home)
        self.in_order = [code for code in registry.portal.languages if code in self.languages] or list(self.languages)
        self.reading, self.guessing = threading.BoundedSemaphore(4), threading.BoundedSemaphore(2)

    def close(self) -> None:
        """End; sessions stay."""
        self.sessions.close()
