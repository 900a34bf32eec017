"""What a run learned about all records together, kept so that later runs judge a few of them as it judged all.

The model, how common each value is, how each source writes its dates, and which match keys are run up to which block
size: none of it can be told from a few changed records, and a pair must not be judged otherwise tonight because a
stranger was registered. So it is learned now and then and used every night.
"""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

import duckdb

from linkage.fields import Field
from linkage.results import KeyYield
from linkage.specification import Specification
from linkage.standardise import Standardised, columns_of, has_several_sources, load_variants, source_of

# Of the tables in linkage/sql/state_*.sql, of what their columns mean, and of how is learned: one more, and the next
# run learns anew. A night at a nation's size went on from wrong weights after learning them had been mended.
VERSION = 4


@dataclass(frozen=True)
class Basis:
    """`settings`: what the run was asked for (`settings_of`); `plan`: match keys by number and their largest block.

    The other attributes are those of `Standardised` and of `models.to_mapping`. `records`: how many were learned from.
    """

    settings: dict[str, Any]
    records: int
    model: dict[str, Any]
    plan: list[tuple[int, int]]
    fields: list[Field]
    places: list[str]
    filled: dict[str, int]
    chance: dict[str, float]
    once: dict[str, float]
    tells_apart: bool
    notes: list[str]
    changed: int = 0  # records changed since
    schema: str = field(default="", compare=False)  # where the state is that it was loaded from

    @classmethod
    def of(
        cls, data: Standardised, settings: dict[str, Any], model: dict[str, Any], plan: list[tuple[int, int]]
    ) -> "Basis":
        """From what a run over all records found."""
        return cls(settings, data.records, model, plan, data.fields, data.places, data.filled, data.chance, data.once,
                   data.tells_apart, data.notes)  # fmt: skip

    @classmethod
    def load(cls, con: duckdb.DuckDBPyConnection, schema: str) -> "Basis":
        """From the state in a schema."""
        row = con.execute(f"select learned, changed from {schema}.basis").fetchone()
        assert row is not None
        known = json.loads(row[0])
        known["fields"] = [Field(**one) for one in known["fields"]]
        known["plan"] = [(number, limit) for number, limit in known["plan"]]
        return cls(**known, changed=row[1], schema=schema)

    def as_json(self) -> str:
        """Everything but `changed` and `schema`, which stand beside it."""
        known = asdict(self)
        return json.dumps({name: known[name] for name in known if name not in ("changed", "schema")})

    def standardised(self, records: int, shadows: int = 0) -> Standardised:
        """The shape of some records that are judged on this basis."""
        return Standardised(
            records=records, registered=0, compared=records - shadows, fields=self.fields, places=self.places,
            filled=self.filled, chance=self.chance, once=self.once, shadows=shadows,
            tells_apart=self.tells_apart,
        )  # fmt: skip


def settings_of(
    con: duckdb.DuckDBPyConnection, specification: Specification, records: str, join_probability: float | None
) -> dict[str, Any]:
    """What a state is good for; any difference calls for learning anew. DuckDB's version is in it because of `hash`.

    ConfigurationProblem where the name variants cannot be read.
    """
    variants = []
    if load_variants(con, specification.name_variants):
        all_of_them = "string_agg(name || '=' || canonical, ' ' order by name)"
        variants = con.execute(f"select md5({all_of_them}) from lk_variant").fetchall()
    settings = {
        "version": [VERSION, duckdb.__version__],
        "specification": specification.model_dump(mode="json"),
        "columns": columns_of(con, records),
        "name_variants": variants,
        "join_probability": join_probability,
        "several_sources": has_several_sources(con, records, source_of(specification)),
    }
    as_kept: dict[str, Any] = json.loads(json.dumps(settings))
    return as_kept


def plan_of(keys: list[KeyYield]) -> list[tuple[int, int]]:
    """The match keys that were run, by number, and the most records of a block that each pairs."""
    return [(number, key.limit) for number, key in enumerate(keys) if key.is_used and key.limit is not None]
