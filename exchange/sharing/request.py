"""What is asked for, and what has to be so of it."""

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from exchange.sharing.catalogue import Mart, purposes
from exchange.sharing.known import Known
from warehouse.audiences.sensitivity import Sensitivity

_FEWEST_LETTERS = 20  # of a purpose; less says none
_MOST_VARIABLES = 4  # of a table: each doubles its totals, and thins its cells


def _on_one_line(text: str) -> str:
    line = " ".join(text.split())
    if not line:
        raise ValueError("is empty")
    return line


Said = Annotated[str, AfterValidator(_on_one_line)]


def _as_text(value: Any) -> Any:
    """A value of YAML as a mart's value reads as text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


Value = Annotated[str, BeforeValidator(_as_text)]


class _Part(BaseModel):
    """A part of the file: an unknown key is a mistake, not something to ignore."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, frozen=True)


class Range(_Part):
    """Days, from the first to the last, both included; either may be open."""

    first: dt.date | None = Field(default=None, alias="from")
    last: dt.date | None = Field(default=None, alias="to")

    @model_validator(mode="after")
    def _has_an_end(self) -> "Range":
        if self.first is None and self.last is None:
            raise ValueError("neither from nor to is given")
        if self.first and self.last and self.first > self.last:
            raise ValueError(f"from {self.first} is after to {self.last}")
        return self


def _listed(value: Any) -> Any:
    return value if isinstance(value, dict | list) else [value]


class Item(_Part):
    """What is asked for of one mart: `fields` where rows are wanted, `by` and `sums` where a table is."""

    mart: str
    fields: list[str] = []
    by: list[str] = []
    sums: list[str] = []
    where: dict[str, Annotated[Range | list[Value], BeforeValidator(_listed)]] = {}
    in_clear: list[str] = []

    @property
    def columns(self) -> list[str]:
        """Every column that is asked for, once."""
        return list(dict.fromkeys([*self.fields, *self.by, *self.sums]))

    @model_validator(mode="after")
    def _fits_the_catalogue(self, info: ValidationInfo) -> "Item":
        known = _known(info)
        mart = known.marts.get(self.mart)
        if mart is None:
            raise ValueError(f"mart {self.mart} cannot be shared; these can: {', '.join(known.marts)}")
        faults = [*_of_columns(mart, self), *_of_conditions(mart, self, known)]
        if faults:
            raise ValueError("; ".join(faults))
        return self


class Request(_Part):
    """A whole request. Counties are codes; `works_in` None is the whole country."""

    organisation: Said
    person: Said
    contact: Said
    works_in: list[Value] | None = None
    purpose_kind: str
    purpose: Said
    legal_basis: Said | None = None
    consent: Said | None = None
    level: Literal["records", "table"]
    data: list[Item] = Field(min_length=1)
    reason_in_clear: Said | None = None
    counties: Literal["all"] | list[Value]
    until: dt.date

    @field_validator("purpose_kind")
    @classmethod
    def _known_purpose(cls, kind: str) -> str:
        if kind not in purposes():
            raise ValueError(f"{kind} is none of {', '.join(purposes())}")
        return kind

    @field_validator("purpose")
    @classmethod
    def _says_something(cls, purpose: str) -> str:
        if len(purpose) < _FEWEST_LETTERS:
            raise ValueError("says too little; write in a sentence what the data is for and what will come of it")
        return purpose

    @field_validator("works_in", "counties")
    @classmethod
    def _known_counties(cls, given: Any, info: ValidationInfo) -> Any:
        return given if given in (None, "all") else _known(info).county_codes(given)

    @field_validator("data")
    @classmethod
    def _is_of_its_level(cls, items: list[Item], info: ValidationInfo) -> list[Item]:
        if level := info.data.get("level"):
            faults = [f"{item.mart}: {fault}" for item in items for fault in _of_level(item, level)]
            if len({item.mart for item in items}) < len(items):
                faults.append("a mart stands here twice; ask for all of it in one place")
            if faults:
                raise ValueError("; ".join(faults))
        return items

    # On `until`, the last field, and not on the whole: a check of the whole is only made where the parts are right.
    @field_validator("until")
    @classmethod
    def _is_to_come_and_has_reasons(cls, until: dt.date, info: ValidationInfo) -> dt.date:
        today, given, faults = _known(info).today, info.data, []
        if until <= today:
            faults.append(f"{until} is not after {today}, the day of the request")
        if not (given.get("consent", "") or given.get("legal_basis", "")):
            faults.append("neither legal_basis nor consent is given; one of them has to allow it")
        if any(item.in_clear for item in given.get("data", ())) and not given.get("reason_in_clear", ""):
            faults.append("identifiers are asked for in clear without reason_in_clear")
        if faults:
            raise ValueError("; ".join(faults))
        return until


def _known(info: ValidationInfo) -> Known:
    assert isinstance(info.context, Known)
    return info.context


def _of_columns(mart: Mart, item: Item) -> list[str]:
    faults = []
    asked = dict.fromkeys([*item.columns, *item.where, *item.in_clear])
    if unknown := [name for name in asked if name not in mart.columns]:
        faults.append(f"{', '.join(unknown)} of {mart.name} cannot be shared; these can: {', '.join(mart.columns)}")
    named = [*item.fields, *item.by, *item.sums]
    if twice := [name for name in item.columns if named.count(name) > 1]:
        faults.append(f"{', '.join(twice)} is asked for twice")
    identifiers = [name for name, column in mart.columns.items() if column.sensitivity is Sensitivity.IDENTIFIER]
    if odd := [name for name in item.in_clear if name in mart.columns and name not in identifiers]:
        faults.append(f"in_clear names {', '.join(odd)}, which is no identifier and leaves as it is anyhow")
    if absent := [name for name in item.in_clear if name not in item.fields]:
        faults.append(f"in_clear names {', '.join(absent)}, which is not among the fields")
    bare = [n for n in item.fields if n in identifiers and not mart.columns[n].pseudonym and n not in item.in_clear]
    if bare:
        faults.append(f"{', '.join(bare)} has no pseudonym of any use; take it out, or name it in in_clear too")
    if odd := [name for name in item.by if name in identifiers]:
        faults.append(f"a table by {', '.join(odd)} would be a list of people; take out the identifier")
    return faults


def _of_conditions(mart: Mart, item: Item, known: Known) -> list[str]:
    faults = []
    for name, wanted in item.where.items():
        column = mart.columns.get(name)
        if column is None:
            continue  # told with the columns
        if column.sensitivity is Sensitivity.IDENTIFIER:
            faults.append(f"where.{name}: rows cannot be chosen by an identifier")
        elif isinstance(wanted, Range) and not known.is_date(mart.name, name):
            faults.append(f"where.{name}: from and to are for dates, and {name} is none")
        elif not isinstance(wanted, Range) and (problem := known.problem_with(mart, name, wanted)):
            faults.append(f"where.{name}: {problem}")
    faults += [
        f"sums names {name}, which is no amount" for name in item.sums
        if name in mart.columns and not known.is_number(mart.name, name)
    ]
    return faults


def _of_level(item: Item, level: str) -> list[str]:
    if level == "records":
        faults = [] if item.fields else ["no fields are named"]
        return faults + (["by and sums are for level: table"] if item.by or item.sums else [])
    faults = [] if item.by else ["by names no variable of the table"]
    if len(item.by) > _MOST_VARIABLES:
        faults.append(f"by names {len(item.by)} variables; at most {_MOST_VARIABLES} can be crossed")
    return faults + (["fields and in_clear are for level: records"] if item.fields or item.in_clear else [])
