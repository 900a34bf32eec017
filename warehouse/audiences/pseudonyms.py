"""Pseudonyms: HMAC-SHA256 (RFC 2104) of an identifier, under a key that each audience has of its own.

A key has a version and lies outside the workspace (ibr/secrets.py); it stands in no SQL and in no file of a
publication. With it, and only with it, a token can be led back: by making the tokens of all identifiers anew.
"""

import hashlib
import os
import re
import secrets as randomness
from dataclasses import dataclass
from pathlib import Path

from ibr import secrets
from ibr.errors import ConfigurationProblem, UsageProblem

_BLOCK = 64  # bytes that SHA-256 takes at a time
_DIGITS = 32  # of the 64 that a token has: 128 bits, so that no two of a country's records meet
_HELD = re.compile(r"(\d+):([0-9a-fA-F]{64,})")


@dataclass(frozen=True)
class Key:
    """The key of one audience. `version` counts its rotations, from 1."""

    audience: str
    version: int
    secret: bytes

    def __repr__(self) -> str:
        return f"Key({self.audience}, version {self.version})"

    @property
    def pads(self) -> dict[str, bytes]:
        """The two values that `token` needs, to be bound to its statement."""
        key = hashlib.sha256(self.secret).digest() if len(self.secret) > _BLOCK else self.secret
        padded = key.ljust(_BLOCK, b"\0")
        return {"inner": bytes(byte ^ 0x36 for byte in padded), "outer": bytes(byte ^ 0x5C for byte in padded)}


def secret_name(audience: str) -> str:
    """What an audience's key is called, in the environment or as a key file."""
    return f"IBR_PSEUDONYMS_{audience.upper()}"


def key_of(home: Path, audience: str) -> Key:
    """The key of an audience of the workspace `home`; made, with version 1, when it is first asked for.

    Raises ConfigurationProblem for a key that is not `version:hexadecimal digits`, or that others may read.
    """
    held = secrets.find(home, secret_name(audience))
    return _read(audience, held) if held is not None else _keep(home, audience, 1)


def version_of(home: Path, audience: str) -> int | None:
    """The version of an audience's key; None where it has none yet. Raises ConfigurationProblem as `key_of`."""
    held = secrets.find(home, secret_name(audience))
    return None if held is None else _read(audience, held).version


def rotate(home: Path, audience: str) -> Key:
    """Put a new key in the place of an audience's key: from the next publication on, everybody has another token.

    The old key is gone: no token of before can be made, or led back, again. Raises UsageProblem where the key is in the
    environment, which cannot be changed from here.
    """
    held = secrets.find(home, secret_name(audience))
    if held is not None and secret_name(audience) in os.environ:
        raise UsageProblem(
            f"the key of {audience} is set in the environment as {secret_name(audience)}; set a new one there, as "
            f"{_read(audience, held).version + 1}:<64 hexadecimal digits>"
        )
    return _keep(home, audience, 1 if held is None else _read(audience, held).version + 1)


def token(text: str) -> str:
    """SQL: the token of a text, null for null; its statement has to be given the pads of a key."""
    return f"left(sha256($outer::BLOB || unhex(sha256($inner::BLOB || encode({text})))), {_DIGITS})"


def _read(audience: str, held: str) -> Key:
    match = _HELD.fullmatch(held.strip())
    if match is None or len(match[2]) % 2:
        raise ConfigurationProblem(
            f"{secret_name(audience)} is no key; expected a version and at least 64 hexadecimal digits, as 1:09af..."
        )
    return Key(audience, int(match[1]), bytes.fromhex(match[2]))


def _keep(home: Path, audience: str, version: int) -> Key:
    digits = randomness.token_hex(32)
    secrets.keep(home, secret_name(audience), f"{version}:{digits}")
    return Key(audience, version, bytes.fromhex(digits))
