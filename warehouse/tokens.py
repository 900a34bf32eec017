"""Tokens in place of identifiers, in SQL: HMAC-SHA256 (RFC 2104) under a key that stands in no SQL."""

import hashlib

_BLOCK = 64  # bytes that SHA-256 takes at a time
_DIGITS = 32  # of the 64 that a token has: 128 bits, so that no two of a country's records meet


def pads(key: bytes) -> dict[str, bytes]:
    """The two values that `token` needs, to be bound to its statement."""
    if len(key) > _BLOCK:
        key = hashlib.sha256(key).digest()
    padded = key.ljust(_BLOCK, b"\0")
    return {"inner": bytes(byte ^ 0x36 for byte in padded), "outer": bytes(byte ^ 0x5C for byte in padded)}


def token(text: str) -> str:
    """SQL: the token of a text, null for null; its statement has to be given `pads`."""
    return f"left(sha256($outer::BLOB || unhex(sha256($inner::BLOB || encode({text})))), {_DIGITS})"
