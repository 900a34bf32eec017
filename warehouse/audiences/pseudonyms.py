"""The keys of pseudonyms (warehouse/tokens.py): each audience has one of its own.

A key has a version and lies outside the workspace (ibr/secrets.py); it stands in no SQL and in no file of a
publication. With it, and only with it, a token can be led back: by making the tokens of all identifiers anew.
"""

import re
import secrets as randomness
from dataclasses import dataclass
from pathlib import Path

from ibr import secrets
from ibr.errors import ConfigurationProblem, UsageProblem
from warehouse import audit
from warehouse.tokens import pads

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
        """What a statement with tokens is given."""
        return pads(self.secret)


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
    if held is not None and secrets.is_given(secret_name(audience)):
        raise UsageProblem(
            f"the key of {audience} is given in the environment or by systemd as {secret_name(audience)}; set a new "
            f"one there, as {_read(audience, held).version + 1}:<64 hexadecimal digits>"
        )
    return _keep(home, audience, 1 if held is None else _read(audience, held).version + 1)


def _read(audience: str, held: str) -> Key:
    match = _HELD.fullmatch(held.strip())
    if match is None or len(match[2]) % 2:
        raise ConfigurationProblem(
            f"{secret_name(audience)} is no key; expected a version and at least 64 hexadecimal digits, as 1:09af..."
        )
    return Key(audience, int(match[1]), bytes.fromhex(match[2]))


def _keep(home: Path, audience: str, version: int) -> Key:
    action = "key_made" if version == 1 else "key_rotated"
    audit.record(home, action, details={"audience": audience, "version": version})
    digits = randomness.token_hex(32)
    secrets.keep(home, secret_name(audience), f"{version}:{digits}")
    return Key(audience, version, bytes.fromhex(digits))
