"""Sessions of people at the pages, and the passwords they chose: in service.sqlite, of secrets only what tells them."""

import datetime as dt
import hashlib
import secrets
import threading
from dataclasses import dataclass
from pathlib import Path

from exchange.pages.staff import Member
from exchange.service.state import open_state

LONGEST = dt.timedelta(hours=10)  # a working day; then somebody signs in again, however busy they were
_SCHEMA = """
CREATE TABLE IF NOT EXISTS passwords (
    name TEXT PRIMARY KEY, first_secret TEXT NOT NULL, password TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS sessions (
    token TEXT PRIMARY KEY, name TEXT NOT NULL, first_secret TEXT NOT NULL, form_token TEXT NOT NULL,
    begun_at TEXT NOT NULL, seen_at TEXT NOT NULL
);
"""


@dataclass(frozen=True)
class Session:
    """Somebody who has signed in. `form_token`: has to come with every form. `first_secret`: of the member that signed
    in, so that who is removed and added again is another."""

    name: str
    first_secret: str
    form_token: str


class Sessions:
    """The sessions and chosen passwords of a service; its file may be read by its owner alone."""

    def __init__(self, home: Path, idle: dt.timedelta) -> None:
        self._con = open_state(home, _SCHEMA)
        self._lock, self._idle = threading.Lock(), idle

    def close(self) -> None:
        """End; sessions stay."""
        self._con.close()

    def begin(self, member: Member, now: dt.datetime) -> str:
        """Begin a session and return its token: only its hash is kept. Sessions that are over are forgotten."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._con.execute(
                "DELETE FROM sessions WHERE seen_at < ? OR begun_at < ?",
                [(now - self._idle).isoformat(), (now - LONGEST).isoformat()],
            )
            self._con.execute(
                "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?)",
                [_digest(token), member.name, member.secret, secrets.token_urlsafe(32), now.isoformat(),
                 now.isoformat()],
            )  # fmt: skip
        return token

    def find(self, token: str, now: dt.datetime) -> Session | None:
        """The session of a token, seen now; None where there is none, or it is over."""
        with self._lock:
            row = self._con.execute(
                "UPDATE sessions SET seen_at = ? WHERE token = ? AND seen_at >= ? AND begun_at >= ? "
                "RETURNING name, first_secret, form_token",
                [now.isoformat(), _digest(token), (now - self._idle).isoformat(), (now - LONGEST).isoformat()],
            ).fetchone()
        return Session(*row) if row else None

    def end(self, token: str) -> None:
        """End a session."""
        with self._lock:
            self._con.execute("DELETE FROM sessions WHERE token = ?", [_digest(token)])

    def password(self, member: Member) -> str | None:
        """What is kept of the password that somebody chose; None where they have not, since they were last added."""
        with self._lock:
            row = self._con.execute(
                "SELECT password FROM passwords WHERE name = ? AND first_secret = ?", [member.name, member.secret]
            ).fetchone()
        return row[0] if row else None

    def choose(self, member: Member, password: str) -> None:
        """Keep the password that somebody chose, as `staff.hashed` made it; their other sessions end."""
        with self._lock:
            self._con.execute(
                "INSERT OR REPLACE INTO passwords VALUES (?, ?, ?)", [member.name, member.secret, password]
            )
            self._con.execute("DELETE FROM sessions WHERE name = ?", [member.name])


def _digest(token: str) -> str:
    """Of 256 random bits no slow hash makes a guess harder."""
    return hashlib.sha256(token.encode()).hexdigest()
