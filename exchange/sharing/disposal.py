"""The last step: the organisation has disposed of the data; a certificate says so, and the key is destroyed."""

import datetime as dt
import hashlib
import shutil
from pathlib import Path

from exchange.sharing.extraction import finish_extracts
from exchange.sharing.pseudonyms import destroy, require_own_file
from exchange.sharing.record import Case, Step, changing, named, open_case, put
from ibr.errors import UsageProblem

_KEPT = ("manifest.json", "README.txt")  # of our own copy: what was given, and no data


def dispose(
    home: Path, request_id: str, *, by: str, how: str, on: dt.date, today: dt.date, at: dt.datetime,
    statement: Path | None = None,
) -> Path:
    """Put the disposal on record, destroy the request's key and our own copy of the data; returns the certificate.

    `by`: who disposed of the data at the organisation; `on`: when; `statement`: what they signed, kept with the
    request. Raises UsageProblem if nothing was handed over, or it was disposed of already, or the date cannot be.
    """
    with changing(home, "ibr share dispose"):
        case = open_case(home, request_id)
        finish_extracts(case)
        if case.of(Step.DISPOSED):
            finish_disposal(home, case)
            raise UsageProblem(f"{case.request_id} was disposed of already; its certificate is in {case.folder}")
        extracts = case.of(Step.EXTRACTED)
        if not extracts:
            raise UsageProblem(f"nothing of {case.request_id} was handed over; there is nothing to dispose of")
        first = extracts[0].day
        if not first <= on <= today:
            raise UsageProblem(f"disposed of on {on} cannot be: expected a day from {first}, when it left, to {today}")
        if not how.strip():
            raise UsageProblem("say how the data was disposed of, as --how 'disk wiped, no copies kept'")
        require_own_file(home, case)
        content = {"on": on.isoformat(), "how": " ".join(how.split()), "statement": _keep(case, statement)}
        case = case.add(Step.DISPOSED, today=today, at=at, by=by, content=content)
        return finish_disposal(home, case)


def finish_disposal(home: Path, case: Case) -> Path:
    """Do what a disposal on record means, as often as it is asked for; returns the certificate."""
    destroy(home, case)
    for file in (case.folder / "extracts").glob("*/*"):
        if file.name not in _KEPT:
            shutil.rmtree(file) if file.is_dir() else file.unlink()
    certificate = case.folder / "certificate.txt"
    if not certificate.exists():
        put(certificate, _certificate(case).encode())
    return certificate


def _keep(case: Case, statement: Path | None) -> dict[str, str] | None:
    if statement is None:
        return None
    content = statement.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    kept = case.folder / f"statement-{sha256[:12]}{statement.suffix.lower()}"
    if not kept.exists():
        put(kept, content)
    return {"file": kept.name, "sha256": sha256}


def _certificate(case: Case) -> str:
    (disposed,) = case.of(Step.DISPOSED)
    statement = disposed.content["statement"]
    # A table has no pseudonyms, and so never had a key.
    key = "The key of the pseudonyms was destroyed. " if case.request["level"] == "records" else ""
    signed = f"{statement['file']}, SHA-256 {statement['sha256']}" if statement else "none"
    lines = [
        f"Certificate of disposal: request {case.request_id}",
        "",
        f"Organisation: {case.request['organisation']}",
        f"Data disposed of by: {named(disposed.by)}",
        f"On: {disposed.content['on']} (due by {case.until})",
        f"How: {disposed.content['how']}",
        f"Signed statement: {signed}",
        "",
        "What was disposed of",
        *[
            f"- extract {event.content['number']} of {event.day}, publication {event.content['publication']}, "
            f"manifest SHA-256 {event.content['manifest']}"
            for event in case.of(Step.EXTRACTED)
        ],
        "",
        f"Recorded on {disposed.day}. {key}The registry's own copy of the data was destroyed.",
    ]
    return "\n".join(lines) + "\n"
