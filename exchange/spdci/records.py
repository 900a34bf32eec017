"""An answer of the service in the standard's words: found with records, found with none, or could not be told."""

from collections.abc import Mapping, Sequence
from typing import Any

from exchange.service.answers import ENROLLED
from exchange.spdci.codes import SearchReason
from exchange.spdci.models import VERSION, Pagination, Sort
from exchange.spdci.query import Wanted, is_about_person
from ibr.config.registry import Registry

_CONTEXT = {"@vocab": "https://schema.spdci.org/extensions/ibr/v1"}
REGISTRY_TYPE, RECORD_TYPE = "ns:org:RegistryType:IBR", "Beneficiary"
_SORTS = {
    "enrolment_date": lambda record: record["enrolment_date"] or "",
    "enrolment_status": lambda record: record["enrolment_status"],
    "programme_identifier": lambda record: record["programme"]["programme_identifier"],
}


class Untold(Exception):
    """Why nothing is told of a person: a reason of the standard, where it has one, and words."""

    def __init__(self, reason: SearchReason | None, words: str) -> None:
        super().__init__(words)
        self.reason, self.words = reason, words


def benefits(answer: Mapping[str, Any], programme: str | None = None) -> list[Mapping[str, Any]]:
    """The benefits of a person that an answer holds, of a programme or of all.

    Raises Untold where they cannot be told: "could not check" and "not sure who it is" are no empty answer.
    """
    programs, register = answer["programs"], answer["population_register"]
    if programs["outcome"] != "known":
        if programs["outcome"] == "possible_match" or answer["answer"] == "id_shared":
            words = f"{answer['answer']}: it is not sure who is meant; send more particulars"
            raise Untold(SearchReason.SEVERAL, words)
        if register["status"] == "could_not_check":
            reason = register["could_not_check_reason"]
            code = SearchReason.CRITERIA if reason == "not_enough_details" else None
            raise Untold(code, f"could_not_check: {reason}")
    return [
        one for one in programs["enrolments"] if one["level"] == "person" and programme in (None, one["program"])
    ]


def is_enrolled(answer: Mapping[str, Any], programme: str | None) -> bool:
    """Whether a person draws a benefit now. Raises Untold."""
    return any(one["status"] in ENROLLED for one in benefits(answer, programme))


def has_status(answer: Mapping[str, Any], programme: str | None, status: str | None) -> bool:
    """Whether a person has a benefit of this status, in the registry's words or as "enrolled"; where no status is
    named, whether they draw one now. Raises Untold."""
    if status in (None, "enrolled"):
        return is_enrolled(answer, programme)
    return any(one["status"] == status for one in benefits(answer, programme))


def beneficiary(
    answer: Mapping[str, Any], one: Mapping[str, Any], wanted: Wanted, registry: Registry
) -> dict[str, Any]:
    """A benefit as the standard's Beneficiary. Of the person it holds our number and what was asked by: nothing that
    the caller does not have already."""
    program = registry.programs.get(one["program"])
    return {
        "@context": _CONTEXT, "@type": "Beneficiary", "assistance_unit": program.benefit_unit if program else None,
        "member": {
            "@type": "Member", "member_identifier": answer["programs"]["person_uid"],
            "demographic_info": {"person": wanted.by},
            "programme_identifier": {
                "programme": {
                    "programme_identifier": one["program"],
                    "programme_name": program.name if program else one["program"],
                },
                "enrolment_date": one["enrolled_date"], "enrolment_status": one["status"],
                "status_change_date": one["exit_date"],
            },
            "additional_attributes": [
                {name: one[name]} for name in ("verdict", "rule_code", "roles", "is_source_stale")
            ],
        },
    }  # fmt: skip


def ordered(records: list[dict[str, Any]], sorts: Sequence[Sort]) -> list[dict[str, Any]]:
    """Records in the order asked for. Raises Untold for an attribute that they are not sorted by."""
    for sort in reversed(sorts):
        name = sort.attribute_name.rpartition(".")[2]
        if is_about_person(name):
            continue
        if name not in _SORTS:
            raise Untold(SearchReason.SORT, f"records are sorted by {', '.join(_SORTS)}")
        by = _SORTS[name]
        records = sorted(
            records, key=lambda record: by(record["member"]["programme_identifier"]), reverse=sort.sort_order == "desc"
        )
    return records


def page(
    records: Sequence[dict[str, Any]], asked: Pagination | None
) -> tuple[Sequence[dict[str, Any]], dict[str, int]]:
    """A page of the records, and which it is."""
    size, number = (asked.page_size, asked.page_number) if asked else (max(1, len(records)), 1)
    shown = records[(number - 1) * size : number * size]
    return shown, {"page_size": size, "page_number": number, "total_count": len(records)}


def data(
    answer: Mapping[str, Any], snapshot: Mapping[str, Any], records: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """The standard's data of a search, with the service's own answer beside the records."""
    return {
        "version": VERSION, "reg_type": REGISTRY_TYPE, "reg_record_type": RECORD_TYPE, "reg_records": list(records),
        "additional_attributes": {
            "answer": answer["answer"], "population_register": answer["population_register"],
            "programs_outcome": answer["programs"]["outcome"], "snapshot": snapshot,
        },
    }  # fmt: skip
