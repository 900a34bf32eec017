"""A message as it arrives: read within bounds, its signature and header checked, before anything in it is looked at."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError

from exchange.service.keys import Key
from exchange.spdci.codes import Error, HeaderReason
from exchange.spdci.models import MOST_REQUESTS, VERSION, AnyHeader, Header
from exchange.spdci.problems import HeaderRejected, Rejected
from exchange.spdci.signature import verify
from exchange.spdci.times import CLOCK_SKEW, parsed
from ibr.config.publishing import Standard

LARGEST_MESSAGE = 4 * 1024 * 1024  # bytes: 1,000 requests with room
_DEEPEST = 32  # levels of JSON; the standard's own have 12
ACTIONS = frozenset({
    "search", "on-search", "subscribe", "on-subscribe", "unsubscribe", "on-unsubscribe", "notify", "txn-status",
    "txn-on-status",
})  # fmt: skip
_REASONS = {
    "version": HeaderReason.VERSION, "message_ts": HeaderReason.TIME, "action": HeaderReason.ACTION,
    "total_count": HeaderReason.COUNT,
}  # fmt: skip
_ERRORS = {"sender_id": Error.SENDER_ID, "sender_uri": Error.SENDER_URI, "receiver_id": Error.RECEIVER_ID}
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Envelope:
    """A message whose sender and header are as they have to be."""

    key: Key
    header: AnyHeader
    message: dict[str, Any]

    @property
    def sender_uri(self) -> str | None:
        """Where the sender wants an asynchronous answer."""
        return self.header.sender_uri if isinstance(self.header, Header) else None


def opened(
    body: bytes, key: Key, action: str, kind: type[AnyHeader], settings: Standard, now: dt.datetime
) -> Envelope:
    """Read and check a message of a caller. Raises Rejected, or HeaderRejected where its header is at fault."""
    envelope = _read(body)
    header, message = envelope.get("header"), envelope.get("message")
    if not isinstance(header, dict):
        raise Rejected(Error.BAD, "expected a header, which is an object")
    _refuse_encrypted(header, message)
    if message in (None, {}) and kind is AnyHeader:  # a callback may say all in its header, as ours that reject do
        message = {}
    elif not isinstance(message, dict) or not message:
        raise Rejected(Error.BAD, "expected a message, which is an object")
    _check_signature(envelope, header, message, key, settings, now)
    found = _header(header, kind)
    _check_header(found, key, action, settings, now)
    return Envelope(key, found, message)


def whole(model: type[Model], value: Any, place: str = "message") -> Model:
    """A part of a message in its shape. Raises Rejected with the place of the first fault, never with a value."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise Rejected(Error.BAD, f"not as /openapi.json describes it: {fault(error, place)}") from None


def fault(error: ValidationError, place: str) -> str:
    """Where and what the first fault is."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    return f"{'.'.join([place, *(str(part)[:40] for part in first['loc'])])} ({first['type']})"


def check_count(header: AnyHeader, items: int) -> None:
    """Raises HeaderRejected where a header counts otherwise, or a message holds more than it may."""
    if items > MOST_REQUESTS:
        raise HeaderRejected(HeaderReason.COUNT_EXCEEDED, f"a message may hold {MOST_REQUESTS} requests")
    if header.total_count is not None and header.total_count != items:
        raise HeaderRejected(HeaderReason.COUNT, "total_count is not the number of requests in the message")


def _read(body: bytes) -> dict[str, Any]:
    try:
        envelope = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Rejected(Error.BAD, "the body is no JSON, or nested too deep") from None
    if not isinstance(envelope, dict):
        raise Rejected(Error.BAD, "expected an object with signature, header and message")
    level: list[Any] = [envelope]
    for _ in range(_DEEPEST):
        level = [
            inner for one in level for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, (dict, list))
        ]  # fmt: skip
    if level:
        raise Rejected(Error.BAD, f"the body is nested deeper than {_DEEPEST} levels")
    return envelope


def _refuse_encrypted(header: dict[str, Any], message: Any) -> None:
    if header.get("is_msg_encrypted") or (isinstance(message, dict) and "ciphertext" in message):
        raise Rejected(Error.ENCRYPTION, "messages are not encrypted here: TLS covers the way")


def _check_signature(
    envelope: dict[str, Any], header: dict[str, Any], message: Any, key: Key, settings: Standard, now: dt.datetime
) -> None:
    if key.public_key is None:
        if settings.signatures == "always":
            raise Rejected(Error.SIGNATURE_MISSING, "this registry takes signed messages, and has no key of yours", 401)
        return
    signature = envelope.get("signature")
    if not isinstance(signature, str) or not signature:
        raise Rejected(Error.SIGNATURE_MISSING, "messages of this caller have to be signed", 401)
    verify(signature, header, message, key.public_key, key.sender_id or key.name, now)


def _header(header: dict[str, Any], kind: type[AnyHeader]) -> AnyHeader:
    try:
        return kind.model_validate(header)
    except ValidationError as error:
        name, words = str(error.errors()[0]["loc"][0]), fault(error, "header")
        if name in _REASONS:
            raise HeaderRejected(_REASONS[name], words) from None
        raise Rejected(_ERRORS.get(name, Error.BAD), words) from None


def _check_header(header: AnyHeader, key: Key, action: str, settings: Standard, now: dt.datetime) -> None:
    if header.version != VERSION:
        raise HeaderRejected(HeaderReason.VERSION, f"expected version {VERSION}")
    if header.action != action:
        known = header.action in ACTIONS
        raise HeaderRejected(
            HeaderReason.ACTION if known else HeaderReason.ACTION_UNKNOWN, f"expected action {action} here"
        )
    age = now - parsed(header.message_ts)
    if not -CLOCK_SKEW <= age <= dt.timedelta(minutes=settings.message_minutes):
        raise HeaderRejected(
            HeaderReason.TIME, f"message_ts is in the future, or older than {settings.message_minutes} minutes"
        )
    if key.sender_id is not None and header.sender_id != key.sender_id:
        raise Rejected(Error.SENDER_ID, "sender_id is not that of the caller whose key this is")
    if settings.id is not None and header.receiver_id not in (None, settings.id):
        raise Rejected(Error.RECEIVER_ID, "receiver_id is not this registry's")


