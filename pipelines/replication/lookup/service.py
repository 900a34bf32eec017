"""One call to a register's web service, and what its answer means."""

import json
import logging
import ssl
import time
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import urllib3

from ibr.config import Source
from ibr.errors import ConfigurationProblem, SourceUnreachable
from ibr.lookup import ASKED, Lookup, text_of

LONGEST_ANSWER = 1_000_000  # bytes; a person's particulars take about a thousand
KEPT_OF_UNUSABLE = 4_000  # characters of an answer that breaks the contract, for quarantine
_LOGIN_REFUSED = (401, 403, 407)
_MAY_PASS = (408, 425, 429)
_A_WEEK = 7 * 24 * 3600  # seconds


class Outcome(StrEnum):
    """What a call came to. `malformed`: an answer that breaks the mapping; `silent`: none, after all tries."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    MALFORMED = "malformed"
    SILENT = "silent"


@dataclass(frozen=True)
class Reply:
    """An answer: its fields by their place in it, or why it is none, and then what there was instead."""

    outcome: Outcome
    reason: str | None = None
    fields: dict[str, str | None] = field(default_factory=dict)
    original: str | None = None


class Silent(Exception):
    """No answer this time, for a reason that may pass. `wait`: the seconds for which the service asks us to wait."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.reason, self.wait = reason, wait


class _Unusable(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Service:
    """A register's web service. May be used by several threads; nothing of what it is asked or answers is logged."""

    def __init__(self, code: str, source: Source, home: Path) -> None:
        """Raises ConfigurationProblem where `ca_file` is not there."""
        assert source.lookup is not None
        self._code, self._url, self._lookup = code, source.url.rstrip("/"), source.lookup
        authority = home / source.lookup.ca_file if source.lookup.ca_file else None
        if authority and not authority.is_file():
            raise ConfigurationProblem(f"source {code}: lookup.ca_file names {authority}, which is not there")
        # Its warnings name URLs, and so perhaps the ID of a person.
        logging.getLogger("urllib3").setLevel(logging.CRITICAL)
        self._pool = urllib3.PoolManager(
            maxsize=source.lookup.parallel,
            timeout=urllib3.Timeout(connect=source.lookup.timeout_seconds, read=source.lookup.timeout_seconds),
            retries=False,  # ours, within the rate; and a redirection would take the login to another host
            ca_certs=str(authority) if authority else None,
        )

    def close(self) -> None:
        """Close every connection."""
        self._pool.clear()

    def ask(self, national_id: str) -> Reply:
        """Ask for one person.

        Raises Silent where asking again may help, SourceUnreachable where it cannot: the login is refused, or the
        certificate is not trusted.
        """
        lookup = self._lookup
        url = self._url + lookup.path.replace(ASKED, quote(national_id, safe=""))
        if lookup.query:
            url += "?" + urlencode({name: value.replace(ASKED, national_id) for name, value in lookup.query.items()})
        headers, body = {"Accept": "application/json", **lookup.headers}, None
        if lookup.body is not None:
            headers = {"Content-Type": "application/json", **headers}
            body = json.dumps(_filled(lookup.body, national_id)).encode()
        status, wait, content = self._send(lookup.method, url, headers, body)
        if status in _LOGIN_REFUSED:
            raise SourceUnreachable(
                f"source {self._code}: the service refuses the login ({status}); look at lookup.headers in "
                "registry.yml, at the secret they name, and ask the register whether the account may still ask"
            )
        if status in _MAY_PASS or status >= 500:
            raise Silent(f"STATUS_{status}", wait)
        try:
            return _read(lookup, status, content, national_id)
        except _Unusable as unusable:
            original = content[:KEPT_OF_UNUSABLE].decode("utf-8", errors="replace")
            return Reply(Outcome.MALFORMED, unusable.reason, original=original)

    def reach(self) -> None:
        """Make a connection and ask for nobody; errors as for `ask`."""
        try:
            self._send("HEAD", self._url, {}, None)
        except Silent as silent:
            raise SourceUnreachable(
                f"source {self._code}: the service does not answer ({silent.reason}); look at its url and the network",
                may_pass=True,
            ) from None

    def _send(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None
    ) -> tuple[int, float | None, bytes]:
        """Status, the seconds that Retry-After asks for, and content of the answer."""
        deadline = time.monotonic() + self._lookup.timeout_seconds
        try:
            response = self._pool.urlopen(
                method, url, body=body, headers=headers, preload_content=False, redirect=False
            )
            try:
                return response.status, _retry_after(response), _content(response, deadline)
            finally:
                response.release_conn()
        # Their own words hold the URL, and so perhaps the ID: only their kind is told.
        except urllib3.exceptions.SSLError as error:
            if not _is_distrust(error):
                raise Silent("CONNECTION_LOST") from None
            raise SourceUnreachable(
                f"source {self._code}: the service's certificate is not trusted; if the register has an authority of "
                "its own, name its certificate as lookup.ca_file in registry.yml"
            ) from None
        except urllib3.exceptions.NewConnectionError:  # for urllib3 a kind of timeout
            raise Silent("CONNECTION_LOST") from None
        except urllib3.exceptions.TimeoutError:
            raise Silent("TIMED_OUT") from None
        except (urllib3.exceptions.HTTPError, OSError):
            raise Silent("CONNECTION_LOST") from None


def _content(response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    """The body, as far as it can be an answer. A server that sends a byte now and then is not waited for."""
    parts, size = [], 0
    while size <= LONGEST_ANSWER and (part := response.read1(65_536)):
        if time.monotonic() > deadline:
            raise Silent("TIMED_OUT")
        parts.append(part)
        size += len(part)
    if size > LONGEST_ANSWER:
        response.close()  # the rest of it would be read as the next answer
    return b"".join(parts)


def _retry_after(response: urllib3.BaseHTTPResponse) -> float | None:
    """Seconds or a date; what is neither says nothing."""
    said = response.headers.get("Retry-After")
    try:
        return None if said is None else urllib3.Retry(retry_after_max=_A_WEEK).parse_retry_after(said)
    except urllib3.exceptions.InvalidHeader:
        return None


def _is_distrust(error: urllib3.exceptions.SSLError) -> bool:
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in (*error.args, error.__cause__))


def _filled(value: Any, national_id: str) -> Any:
    """A request's body with the ID in its place."""
    if isinstance(value, dict):
        return {key: _filled(inner, national_id) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, national_id) for inner in value]
    return value.replace(ASKED, national_id) if isinstance(value, str) else value


def _read(lookup: Lookup, status: int, content: bytes, national_id: str) -> Reply:
    """What an answer says; raises _Unusable where it breaks the contract."""
    if len(content) > LONGEST_ANSWER:
        raise _Unusable("ANSWER_TOO_LONG")
    try:
        answer = json.loads(content)
    except ValueError:
        answer = None
    if _is_not_found(lookup, status, answer):
        return Reply(Outcome.NOT_FOUND)
    if not 200 <= status < 300:
        raise _Unusable(f"STATUS_{status}")
    if not isinstance(answer, dict | list):
        raise _Unusable("NOT_JSON")
    if lookup.id_in_answer and _scalar(answer, lookup.id_in_answer) != national_id:
        raise _Unusable("ANOTHER_PERSON")
    fields = {}
    for column, place in lookup.places.items():
        try:
            fields[place] = _scalar(answer, place)
        except _Unusable as unusable:
            if unusable.reason != "FIELD_MISSING" or column not in lookup.optional:
                raise _Unusable(f"{unusable.reason}:{column}") from None
            fields[place] = None
    return Reply(Outcome.FOUND, fields=fields)


def _is_not_found(lookup: Lookup, status: int, answer: Any) -> bool:
    """Whether everything holds that registry.yml says of an answer for a person whom the register has not."""
    rule = lookup.not_found
    if rule.status and status not in rule.status:
        return False
    if rule.field is None:
        return True
    if not rule.status and not 200 <= status < 300:
        return False
    try:
        value = _at(answer, rule.field)
    except _Unusable:  # a place that is not there is no word on the person
        return False
    return (json.dumps(value) if value in ({}, []) else text_of(value)) in rule.texts


def _scalar(answer: Any, place: str) -> str | None:
    """The value at a place, as text."""
    value = _at(answer, place)
    if isinstance(value, dict | list):
        raise _Unusable("FIELD_NOT_A_VALUE")
    return text_of(value)


def _at(answer: Any, place: str) -> Any:
    """What stands at a dotted place; a number counts in a list, from 0."""
    for name in place.split("."):
        if isinstance(answer, dict) and name in answer:
            answer = answer[name]
        elif isinstance(answer, list) and name.isdigit() and int(name) < len(answer):
            answer = answer[int(name)]
        else:
            raise _Unusable("FIELD_MISSING")
    return answer
