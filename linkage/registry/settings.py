"""What registry.yml says of the linkage, and the roles of the registry's columns, whose shapes the data model fixes."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ibr.errors import ConfigurationProblem
from linkage.specification import Specification, Thresholds

PERSONS = "registry.persons"

# The roles of registry.persons and registry.population, whose shapes the data model fixes.
PERSON_COLUMNS: dict[str, Any] = {
    "given_name": "given_name",
    "middle_name": "middle_name",
    "family_name": "family_name",
    "full_name": "full_name",
    "birth_date": "birth_date",
    "birth_date_precision": "birth_date_precision",
    "sex": "sex",
    "national_id": "national_id",
    "other_ids": ["birth_certificate_no"],
    "phone": "phone",
    "household_id": "household_id",
    "places": ["county_code", "area_code"],
}
REGISTER_COLUMNS: dict[str, Any] = {
    "given_name": "given_name",
    "middle_name": "middle_name",
    "family_name": "family_name",
    "full_name": "full_name",
    "birth_date": "birth_date",
    "sex": "sex",
    "national_id": "national_id",
    "places": ["county_code", "area_code"],
}


def names_once(table: str) -> str:
    """SQL: a table of the registry whose full_name stands only where a part is missing; else it would repeat the parts.

    Taking 300,000 full names apart as well cost three quarters of the time of standardising.
    """
    only_whole = "CASE WHEN given_name IS NULL OR family_name IS NULL THEN full_name END AS full_name"
    return f"(SELECT * REPLACE ({only_whole}) FROM {table})"


class RegistrySettings(BaseModel):
    """The `linkage:` block of registry.yml.

    `columns` adds to or replaces roles of registry.persons (a role set to null is left out); `attributes`
    names further columns that help. `max_jump`: the share of records merged may be this many times the last
    run's. `max_members_as_one`: the share of records of members of one household who may be taken for one person.
    `relearn_after`: the share of the records that may have changed since the model was learned; until then a
    run looks only at what changed. `stale_register`: whether a register that could not be refreshed, or an answer
    older than it may be of one that is asked by ID, still says something.
    """

    model_config = ConfigDict(extra="forbid")
    thresholds: Thresholds = Thresholds()
    register_thresholds: Thresholds = Thresholds()
    name_variants: str | None = None
    model: str = "auto"
    columns: dict[str, Any] = {}
    attributes: list[str] = []
    max_cluster_size: int = Field(default=30, ge=2)
    max_jump: float = Field(default=3.0, gt=1)
    max_members_as_one: float = Field(default=0.005, ge=0, le=1)
    relearn_after: float = Field(default=0.1, ge=0, le=1)
    max_households: int = Field(default=12, ge=2)
    max_households_per_person: int = Field(default=20, ge=2)
    stale_register: Literal["could_not_check", "use_last_good"] = "could_not_check"

    @classmethod
    def of(cls, block: Mapping[str, Any] | None) -> "RegistrySettings":
        """Check the block; ConfigurationProblem lists every mistake in one line."""
        try:
            return cls.model_validate(dict(block or {}))
        except ValidationError as error:
            faults = [
                f"{'.'.join(map(str, e['loc']))}: {e['msg'].lower()}"
                for e in error.errors(include_input=False)
            ]
            raise ConfigurationProblem(f"registry.yml, linkage: {'; '.join(faults)}") from None

    def person_specification(self) -> Specification:
        """Roles of registry.persons."""
        columns = {**PERSON_COLUMNS, "attributes": self.attributes, **self.columns}
        return self._specification("record_id", columns, self.thresholds, source="source", model=self.model)

    def register_specifications(self) -> tuple[Specification, Specification]:
        """Roles of registry.persons and of registry.population, for the match to the register."""
        shared = {
            role: column for role, column in PERSON_COLUMNS.items() if role not in ("other_ids", "phone")
        }
        return (
            self._specification("record_id", shared, self.register_thresholds, source="source"),
            self._specification("register_id", REGISTER_COLUMNS, self.register_thresholds),
        )

    def _specification(
        self,
        record_id: str,
        columns: dict[str, Any],
        thresholds: Thresholds,
        source: str | None = None,
        model: str = "auto",
    ) -> Specification:
        return Specification.from_mapping(
            {
                "record_id": record_id,
                "source": source,
                "columns": {role: column for role, column in columns.items() if column},
                "thresholds": thresholds.model_dump(),
                "name_variants": self.name_variants,
                "model": model,
            },
            name="registry.yml, linkage",
        )
