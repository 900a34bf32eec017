"""The third step: two people approve a request as it was assessed, with an agreement on file; or one refuses it."""

import datetime as dt
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exchange.sharing.record import Case, Step, changing, named, open_case, put
from ibr.errors import UsageProblem
from ibr.people import is_same_person


@dataclass(frozen=True)
class Agreement:
    """A signed confidentiality agreement: its reference, and the file."""

    reference: str
    file: Path


def approve(
    home: Path, request_id: str, *, by: str, today: dt.date, at: dt.datetime,
    agreement: Agreement | None = None, despite: str | None = None,
) -> Case:
    """Put one person's approval on record.

    `agreement`: needed from the first of the two, and kept with the request; `despite`: why it is approved although the
    assessment has grave findings. Raises UsageProblem for whoever asked or approved already, and for a request that is
    not assessed, or not open.
    """
    with changing(home, "ibr share approve"):
        case = open_case(home, request_id)
        _require_open(case, today)
        assert case.assessment is not None
        _require_another_person(case, by)
        if _grave(case) and not (despite or "").strip():
            raise UsageProblem(
                f"the assessment of {case.request_id} has {len(_grave(case))} grave finding(s); change the request, or "
                "say with --despite why it is approved all the same"
            )
        held = _agreement_of(case)
        if agreement is not None:
            held = _keep(case, agreement, held)
        if held is None:
            raise UsageProblem(
                f"no confidentiality agreement is on file for {case.request_id}; give --agreement FILE --reference TEXT"
            )
        return case.add(Step.APPROVED, today=today, at=at, by=by, content={
            "assessment": case.assessment.sha256, "despite": despite, "agreement": held,
        })


def refuse(home: Path, request_id: str, *, by: str, reason: str, today: dt.date, at: dt.datetime) -> Case:
    """Put a refusal on record, which ends the request. Raises UsageProblem without a reason, or if it is not open."""
    if not reason.strip():
        raise UsageProblem("a refusal needs its reason; the organisation will ask for it")
    with changing(home, "ibr share approve"):
        case = open_case(home, request_id)
        _require_open(case, today)
        return case.add(Step.REFUSED, today=today, at=at, by=by, content={"reason": reason})


def _require_open(case: Case, today: dt.date) -> None:
    state = case.state(today)
    if state == "requested":
        raise UsageProblem(f"{case.request_id} is not assessed yet; `ibr share assess {case.request_id}` does it first")
    if state not in ("assessed", "half_approved", "extracted") or case.is_approved:
        raise UsageProblem(f"{case.request_id} is {state.replace('_', ' ')}; there is nothing to decide on it")


def _require_another_person(case: Case, by: str) -> None:
    if is_same_person(by, case.request["person"]):
        raise UsageProblem(f"{named(by)} asks for the data and cannot approve it; two others have to")
    if any(is_same_person(by, approval.by) for approval in case.approvals):
        raise UsageProblem(f"{named(by)} has approved {case.request_id} already; a second person has to")


def _grave(case: Case) -> list[dict[str, Any]]:
    assert case.assessment is not None
    return [finding for finding in case.assessment.content["findings"] if finding["is_grave"]]


def _agreement_of(case: Case) -> dict[str, str] | None:
    """The agreement of the last approval, whatever assessment it was about: the paper stays the same."""
    approvals = case.of(Step.APPROVED)
    return approvals[-1].content["agreement"] if approvals else None


def _keep(case: Case, agreement: Agreement, held: dict[str, str] | None) -> dict[str, str]:
    if not agreement.reference.strip():
        raise UsageProblem("the agreement has no reference; write how it is filed, as --reference 'NDA 2026/14'")
    content = agreement.file.read_bytes()
    if not content:
        raise UsageProblem(f"{agreement.file.name} is empty; the signed agreement was expected")
    sha256 = hashlib.sha256(content).hexdigest()
    if held and held["sha256"] != sha256 and case.approvals:
        raise UsageProblem(
            f"{agreement.file.name} is another file than the agreement that {case.approvals[0].by} approved with "
            f"({held['reference']}); both have to approve on the same one"
        )
    kept = case.folder / f"agreement-{sha256[:12]}{agreement.file.suffix.lower()}"
    if not kept.exists():
        put(kept, content)
    return {"reference": " ".join(agreement.reference.split()), "file": kept.name, "sha256": sha256}
