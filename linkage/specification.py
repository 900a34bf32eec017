"""What the columns of a table mean: the roles that linkage works with.

A specification names columns by role and holds no formulas. It is read from YAML (`Specification.load`) or built
from a mapping (`Specification.from_mapping`). Every mistake found in it is collected, so that one reading of the
message is enough to put all of them right.
"""

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ibr.errors import ConfigurationProblem, UsageProblem
from ibr.yaml_files import place_of

SINGLE_ROLES = (
    "given_name",
    "middle_name",
    "family_name",
    "full_name",
    "birth_date",
    "birth_date_precision",
    "sex",
    "national_id",
    "phone",
    "mother_name",
    "household_id",
)
LIST_ROLES = ("other_ids", "places", "attributes")
# Sex, places and attributes describe a person, but no number of them tells one person from another.
IDENTIFYING_ROLES = ("given_name", "family_name", "full_name", "birth_date", "national_id", "other_ids", "phone")


class BirthDateColumn(BaseModel):
    """A birth date whose text has one stated format (strptime's letters)."""

    model_config = ConfigDict(extra="forbid")
    column: str
    format: str | None = None


class Roles(BaseModel):
    """Which column, or columns, play each role."""

    model_config = ConfigDict(extra="forbid")
    given_name: str | None = None
    middle_name: str | None = None
    family_name: str | None = None
    full_name: str | None = None
    birth_date: BirthDateColumn | None = None
    birth_date_precision: str | None = None
    sex: str | None = None
    national_id: str | None = None
    other_ids: list[str] = Field(default_factory=list)
    phone: str | None = None
    mother_name: str | None = None
    household_id: str | None = None
    places: list[str] = Field(default_factory=list)
    attributes: list[str] = Field(default_factory=list)

    @field_validator("birth_date", mode="before")
    @classmethod
    def _plain_column(cls, value: Any) -> Any:
        return {"column": value} if isinstance(value, str) else value

    @field_validator("other_ids", "places", "attributes", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else (value or [])

    def columns_by_role(self) -> list[tuple[str, str]]:
        """(role, column) for every column named, in a fixed order."""
        named: list[tuple[str, str]] = []
        for role in SINGLE_ROLES:
            value = getattr(self, role)
            if isinstance(value, BirthDateColumn):
                named.append((role, value.column))
            elif value is not None:
                named.append((role, value))
        for role in LIST_ROLES:
            named.extend((role, column) for column in getattr(self, role))
        return named


class Thresholds(BaseModel):
    """Probabilities from which a pair is a match, or goes to review; unset means the defaults."""

    model_config = ConfigDict(extra="forbid")
    match: float | None = Field(default=None, gt=0, lt=1)
    review: float | None = Field(default=None, gt=0, lt=1)

    @model_validator(mode="after")
    def _ordered(self) -> "Thresholds":
        if self.match is not None and self.review is not None and self.review > self.match:
            raise ValueError(f"review ({self.review}) is above match ({self.match})")
        return self


class Specification(BaseModel):
    """The roles of one table's columns.

    `register_columns` names the same roles in a register whose columns have other names; `register_record_id`
    its identifier. `name_variants` is a CSV file with the columns name, canonical.
    """

    model_config = ConfigDict(extra="forbid")
    record_id: str
    source: str | None = None
    columns: Roles
    model: str | dict[str, Any] = "auto"
    thresholds: Thresholds = Field(default_factory=Thresholds)
    name_variants: str | None = None
    register_record_id: str | None = None
    register_columns: Roles | None = None

    @model_validator(mode="after")
    def _identifies_somebody(self) -> "Specification":
        if not any(getattr(self.columns, role) for role in IDENTIFYING_ROLES):
            raise ValueError(f"columns: none of {', '.join(IDENTIFYING_ROLES)} is given; at least one is needed")
        return self

    @classmethod
    def load(cls, path: str | Path) -> "Specification":
        """Read a YAML file.

        Raises UsageProblem where the file cannot be read and ConfigurationProblem, with every mistake in one
        line, where its contents cannot be used. Relative paths in it are taken from the file's folder.
        """
        path = Path(path)
        if not path.is_file():
            raise UsageProblem(f"Specification {path}: no such file; a YAML file of roles was expected")
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageProblem(f"Specification {path}: cannot be read ({type(error).__name__})") from None
        try:
            mapping = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise ConfigurationProblem(f"Specification {path}: not valid YAML{place_of(error)}") from None
        specification = cls.from_mapping(mapping, name=str(path))
        for attribute in ("name_variants", "model"):
            value = getattr(specification, attribute)
            if isinstance(value, str) and value != "auto" and not Path(value).is_absolute():
                setattr(specification, attribute, str(path.parent / value))
        return specification

    @classmethod
    def from_mapping(cls, mapping: Any, name: str = "specification") -> "Specification":
        """Check a mapping; ConfigurationProblem lists every mistake in one line."""
        if not isinstance(mapping, dict):
            raise ConfigurationProblem(f"Specification {name}: a mapping with record_id and columns was expected")
        try:
            return cls.model_validate(mapping)
        except ValidationError as error:
            raise ConfigurationProblem(f"Specification {name}: {'; '.join(map(_in_words, error.errors()))}") from None

    def for_register(self) -> "Specification":
        """The specification to read the register with: `register_columns` where given, else the same columns."""
        return self.model_copy(
            update={
                "record_id": self.register_record_id or self.record_id,
                "columns": self.register_columns or self.columns,
                "source": None,
                "register_columns": None,
            }
        )

    def check_columns(self, available: list[str], what: str) -> "Specification":
        """The specification with each column in the table's own spelling; unknown ones raise, all in one line."""
        known = {column.lower(): column for column in available}
        wanted = [("record_id", self.record_id)]
        if self.source:
            wanted.append(("source", self.source))
        wanted.extend(self.columns.columns_by_role())
        unknown = [f"{role}: {column}" for role, column in wanted if column.lower() not in known]
        if unknown:
            raise ConfigurationProblem(
                f"{what} has no column for {', '.join(unknown)}; its columns are {', '.join(available)}"
            )
        return self


_EXPECTED = {
    "string_type": "one name was expected",
    "list_type": "a list of column names was expected",
    "model_type": "a mapping was expected",
    "float_parsing": "a number between 0 and 1 was expected",
    "float_type": "a number between 0 and 1 was expected",
    "greater_than": "a number between 0 and 1 was expected",
    "less_than": "a number between 0 and 1 was expected",
}  # pydantic's words name types of Python; these name what to write


def _in_words(error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        parent = error["loc"][:-1]
        allowed = Roles if parent and parent[-1] in ("columns", "register_columns") else Specification
        if parent and parent[-1] == "thresholds":
            allowed = Thresholds  # type: ignore[assignment]
        return f"{place} is not known (known: {', '.join(allowed.model_fields)})"
    if error["type"] == "missing":
        return f"{place} is missing"
    message = _EXPECTED.get(error["type"]) or str(error["msg"]).removeprefix("Value error, ")
    return f"{place}: {message}" if place else message
