"""Requests from files, options and the record: checked whole, all faults at once."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from exchange.sharing.catalogue import Marts
from exchange.sharing.known import Known
from exchange.sharing.record import Case
from exchange.sharing.request import Request
from ibr.errors import UsageProblem
from ibr.yaml_files import place_of

TEMPLATE = files("exchange.sharing").joinpath("template.yml").read_text(encoding="utf-8")


def read_request(path: Path) -> dict[str, Any]:
    """The content of a request's file, not checked yet. Raises UsageProblem for a file that is no YAML of settings."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageProblem(
            f"{path} is not readable as YAML{place_of(error)}; `ibr share request --template` shows it"
        ) from None
    if not isinstance(content, dict):
        raise UsageProblem(f"{path} holds no request; `ibr share request --template` writes one to start from")
    return content


def checked(content: dict[str, Any], known: Known) -> Request:
    """The request that is in `content`. Raises UsageProblem with every fault."""
    try:
        return Request.model_validate(content, context=known)
    except ValidationError as error:
        faults = _faults(error)
    count = f"{len(faults)} fault{'s' if len(faults) > 1 else ''} in the request"
    raise UsageProblem(f"{count}, which was not taken: " + " | ".join(faults))


def recorded(case: Case, marts: Marts) -> Request:
    """The request as it is on record, which was checked when it was taken.

    Raises UsageProblem where its columns may not be shared any more: they may have been declared more sensitive.
    """
    try:
        return Request.model_validate(case.request, context=Known.columns_alone(marts))
    except ValidationError as error:
        faults = _faults(error)
    raise UsageProblem(
        f"{case.request_id} asks for what the current publication does not let be shared: {' | '.join(faults)}; make a "
        "new request"
    )


def _faults(error: ValidationError) -> list[str]:
    return [_say(fault) for fault in error.errors(include_input=False)]


def _say(fault: Any) -> str:
    # Pydantic puts the kinds of a union into the place; they mean nothing to who wrote the file.
    place = ".".join(str(part) for part in fault["loc"] if not set("[(").intersection(str(part)))
    message = fault["msg"]
    if message.startswith("Value error, "):
        return f"{place}: {message.removeprefix('Value error, ')}"
    return f"{place}: {message[0].lower()}{message[1:]}"
