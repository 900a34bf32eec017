"""What the pages of a running service hold."""

import datetime as dt
import threading
from pathlib import Path

from exchange.pages.sessions import Sessions
from exchange.pages.staff import Roll
from exchange.pages.words import languages
from exchange.service.limits import Limits
from ibr.config import Registry

# Of one name, or one of a thousand that share a bucket: ten attempts at once, then one a minute.
_ATTEMPTS = 1 / 60, 10
# Of one person: thirty questions at once, then one in ten seconds. Nobody is to go through a list of people by hand.
_ENQUIRIES = 1 / 10, 30


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
        self.languages = languages(home)
        self.in_order = [code for code in registry.portal.languages if code in self.languages] or list(self.languages)
        self.reading, self.guessing = threading.BoundedSemaphore(4), threading.BoundedSemaphore(2)

    def close(self) -> None:
        """End; sessions stay."""
        self.sessions.close()
