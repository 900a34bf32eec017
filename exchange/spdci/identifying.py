"""Who is meant by an ID number alone, the standard's commonest question: whom the programs' records say that bear it.

The engine takes nobody for somebody by a number alone (docs/decisions/0013), so it would know no one. It is asked with
the particulars of the record that bears the number instead, and so answers as the night did for that record.
"""

from collections.abc import Sequence
from typing import Any

from exchange.service.models import Person
from exchange.service.snapshot import Snapshot

_DETAILS = (
    "given_name", "middle_name", "family_name", "full_name", "birth_date", "birth_date_precision", "sex"
)  # fmt: skip
_BESIDE = {"national_id", "reference", "birth_date_precision"}


def by_number(persons: Sequence[Person], snapshot: Snapshot) -> tuple[list[Person], list[int]]:
    """The persons, of whom those given by a number alone with their record's particulars; and the places of those whose
    number several persons bear: it is not told whose it is."""
    numbers = {
        place: person.national_id for place, person in enumerate(persons)
        if person.national_id and not person.model_dump(exclude_none=True, exclude=_BESIDE)
    }  # fmt: skip
    if not numbers:
        return list(persons), []
    with snapshot.in_bulk:
        rows = snapshot.bulk.bearing(sorted(set(numbers.values()))).to_pylist()
    records: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        records.setdefault(row["national_id"], []).append(row)
    meant, shared = list(persons), []
    for place, number in numbers.items():
        bearing = records.get(number, [])
        if len({row["person_uid"] for row in bearing}) > 1:
            shared.append(place)
        elif bearing:
            first = min(bearing, key=lambda row: row["record_id"])
            meant[place] = persons[place].model_copy(update={name: first[name] for name in _DETAILS})
    return meant, shared
