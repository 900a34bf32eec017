"""Who may ask: keys of programs' systems, of which only a hash is kept, in a file outside the workspace."""

import datetime as dt
import hashlib
import json
import secrets as random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ibr import secrets
from ibr.errors import ConfigurationProblem, UsageProblem

SCOPES = ("verify", "enrolments")
_FILE = "service_keys"
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


def keys(home: Path) -> list[Key]:
    """The keys of a workspace; ConfigurationProblem for a file that others may read or that is not as we wrote it."""
    text = secrets.find(home, _FILE)
    try:
        return [Key(**{**one, "scopes": tuple(one["scopes"])}) for one in json.loads(text or "[]")]
    except (ValueError, TypeError, KeyError):
        raise ConfigurationProblem(
            f"{file(home)} is not as `ibr service keys add` writes it; put it back, or remove it and make new keys"
        ) from None


def file(home: Path) -> Path:
    """Where they are kept."""
    return secrets.key_file(home, _FILE)


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
    _write(home, [*there, Key(name, program, tuple(scopes), digest(secret), made_at, **standard)])
    return secret


def revoke(home: Path, name: str) -> None:
    """Remove a key; a running service refuses it from its next request on. UsageProblem where there is none."""
    there = keys(home)
    if not any(one.name == name for one in there):
        names = ", ".join(one.name for one in there) or "none"
        raise UsageProblem(f"there is no key {name}; there are {names}")
    _write(home, [one for one in there if one.name != name])


def digest(secret: str) -> str:
    """What is kept of a key. Keys are 256 random bits: no salt, and no slow hash, makes them harder to guess."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _write(home: Path, there: Sequence[Key]) -> None:
    secrets.keep(home, _FILE, json.dumps([asdict(one) for one in there]))


class Keyring:
    """The keys, read again when their file changes."""

    def __init__(self, home: Path) -> None:
        self._home, self._read_at = home, -1
        self._keys: dict[str, Key] = {}

    def find(self, secret: str) -> Key | None:
        """The key that a secret is, if it is one."""
        path = file(self._home)
        changed = path.stat().st_mtime_ns if path.is_file() else 0
        if changed != self._read_at:
            self._keys = {one.sha256: one for one in keys(self._home)}
            self._read_at = changed
        return self._keys.get(digest(secret))
