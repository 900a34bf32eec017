"""Who may use the pages: people of the secretariat, of a program or of a county, with a secret that each shows once.

Names and profiles stand in a file outside the workspace, as the keys of programs' systems do. The password that
somebody chooses is the service's own state: exchange/pages/sessions.py.
"""

import datetime as dt
import hashlib
import re
import secrets as random
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from exchange.service.kept import Kept, Watched
from ibr.errors import UsageProblem
from ibr.people import is_same_person, person

FIRST_SECRET_LASTS = dt.timedelta(days=7)
_PLAIN_CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")  # it is part of a file's name
# 32 MB and about 60 ms a guess (RFC 7914; OWASP's choice for scrypt with little memory).
_COST = {"n": 1 << 15, "r": 8, "p": 1, "maxmem": 64 << 20}


class Profile(StrEnum):
    """What somebody works for, and so what they may see."""

    SECRETARIAT = "secretariat"
    PROGRAM = "program"
    COUNTY = "county"


@dataclass(frozen=True)
class Member:
    """Somebody who may use the pages, of a `program` or a `county` where it is set. `secret`: the first one, hashed."""

    name: str
    profile: Profile
    program: str | None
    county: str | None
    secret: str
    made_at: str

    @property
    def first_secret_ends(self) -> dt.datetime:
        """Until when the first secret opens, where no password was chosen."""
        return dt.datetime.fromisoformat(self.made_at) + FIRST_SECRET_LASTS


_KEPT = Kept("service_staff", lambda one: Member(**{**one, "profile": Profile(one["profile"])}), "ibr service staff")
members, file = _KEPT.all, _KEPT.file


def add(home: Path, name: str, profile: Profile, program: str | None, county: str | None, now: dt.datetime) -> str:
    """Add somebody, and return their first secret: nobody can read it again.

    UsageProblem where the name is taken, or the profile has not the program or county that it needs.
    """
    there = members(home)
    name = " ".join(name.split())
    if not person(name):
        raise UsageProblem("nobody was named; expected the name of who may use the pages")
    if any(is_same_person(one.name, name) for one in there):
        raise UsageProblem(f"there is somebody called {name} already; remove them first, or choose another name")
    needed = {"program": profile is Profile.PROGRAM, "county": profile is Profile.COUNTY}
    for what, given in (("program", program), ("county", county)):
        if bool(given) != needed[what]:
            raise UsageProblem(
                f"the profile {profile} needs --{what}" if needed[what] else f"--{what} is for the profile {what} alone"
            )
    if county and not _PLAIN_CODE.fullmatch(county):
        raise UsageProblem("--county is no code of a county; expected letters, digits, - and _")
    secret = random.token_urlsafe(12)
    made = Member(name, profile, program, county, hashed(secret), now.isoformat(timespec="seconds"))
    _KEPT.write(home, [*there, made])
    return secret


def remove(home: Path, name: str) -> None:
    """Remove somebody; a running service knows them no more from the next request on. UsageProblem where nobody is."""
    there = members(home)
    if not any(is_same_person(one.name, name) for one in there):
        raise UsageProblem(f"there is nobody called {name}; there are {', '.join(one.name for one in there) or 'none'}")
    _KEPT.write(home, [one for one in there if not is_same_person(one.name, name)])


def hashed(password: str) -> str:
    """What is kept of a password: salt and scrypt's hash."""
    salt = random.token_bytes(16)
    return f"{salt.hex()}:{hashlib.scrypt(password.encode(), salt=salt, dklen=32, **_COST).hex()}"


def fits(password: str, kept: str) -> bool:
    """Whether a password is the one of which this was kept."""
    salt, _, expected = kept.partition(":")
    found = hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), dklen=32, **_COST)
    return random.compare_digest(found.hex(), expected)


class Roll:
    """The people who may use the pages of a running service."""

    def __init__(self, home: Path) -> None:
        self._kept = Watched(home, _KEPT)

    def find(self, name: str) -> Member | None:
        """Who is called so."""
        return next((one for one in self._kept.all() if is_same_person(one.name, name)), None)
