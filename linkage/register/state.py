"""What a match to the register leaves, so that one more record can be matched as that run would have matched it.

A schema of its own: the people as numbers and their dictionary (columns.py), how common each value is, which
birth dates say nothing, the matches found; and in `basis` what was learned and which match keys were run.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any

import duckdb

from linkage.fields import Field
from linkage.prior import Prior
from linkage.register.candidates import RegisterSearch
from linkage.register.columns import REGISTER
from linkage.specification import Specification
from linkage.sql import literal, render
from linkage.standardise import Standardised
from linkage.term_frequency import frequency_table


@dataclass(frozen=True)
class RegisterBasis:
    """`first` and `second`: the match keys of the two rounds by number, with the largest block that each pairs;
    `first_odds`: SQL over weighed pairs by which a record has found its person in the first. `prior` and `share` are
    those that the candidates competed with. The other attributes are those of `Standardised` and `models.to_mapping`.
    """

    specification: dict[str, Any]
    records: int
    registered: int
    model: dict[str, Any]
    first: list[tuple[int, int]]
    second: list[tuple[int, int]]
    first_odds: str
    prior: Prior
    share: float
    thresholds: dict[str, float]
    fields: list[Field]
    places: list[str]
    filled: dict[str, int]
    chance: dict[str, float]
    once: dict[str, float]
    tells_apart: bool

    @classmethod
    def of(
        cls, specification: Specification, data: Standardised, model: dict[str, Any], search: RegisterSearch,
        prior: Prior, share: float, thresholds: dict[str, float],
    ) -> "RegisterBasis":  # fmt: skip
        """From what a run found."""
        return cls(
            specification.model_dump(mode="json"), data.records, data.registered, model, search.joined_first,
            search.joined, search.first_odds, prior, share, thresholds, data.fields, data.places, data.filled,
            data.chance, data.once, data.tells_apart,
        )  # fmt: skip

    @classmethod
    def load(cls, con: duckdb.DuckDBPyConnection, schema: str) -> "RegisterBasis":
        """From the schema that `keep_register` wrote."""
        row = con.execute(f"select learned from {schema}.basis").fetchone()
        assert row is not None
        known = json.loads(row[0])
        known["fields"] = [Field(**one) for one in known["fields"]]
        known["prior"] = Prior(**known["prior"])
        for plan in ("first", "second"):
            known[plan] = [(number, limit) for number, limit in known[plan]]
        return cls(**known)

    def as_json(self) -> str:
        """Everything, for `load`."""
        return json.dumps(asdict(self))

    def standardised(self) -> Standardised:
        """The shape of records that are judged on this basis."""
        return Standardised(
            records=self.records, registered=self.registered, compared=self.records + self.registered,
            fields=self.fields, places=self.places, filled=self.filled, chance=self.chance, once=self.once,
            tells_apart=self.tells_apart,
        )  # fmt: skip


def keep_register(con: duckdb.DuckDBPyConnection, schema: str, basis: RegisterBasis, matches: str) -> None:
    """Write what a match to the register left in its tables (lk_...), which are still there, into a schema."""
    con.execute(f"drop schema if exists {schema} cascade; create schema {schema}")
    con.execute(
        render(
            "register_keep.sql", schema=schema, register=REGISTER, matches=matches, learned=literal(basis.as_json()),
            frequencies=[(column, frequency_table(column)) for column in basis.once],
        )
    )  # fmt: skip
