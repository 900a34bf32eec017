"""Who may ask: keys of programs' systems, of which only a hash is kept, in a file outside the workspace."""

import datetime as dt
import hashlib
import secrets as random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from exchange.service.kept import Kept, Watched
from ibr.errors import UsageProblem

SCOPES = ("verify", "enrolments")
_PREFIX = "ibr_"


@dataclass(frozen=True)
class Key:
    """A caller: `program` is the program that it asks for; None is the secretariat's own, which sees all of them.

    `scopes`: `verify` is the register's word on a person, `enrolments` what they receive already. For messages of
    the DCI standard: the `sender_id` that they have to bear (None: any), the base64 of the raw ed25519 `public_key`
    that they are signed with, and the `callback` below which answers are sent.
    """

    name: str
    program: str | None
    scopes: tuple[str, ...]
    sha256: str
    made_at: str
    sender_id: str | None = None
    public_key: str | None = None
    callback: str | None = None

    @property
    def holder(self) -> str:
        """Whose answers, jobs and subscriptions are kept: a name that is used again is another holder's."""
        return f"{self.name}/{self.sha256[:16]}"


_KEPT = Kept("service_keys", lambda one: Key(**{**one, "scopes": tuple(one["scopes"])}), "ibr service keys")
keys, file = _KEPT.all, _KEPT.file


def add(
    home: Path, name: str, program: str | None, scopes: Sequence[str], now: dt.datetime, **standard: str | None
) -> str:
    """Make a key and return it: nobody can read it again. `standard`: the last fields of Key. UsageProblem where the
    name is taken."""
    there = keys(home)
    if any(one.name == name for one in there):
        raise UsageProblem(f"there is a key {name} already; revoke it first, or choose another name")
    secret = _PREFIX + random.token_urlsafe(32)
    made_at = now.isoformat(timespec="seconds")
    _KEPT.write(home, [*there, Key(name, program, tuple(scopes), digest(secret), made_at, **standard)])
    return secret


def revoke(home: Path, name: str) -> None:
    """Remove a key; a running service refuses it from its next request on. UsageProblem where there is none."""
    there = keys(home)
    if not any(one.name == name for one in there):
        names = ", ".join(one.name for one in there) or "none"
        raise UsageProblem(f"there is no key {name}; there are {names}")
    _KEPT.write(home, [one for one in there if one.name != name])


def digest(secret: str) -> str:
    """What is kept of a key. Keys are 256 random bits: no salt, and no slow hash, makes them harder to guess."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Keyring:
    """The keys of a running service."""

    def __init__(self, home: Path) -> None:
        self._kept, self._file = Watched(home, _KEPT), file(home)

    def find(self, secret: str) -> Key | None:
        """The key that a secret is, if it is one."""
        sha256 = digest(secret)
        return next((one for one in self._kept.all() if one.sha256 == sha256), None)

    def has_revoked(self, key: Key) -> bool:
        """Whether a key is one no longer; not where there is no list of keys, which may be back in a moment."""
        return self._file.is_file() and all(one.holder != key.holder for one in self._kept.all())
