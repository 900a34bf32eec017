"""Who is meant by an ID number alone, the standard's commonest question: whom the programs' records say that bear it.

The engine takes nobody for somebody by a number alone (docs/decisions/0013), so it would know no one. It is asked with
the particulars of the record that bears the number instead, and so answers as the night did for that record.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from exchange.service.models import Person
from exchange.service.snapshot import Snapshot
from linkage.registry.verify import Status

_DETAILS = (
    "given_name", "middle_name", "family_name", "full_name", "birth_date", "birth_date_precision", "sex"
)  # fmt: skip
_BESIDE = {"national_id", "reference", "birth_date_precision"}


@dataclass(frozen=True)
class Meant:
    """The person to look up. `by_number`: given by a number alone; `is_shared`: which several persons bear."""

    person: Person
    by_number: bool = False
    is_shared: bool = False

    def is_in_doubt(self, status: str) -> bool:
        """Whether it is not told whose the number is: several bear it, or the register has it of somebody else."""
        return self.is_shared or (self.by_number and status in (Status.MISMATCH, Status.ID_SHARED))


def by_number(persons: Sequence[Person], snapshot: Snapshot) -> list[Meant]:
    """The persons, of whom those given by a number alone with the particulars of the record that bears it."""
    meant = [Meant(person, by_number=_is_number_alone(person)) for person in persons]
    numbers = sorted({str(one.person.national_id) for one in meant if one.by_number})
    if not numbers:
        return meant
    rows = snapshot.lookups[0].bearing(numbers).to_pylist()
    records: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        records.setdefault(row["national_id"], []).append(row)
    return [_of_record(one, records.get(str(one.person.national_id), [])) if one.by_number else one for one in meant]


def _is_number_alone(person: Person) -> bool:
    return bool(person.national_id) and not person.model_dump(exclude_none=True, exclude=_BESIDE)


def _of_record(one: Meant, bearing: Sequence[dict[str, Any]]) -> Meant:
    if not bearing:
        return one
    if len({row["person_uid"] for row in bearing}) > 1:
        return Meant(one.person, by_number=True, is_shared=True)
    record = min(bearing, key=lambda row: row["record_id"])
    return Meant(one.person.model_copy(update={name: record[name] for name in _DETAILS}), by_number=True)
