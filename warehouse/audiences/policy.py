"""audiences.yml: the declared policy, checked whole before anything is published."""

from collections.abc import Sequence
from enum import StrEnum
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from ibr.errors import ConfigurationProblem
from ibr.yaml_files import place_of
from warehouse.audiences.sensitivity import Sensitivity

SECRETARIAT = "secretariat"
FILE = "audiences.yml"


class Treatment(StrEnum):
    """What becomes of a column on its way to an audience."""

    KEEP = "keep"
    PSEUDONYM = "pseudonym"
    COARSEN = "coarsen"
    WITHHOLD = "withhold"


# Tags of what may be given in two forms; in an error they are no part of the place.
_ALL, _NAMED, _ROWS, _NUMBERS = "[all]", "[named]", "[rows]", "[numbers]"
_ALL_OR_NAMED = Discriminator(lambda given: _ALL if given == "all" else _NAMED)
Names = Annotated[Annotated[Literal["all"], Tag(_ALL)] | Annotated[list[str], Tag(_NAMED)], _ALL_OR_NAMED]
Treatments = Annotated[
    Annotated[Literal["all"], Tag(_ALL)] | Annotated[dict[Sensitivity, Treatment], Tag(_NAMED)], _ALL_OR_NAMED
]
Together = Annotated[list[str], BeforeValidator(lambda given: [given] if isinstance(given, str) else given)]


class _Section(BaseModel):
    """A part of the file: an unknown key is a mistake, not something to ignore."""

    model_config = ConfigDict(extra="forbid")


class RowAudience(_Section):
    """People who get rows: which tables, and what of each kind of column."""

    who: str
    marts: Names
    without: list[str] = []
    reference: Names = []
    columns: Treatments
    each: Literal["county"] | None = None

    def treatment(self, sensitivity: Sensitivity | None) -> Treatment:
        """What becomes of a column of a kind; None, of one that nobody has classified."""
        if self.columns == "all":
            return Treatment.KEEP
        return self.columns.get(sensitivity, Treatment.WITHHOLD) if sensitivity else Treatment.WITHHOLD


class Numbers(_Section):
    """What an audience of numbers gets of one mart; audiences.yml says what each word means."""

    keep: list[str] = Field(min_length=1)
    only: dict[str, list[str]] = {}
    within: list[str] = []
    across: list[Together] = []
    counts: list[str] = []
    withheld: list[str] = []
    sums: bool = False
    counted: dict[str, list[str]] = {}
    named_by: list[str] = []
    lasting: bool = False

    @property
    def key(self) -> list[str]:
        """The columns that tell which row of another publication is the same one."""
        return self.named_by or [*self.within, *chain(*self.across)] or self.keep

    @property
    def columns(self) -> list[str]:
        """Every column that is there, in this order."""
        return [*self.keep, *self.counts, *self.withheld]

    @model_validator(mode="after")
    def _fits_together(self) -> "Numbers":
        names = self.columns
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"{', '.join(twice)} stands in more than one of keep, counts and withheld")
        if strange := [name for name in (*self.key, *self.within, *chain(*self.across)) if name not in self.keep]:
            raise ValueError(f"{', '.join(dict.fromkeys(strange))} is in within or across, and not in keep")
        if (self.across or self.withheld) and not self.counts:
            raise ValueError("across and withheld need counts, by which rows are withheld")
        return self


class NumberAudience(_Section):
    """People who get numbers alone, none of which is about fewer than `smallest_cell`."""

    who: str
    smallest_cell: int = Field(default=10, ge=2)
    tables: dict[str, Numbers] = Field(min_length=1)
    reference: list[str] = []


Audience = RowAudience | NumberAudience
AudienceName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Policy = dict[str, Audience]
_Either = Annotated[
    Annotated[RowAudience, Tag(_ROWS)] | Annotated[NumberAudience, Tag(_NUMBERS)],
    Discriminator(lambda content: _NUMBERS if "tables" in content else _ROWS),
]
_POLICY: TypeAdapter[Policy] = TypeAdapter(dict[AudienceName, _Either])


def load_policy(home: Path, audiences: Sequence[str] | None = None) -> Policy:
    """The policy of a workspace: the defaults, and over them what its own audiences.yml says.

    `audiences`: those to publish for, by default all. Raises ConfigurationProblem listing every mistake, separated by
    " | ".
    """
    content: dict[str, Any] = yaml.safe_load(files("warehouse.audiences").joinpath(FILE).read_text(encoding="utf-8"))
    own = home / FILE
    if own.is_file():
        content |= _read(own)
    try:
        policy = _POLICY.validate_python({name: audience for name, audience in content.items() if audience is not None})
    except ValidationError as error:
        faults = dict.fromkeys(_say(fault) for fault in error.errors(include_input=False))
        raise ConfigurationProblem(f"mistakes in {own}: " + " | ".join(faults)) from None
    if broken := _broken_rules(policy):
        raise ConfigurationProblem(f"mistakes in {own}: " + " | ".join(broken))
    if unknown := [name for name in audiences or () if name not in policy]:
        raise ConfigurationProblem(f"publish.audiences names {', '.join(unknown)}; expected of {', '.join(policy)}")
    return {name: audience for name, audience in policy.items() if audiences is None or name in audiences}


def _read(file: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ConfigurationProblem(
            f"{file} is not readable as YAML{place_of(error)}; mend the indentation or quotes"
        ) from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigurationProblem(f"{file} holds no audiences; docs/publications.md shows what belongs there")
    return content


def _broken_rules(policy: Policy) -> list[str]:
    """What holds between audiences, and no single one can know."""
    faults = []
    whole = policy.get(SECRETARIAT)
    if not (isinstance(whole, RowAudience) and whole.columns == whole.marts == "all" and not whole.without):
        faults.append(f"{SECRETARIAT}: gets everything (marts: all, columns: all); define another audience for less")
    for name, audience in policy.items():
        if name != SECRETARIAT and isinstance(audience, RowAudience) and audience.columns == "all":
            faults.append(f"{name}: columns: all is for {SECRETARIAT} alone; say what becomes of each kind of column")
        if isinstance(audience, RowAudience) and audience.each and audience.marts == "all":
            faults.append(f"{name}: a file a county needs its marts named one by one")
    return faults


def _say(fault: Any) -> str:
    kinds = {_ALL, _NAMED, _ROWS, _NUMBERS, "[key]"}
    place = ".".join(str(part) for part in fault["loc"] if part not in kinds) or "the file"
    message = fault["msg"].removeprefix("Value error, ")
    return f"{place}: {message[0].lower()}{message[1:]}"
