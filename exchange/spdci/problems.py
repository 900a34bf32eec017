"""What is answered where a message is not taken: the standard's shape, with a code of its lists and no value sent."""

import secrets
from typing import Any

from fastapi.responses import JSONResponse

from exchange.service.problems import Refused
from exchange.spdci.codes import Error, HeaderReason
from exchange.spdci.times import now_text

_CODES = {401: Error.UNAUTHORIZED, 403: Error.FORBIDDEN, 404: Error.NOT_FOUND, 429: Error.TOO_MANY}
_OF_HEADER = {HeaderReason.VERSION: Error.VERSION}


class Rejected(Exception):
    """A message that is not taken: a code of the standard, words without a value that was sent, and the HTTP status."""

    def __init__(self, code: Error, words: str, status: int = 400, retry_after: float | None = None) -> None:
        super().__init__(code)
        self.code, self.words, self.status, self.retry_after = code, words, status, retry_after


class HeaderRejected(Rejected):
    """A header that is not taken. A synchronous answer says `reason` in its own header; an acknowledgement has no place
    for it but its words."""

    def __init__(self, reason: HeaderReason, words: str) -> None:
        super().__init__(_OF_HEADER.get(reason, Error.BAD), f"{reason}: {words}")
        self.reason = reason


def from_refused(error: Refused) -> Rejected:
    """What the service refused, in the standard's codes."""
    code = _CODES.get(error.status, Error.UNAVAILABLE if error.status >= 500 else Error.BAD)
    status = 400 if error.status == 422 else error.status
    return Rejected(code, f"{error.code}: {error.words}", status, error.retry_after)


def unavailable(reason: str) -> Rejected:
    """Nothing can be looked up now, which says nothing about anybody."""
    return Rejected(Error.UNAVAILABLE, f"could not check: {reason}", 503, 60)


def overloaded() -> JSONResponse:
    """More is asked than can be answered in time."""
    return told(Rejected(Error.UNAVAILABLE, "could not check: overloaded", 503, 1))


def acknowledgement(correlation_id: str, ack_status: str, error: Rejected | None = None) -> dict[str, Any]:
    """The standard's acknowledgement of a message."""
    message: dict[str, Any] = {"ack_status": ack_status, "timestamp": now_text(), "correlation_id": correlation_id}
    if error:
        message["error"] = {"code": str(error.code), "message": error.words}
    return {"message": message}


def told(error: Rejected) -> JSONResponse:
    """The error as an acknowledgement, and as the list that the standard gives for errors of HTTP: readers of either
    understand it."""
    body = acknowledgement(secrets.token_hex(12), "ERR", error)
    body["errors"] = [{"code": str(error.code), "message": error.words}]
    headers = {} if error.retry_after is None else {"Retry-After": str(max(1, round(error.retry_after + 0.5)))}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if error.status == 405:
        headers["Allow"] = "POST"
    return JSONResponse(body, error.status, headers)
