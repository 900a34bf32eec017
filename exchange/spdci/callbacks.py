"""Where answers may be sent: to the URL that a caller was registered with or below it, and nowhere else."""

from collections.abc import Collection
from pathlib import Path
from urllib.parse import unquote, urlsplit

from exchange.service.keys import Key
from exchange.spdci.codes import Error
from exchange.spdci.problems import Rejected
from ibr import secrets
from ibr.config.publishing import Standard
from ibr.errors import UsageProblem

PATHS = {
    "on-search": "/registry/on-search", "on-subscribe": "/registry/on-subscribe",
    "on-unsubscribe": "/registry/on-unsubscribe", "txn-on-status": "/registry/txn/on-status",
    "notify": "/registry/notify",
}  # fmt: skip


def checked_callback(url: str, settings: Standard) -> str:
    """The URL as a key may be registered with it. Raises UsageProblem."""
    origin = _origin(url)
    if origin is None:
        raise UsageProblem("--callback is no URL; expected https://host[:port][/path], without user, query or fragment")
    scheme, host, _ = origin
    if scheme != "https" and host not in settings.plain_http_hosts:
        raise UsageProblem(
            "--callback is not https; name its host in service.standard.plain_http_hosts if that is meant"
        )
    return url.rstrip("/")


def read_token(file: Path) -> str:
    """The token that a caller's system wants with each callback. Raises UsageProblem where the file holds none."""
    token = file.read_bytes().strip()
    if not token.isascii() or len(token.split()) != 1:
        raise UsageProblem(f"{file.name} holds no token; expected one line of letters, digits and signs without spaces")
    return token.decode("ascii")


def keep_token(home: Path, key: Key, token: str) -> None:
    """Keep it in a key file outside the workspace."""
    secrets.keep(home, _token_name(key.holder), token)


def authorization(home: Path, holder: str) -> dict[str, str]:
    """The header that a callback to the holder of a key bears."""
    token = secrets.find(home, _token_name(holder))
    return {"Authorization": f"Bearer {token}"} if token else {}


def _token_name(holder: str) -> str:
    return f"IBR_CALLBACK_{holder.rpartition('/')[2].upper()}"


def callback_for(key: Key, sender_uri: str | None, action: str) -> str | None:
    """Where an answer goes: to the message's sender_uri, which is the caller's registered URL or below it, else to the
    standard's path below that; None where the caller has none, and fetches answers by the transaction's status. Raises
    Rejected."""
    if sender_uri is None:
        return key.callback + PATHS[action] if key.callback else None
    if key.callback is None or not _is_below(sender_uri, key.callback):
        raise Rejected(Error.SENDER_URI, "sender_uri is not below the URL that this caller is registered with")
    return sender_uri


def _is_below(url: str, base: str) -> bool:
    origin = _origin(url)
    if origin is None or origin != _origin(base):
        return False
    path, of_base = urlsplit(url).path, urlsplit(base).path
    climbs = {".", ".."} & set(unquote(path).replace("\\", "/").split("/"))
    return not climbs and (path == of_base or path.startswith(f"{of_base}/"))


def _origin(url: str, schemes: Collection[str] = ("http", "https")) -> tuple[str, str, int] | None:
    """Scheme, host and port of a URL; None for what is none, or carries a user, a query or a fragment."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return None
    odd = "@" in parts.netloc or parts.query or parts.fragment or any(sign in url for sign in "\\ \t\r\n")
    if parts.scheme not in schemes or not parts.hostname or odd:
        return None
    return parts.scheme, parts.hostname, port
