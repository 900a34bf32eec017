"""What was learned on one machine, as every task on a cluster carries it along."""

from dataclasses import dataclass, replace
from functools import cached_property

import duckdb
import pyarrow as pa

from linkage import model as models
from linkage.basis import Basis
from linkage.comparison import Patterns
from linkage.match_keys import MatchKey, possible_keys
from linkage.prior import Prior
from linkage.scoring import Model
from linkage.specification import Specification
from linkage.standardise import load_variants

STATE, VARIANTS = "lk_state", "lk_variant_listed"


@dataclass(frozen=True)
class Trained:
    """A basis (model, match keys, fields) with how each source writes its dates, which of them say nothing, and the
    variants of names that the specification lists. `prior`: instead of the model's, where it was learned on a part."""

    basis: Basis
    specification: Specification
    date_orders: pa.Table
    date_fillers: pa.Table
    variants: pa.Table | None = None
    prior: Prior | None = None

    @classmethod
    def load(cls, con: duckdb.DuckDBPyConnection, specification: Specification, state: str) -> "Trained":
        """From the state that a run kept in a schema (`deduplicate(keep_in=...)`); its records are not needed."""
        variants = None
        if load_variants(con, specification.name_variants):
            variants = con.execute("select name, canonical from lk_variant order by name").to_arrow_table()
            specification = specification.model_copy(update={"name_variants": VARIANTS})
        return cls(
            Basis.load(con, state),
            specification,
            con.execute(f"from {state}.date_orders order by all").to_arrow_table(),
            con.execute(f"from {state}.date_fillers order by all").to_arrow_table(),
            variants,
        )

    def unpack(self, con: duckdb.DuckDBPyConnection) -> None:
        """Into a task's DuckDB what `standardise_more` reads."""
        tables = {f"{STATE}.date_orders": self.date_orders, f"{STATE}.date_fillers": self.date_fillers}
        if self.variants is not None:
            tables[VARIANTS] = self.variants
        con.execute(f"create schema {STATE}")
        for name, table in tables.items():
            con.register("lk_unpacked", table)
            con.execute(f"create table {name} as from lk_unpacked")
            con.unregister("lk_unpacked")

    def with_prior(self, prior: Prior) -> "Trained":
        """The same with other shares of the classes among all pairs."""
        return replace(self, prior=prior)

    @cached_property
    def keys(self) -> list[MatchKey]:
        """All match keys, by the numbers that the plan and pairs name them with."""
        return possible_keys(self.basis.standardised(0))

    @cached_property
    def patterns(self) -> Patterns:
        return Patterns.of(self.basis.fields)

    @cached_property
    def model(self) -> Model:
        read = models.from_mapping(self.basis.model, self.basis.fields, self.keys, self.specification)
        return replace(read, prior=self.prior) if self.prior else read
