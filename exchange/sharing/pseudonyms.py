"""The keys of pseudonyms (warehouse/tokens.py): each request has one of its own."""

import hashlib
import secrets as randomness
from pathlib import Path

from exchange.sharing.record import Case
from ibr import secrets
from ibr.errors import UsageProblem
from warehouse import audit


def secret_name(case: Case) -> str:
    """What a request's key is called, in the environment or as a key file."""
    return f"IBR_SHARE_{case.request_id.replace('-', '_')}"


def key_of(home: Path, case: Case) -> bytes:
    """The request's key; made, and kept outside the workspace, when it is first asked for."""
    held = secrets.find(home, secret_name(case))
    if held is None:
        audit.record(home, "key_made", details={"request": case.request_id})
        held = randomness.token_hex(32)
        secrets.keep(home, secret_name(case), held)
    return held.encode()


def key_id(key: bytes) -> str:
    """Names a key without telling it."""
    return hashlib.sha256(b"key id:" + key).hexdigest()[:12]


def require_own_file(home: Path, case: Case) -> None:
    """Raise UsageProblem where the key is in the environment: what is set there cannot be destroyed from here."""
    if secrets.find(home, secret_name(case)) is not None and not secrets.key_file(home, secret_name(case)).is_file():
        raise UsageProblem(
            f"the key of {case.request_id} is set in the environment as {secret_name(case)}; destroy it where it is "
            "set, unset it here, and run this again"
        )


def destroy(home: Path, case: Case) -> None:
    """Remove the request's key file: its pseudonyms can then be led back to nobody."""
    secrets.key_file(home, secret_name(case)).unlink(missing_ok=True)
