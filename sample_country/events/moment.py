"""One cycle: the sources held open, the truth, and the days it spans."""

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import polars as pl

from sample_country import seeds
from sample_country.source_update import Source


@dataclass
class Moment:
    """One cycle: the open sources, the truth's tables (replaced as they change), and the days it spans.

    `paid_late`: payments of earlier cycles that arrived in this one.
    """

    sources: dict[str, Source]
    truth: dict[str, pl.DataFrame]
    state: dict
    rng: np.random.Generator
    start: dt.date
    end: dt.date
    scale: float
    paid_late: pl.Series = field(default_factory=lambda: pl.Series([], dtype=pl.String))

    def some(self, table: pl.DataFrame, share: float, at_least: int = 1) -> pl.DataFrame:
        """A random part of a table's rows, in their order."""
        count = min(table.height, max(at_least, round(table.height * share)))
        return table[np.sort(self.rng.permutation(table.height)[:count])]

    def days(self, count: int) -> list[dt.date]:
        """Random days of the cycle, not its last five."""
        span = (self.end - self.start).days - 5
        return [self.start + dt.timedelta(int(d)) for d in self.rng.integers(0, span, count)]

    def replace(self, table: str, key: str, changes: pl.DataFrame) -> None:
        """Write changed values over the truth's rows with the same key; a null overwrites too."""
        self.truth[table] = self.truth[table].update(
            changes, on=key, how="left", include_nulls=True, maintain_order="left"
        )

    def add(self, table: str, rows: pl.DataFrame) -> None:
        """Add rows to the truth."""
        whole = self.truth[table]
        self.truth[table] = pl.concat([whole, rows.select(pl.col(n).cast(t) for n, t in whole.schema.items())])

    @cached_property
    def counties(self) -> pl.DataFrame:
        """county_code of every household_id, as its system's area says."""
        return recorded_counties(self.sources)


def recorded_counties(sources: dict[str, Source]) -> pl.DataFrame:
    """household_id and county_code: what the crosswalk makes of the coarsest key that each system holds."""
    crosswalk = (
        seeds.crosswalk()
        .filter(pl.col("key_2").is_null())
        .select("area_system", "key_1", county_code=pl.col("area_code").str.slice(0, 5))
    )
    queries = {
        "nsnp": "SELECT 'nsnp:' || HhId AS household_id, CAST(CountyCode AS TEXT) AS key_1 FROM Household",
        "ctovc": "SELECT 'ctovc:' || HH_NO AS household_id, lower(trim(DISTRICT)) AS key_1 FROM HOUSEHOLDS",
        "hsnp": "SELECT 'hsnp:' || hh_id AS household_id, lower(trim(county)) AS key_1 FROM household",
        "cfa": "SELECT 'cfa:' || household_ref AS household_id, lower(substr(pcode, 1, 5)) key_1 FROM scope_household",
    }
    read = pl.concat(
        [sources[name].read(query).with_columns(area_system=pl.lit(name)) for name, query in queries.items()]
    )
    return read.join(crosswalk, on=["area_system", "key_1"], how="left", maintain_order="left").select(
        "household_id", "county_code"
    )


def own_keys(identifiers: pl.Series) -> list[str]:
    """The source's own key: what follows the first colon."""
    return identifiers.str.splitn(":", 2).struct.field("field_1").to_list()


def of_source(table: pl.DataFrame, column: str, source: str) -> pl.DataFrame:
    """The rows whose identifier belongs to a source."""
    return table.filter(pl.col(column).str.starts_with(f"{source}:"))
