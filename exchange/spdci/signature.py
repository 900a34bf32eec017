"""Signatures of messages: ed25519 over the header and the message, written as the standard's example shows.

What is signed are three lines, `(created): N`, `(expires): N` and `digest: BLAKE-512=...`: the base64 of the
BLAKE2b-512 of `{"header": ..., "message": ...}` in the canonical form of RFC 8785, so that spaces and the order of
names do not count.
"""

import base64
import binascii
import datetime as dt
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from exchange.spdci.codes import Error
from exchange.spdci.problems import Rejected
from exchange.spdci.times import CLOCK_SKEW
from ibr import secrets
from ibr.errors import ConfigurationProblem, UsageProblem

ALGORITHM, SIGNED = "ed25519", "(created) (expires) digest"
VALID_FOR = 600  # seconds that a signature of ours holds
_FILE = "service_signing_key"
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')
_LONGEST = 2_000  # characters of a signature; ours has 300


class SigningKey:
    """The registry's own key, kept beside the callers' keys outside the workspace; made where there is none yet."""

    def __init__(self, home: Path) -> None:
        kept = secrets.find(home, _FILE)
        if kept is None:
            kept = _encoded(Ed25519PrivateKey.generate().private_bytes_raw())
            secrets.keep(home, _FILE, kept)
        try:
            self._key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(kept, validate=True))
        except ValueError:
            raise ConfigurationProblem(
                f"{_FILE} holds no ed25519 key in base64; put the right one back, or remove it and a new one is made"
            ) from None
        self._public = self._key.public_key().public_bytes_raw()

    @property
    def jwk(self) -> dict[str, str]:
        """The public half (RFC 8037); its kid is the thumbprint of RFC 7638."""
        public = {"crv": "Ed25519", "kty": "OKP", "x": _url_safe(self._public)}
        thumbprint = hashlib.sha256(json.dumps(public, separators=(",", ":"), sort_keys=True).encode()).digest()
        return public | {"kid": _url_safe(thumbprint), "use": "sig", "alg": "EdDSA"}

    def sign(self, header: Mapping[str, Any], message: Any, sender_id: str, now: dt.datetime) -> str:
        """The signature of a message of ours."""
        created = int(now.timestamp())
        expires = created + VALID_FOR
        signed = self._key.sign(signing_string(header, message, str(created), str(expires)))
        return (
            f'Signature: namespace="spdci", kidId="{sender_id}|{self.jwk["kid"]}|{ALGORITHM}", '
            f'algorithm="{ALGORITHM}", created="{created}", expires="{expires}", headers="{SIGNED}", '
            f'signature="{_encoded(signed)}"'
        )


def signing_string(header: Mapping[str, Any], message: Any, created: str, expires: str) -> bytes:
    """What is signed. Raises Rejected for numbers that JSON readers do not agree on."""
    try:
        canonical = rfc8785.dumps({"header": dict(header), "message": message})
    except rfc8785.CanonicalizationError:
        raise Rejected(Error.BAD, "a number is too large to be signed: no more than 2^53") from None
    digest = _encoded(hashlib.blake2b(canonical, digest_size=64).digest())
    return f"(created): {created}\n(expires): {expires}\ndigest: BLAKE-512={digest}".encode()


def verify(
    signature: str, header: Mapping[str, Any], message: Any, public_key: str, sender_id: str, now: dt.datetime
) -> None:
    """Raises Rejected where a signature is not that of the key over this message, or not of now."""
    found = dict(_PARAMETER.findall(signature)) if len(signature) <= _LONGEST else {}
    signer, _, rest = found.get("kidId", "").partition("|")
    created, expires = found.get("created", ""), found.get("expires", "")
    is_formed = (
        signer == sender_id and rest.endswith(f"|{ALGORITHM}") and found.get("algorithm") == ALGORITHM
        and found.get("headers") == SIGNED and _is_time(created) and _is_time(expires)
    )  # fmt: skip
    if not is_formed:
        raise Rejected(Error.SIGNATURE, "the signature has not the form of docs/standard.md, or another signer", 401)
    if not int(created) - CLOCK_SKEW.total_seconds() <= now.timestamp() <= int(expires):
        raise Rejected(Error.SIGNATURE, "the signature is from the future, or has expired", 401)
    try:
        signed = base64.b64decode(found.get("signature", ""), validate=True)
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key))
        key.verify(signed, signing_string(header, message, created, expires))
    except (binascii.Error, InvalidSignature):
        raise Rejected(Error.SIGNATURE, "the signature is not the registered key's over this message", 401) from None


def read_public_key(file: Path) -> str:
    """The base64 of the raw ed25519 key in a PEM file. Raises UsageProblem for another."""
    try:
        key = serialization.load_pem_public_key(file.read_bytes())
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise UsageProblem(f"{file.name} holds no ed25519 public key in PEM; `openssl pkey -pubout` writes one")
    return _encoded(key.public_bytes_raw())


def _is_time(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 12


def _encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _url_safe(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
