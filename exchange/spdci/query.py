"""Whom a query is for: the standard's forms of it, as the particulars that the service looks a person up by.

The service looks persons up and lists nobody: of conditions only `eq`, joined by `and`, are answered. Names of
attributes are the standard's and what its examples use for them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from exchange.service.models import Person

_NAMES = {
    "national_id": "uin nin nid national_id nationalid national_id_number identifier_value person_identifier",
    "birth_certificate_no": "brn birth_certificate birth_certificate_no",
    "given_name": "given_name first_name",
    "middle_name": "middle_name second_name",
    "family_name": "family_name surname sur_name last_name",
    "full_name": "full_name name",
    "birth_date": "birth_date date_of_birth dob",
    "birth_year": "yob year_of_birth",
    "sex": "sex gender",
    "phone": "phone phone_number mobile",
    "county_code": "county_code county",
    "area_code": "area_code",
    "programme": "programme_identifier program programme programme_code",
}
_FIELDS = {name: field for field, names in _NAMES.items() for name in names.split()}
_STATUSES = ("enrolment_status", "enrollment_status")
_SEXES = {"f": "F", "female": "F", "m": "M", "male": "M"}


class NotUnderstood(Exception):
    """A query that names nobody: words without its values."""


@dataclass(frozen=True)
class Wanted:
    """The person that a query is for, and the programme that its records are narrowed to."""

    person: Person
    programme: str | None = None

    @property
    def by(self) -> dict[str, str]:
        """What the person was asked for by."""
        return self.person.model_dump(mode="json", exclude_none=True, exclude={"birth_date_precision", "reference"})


def wanted(query_type: str | None, query: Any) -> Wanted:
    """Whom a query of one of the standard's forms is for. Raises NotUnderstood."""
    if isinstance(query, list):
        conditions = list(_of_predicates(query))
    elif query_type == "idtype-value" or (query_type is None and _is_id_value(query)):
        if not _is_id_value(query):
            raise NotUnderstood("expected query.type and query.value, which is a text")
        conditions = [(query["type"], query["value"])]
    else:
        conditions = list(_of_expression(query))
    return _person(conditions)


def _is_id_value(query: Any) -> bool:
    return (
        isinstance(query, dict) and isinstance(query.get("type"), str)
        and isinstance(query.get("value"), (str, int)) and not isinstance(query.get("value"), bool)
    )  # fmt: skip


def _of_predicates(predicates: list[Any]) -> Iterable[tuple[str, Any]]:
    for predicate in predicates:
        if not isinstance(predicate, dict) or not isinstance(predicate.get("expression1"), dict):
            raise NotUnderstood("expected a list of predicates, each with expression1")
        if predicate.get("condition", "and") != "and":
            raise NotUnderstood("conditions other than `and` are not answered")
        for name in ("expression1", "expression2"):
            one = predicate.get(name)
            if one is not None:
                yield _condition(one)


def _condition(one: Any) -> tuple[str, Any]:
    if not isinstance(one, dict) or not isinstance(one.get("attribute_name"), str):
        raise NotUnderstood("expected attribute_name, operator and attribute_value")
    if one.get("operator") != "eq":
        raise NotUnderstood("operators other than `eq` are not answered")
    return one["attribute_name"], one.get("attribute_value")


def _of_expression(query: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Of `{attribute: {eq: value}}`, alone or in `$and`, bare or within `value.expression.query`."""
    inner: Any = query
    for name in ("value", "expression", "query"):
        if isinstance(inner, dict) and isinstance(inner.get(name), (dict, list)):
            inner = inner[name]
    parts = inner if isinstance(inner, list) else [inner]
    for part in parts:
        if isinstance(part, dict) and "attribute_name" in part:
            yield _condition(part)
            continue
        if not isinstance(part, dict):
            raise NotUnderstood("expected attributes with what they have to equal")
        for name, condition in _typed(part).items():
            if name.lstrip("$") == "and" and isinstance(condition, list):
                yield from _of_expression({"query": condition})
            elif name != "collection":
                yield name, _equals(condition)


def _typed(part: Mapping[str, Any]) -> dict[str, Any]:
    """A part in which an identifier goes by its type's name."""
    named = dict(part)
    if "identifier_value" in named and isinstance(kind := named.pop("identifier_type", None), str):
        named[kind] = named.pop("identifier_value")
    return named


def _equals(condition: Any) -> Any:
    if not isinstance(condition, dict):
        return condition
    if len(condition) == 1 and (operator := next(iter(condition))).lstrip("$") == "eq":
        return condition[operator]
    raise NotUnderstood("operators other than `eq` are not answered")


def _person(conditions: Iterable[tuple[str, Any]]) -> Wanted:
    details: dict[str, str] = {}
    for name, value in conditions:
        field = _FIELDS.get(_plain(name)) or _FIELDS.get(_plain(name.rpartition(".")[2]))
        if field is None:
            raise NotUnderstood("an attribute or type of identifier is none that this registry looks persons up by")
        if not isinstance(value, (str, int)) or isinstance(value, bool) or not str(value).strip():
            raise NotUnderstood("a value is neither a text nor a whole number")
        text = _written(field, str(value).strip())
        if details.setdefault(field, text) != text:
            raise NotUnderstood(f"{field} has two values; a query is for one person")
    programme, year = details.pop("programme", None), details.pop("birth_year", None)
    if year is not None and "birth_date" not in details:
        details |= {"birth_date": f"{year}-01-01", "birth_date_precision": "year"}
    elif year is not None and not details["birth_date"].startswith(f"{year}-"):
        raise NotUnderstood("the year of birth is not that of the birth date; a query is for one person")
    if not details:
        raise NotUnderstood("the query names no person")
    try:
        return Wanted(Person.model_validate(details), programme)
    except ValidationError:
        raise NotUnderstood("a value is too long, or no date or sex as expected") from None


def _written(field: str, text: str) -> str:
    if field == "sex":
        return _SEXES.get(text.lower(), text)
    return text.partition("T")[0] if field == "birth_date" else text


def is_about_person(attribute: str) -> bool:
    """Whether an attribute is the same in all records of a person."""
    return _FIELDS.get(_plain(attribute.rpartition(".")[2]), "programme") != "programme"


def _plain(name: str) -> str:
    return name.strip().lower().replace("-", "_")


def announced(beneficiary: Mapping[str, Any]) -> Wanted:
    """Whom a Beneficiary of the standard is: its member's particulars, by their own names, and its programme. Raises
    NotUnderstood."""
    members = beneficiary.get("member")
    members = members if isinstance(members, list) else [members]
    if len(members) != 1 or not isinstance(members[0], dict):
        raise NotUnderstood("expected member, which is one person")
    found = list(_particulars(members[0]))
    for name, value in beneficiary.items():
        if _is_programme(name):
            found += _programme(name, value)
    return _person(found)


def announced_status(beneficiary: Mapping[str, Any]) -> str | None:
    """The status of the enrolment that a Beneficiary of the standard tells of, in small letters; None where none is.
    Raises NotUnderstood where it is no text, or there are two."""
    told = list(_statuses(beneficiary))
    if any(not isinstance(one, str) for one in told):
        raise NotUnderstood("enrolment_status is no text")
    different = {one.strip().lower() for one in told if one.strip()}
    if len(different) > 1:
        raise NotUnderstood("enrolment_status has two values")
    return different.pop() if different else None


def _statuses(part: Any) -> Iterable[Any]:
    """What stands for a status at any depth, but of relatives."""
    for one in part if isinstance(part, list) else ():
        yield from _statuses(one)
    for name, value in part.items() if isinstance(part, dict) else ():
        if _plain(name) in _STATUSES:
            if value is not None:
                yield value
        elif not _plain(name).startswith("related"):
            yield from _statuses(value)


def _particulars(part: Any) -> Iterable[tuple[str, Any]]:
    """What a member is told by: not what stands of its programme, whose name is no person's, or of its relatives."""
    if isinstance(part, list):
        for one in part:
            yield from _particulars(one)
        return
    for name, value in _typed(part).items() if isinstance(part, dict) else ():
        if _is_programme(name):
            yield from _programme(name, value)
        elif isinstance(value, (dict, list)):
            yield from () if _plain(name).startswith("related") else _particulars(value)
        elif value not in (None, "") and _plain(name) in _FIELDS:
            yield name, value


def _programme(name: str, value: Any) -> Iterable[tuple[str, Any]]:
    """The identifier of a programme, at any depth."""
    if isinstance(value, dict):
        for inner, one in value.items():
            if _is_programme(inner):
                yield from _programme(inner, one)
    elif value not in (None, ""):
        yield name, value


def _is_programme(name: str) -> bool:
    return _FIELDS.get(_plain(name)) == "programme"
