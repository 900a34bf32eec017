"""The memory of a run: one figure in registry.yml, and how it is parted among what runs beside each other."""

from dataclasses import dataclass

_BYTES = {"MB": 10**6, "GB": 10**9, "TB": 10**12}
# What is not DuckDB's: Python, Dagster, dbt and Great Expectations, the arrays that clusters are made in, and what
# DuckDB takes beyond its limit. At a nation's size a run took 1.5 GB more than the limit that DuckDB was given; making
# clusters of 4.3 million records, in arrays of all pairs that tell, 5.6 GB more; cluster_edges.sql brings fewer since.
_BESIDE_DUCKDB = 1800 * 10**6
LEAST = 400 * 10**6  # a run of 1.5 million small rows keeps within it (tests/integration/test_within_memory.py)
# More landings beside each other gain nothing, and none goes well with less.
_MOST_LANDINGS, _LEAST_FOR_A_LANDING = 8, 125 * 10**6


@dataclass(frozen=True)
class Budget:
    """What a run may take, in bytes: all its connections, and Python itself. Limits are told as DuckDB reads them."""

    total: int

    @classmethod
    def of(cls, limit: str) -> "Budget":
        """From `8GB`."""
        return cls(int(float(limit[:-2]) * _BYTES[limit[-2:]]))

    @property
    def alone(self) -> str:
        """For the one connection that is open; of a small budget half is Python's."""
        return _limit(self._duckdb)

    @property
    def merging(self) -> str:
        """For the warehouse while sources are being copied."""
        return _limit(self._duckdb - self._landings)

    @property
    def landings_at_once(self) -> int:
        """How many sources may be copied beside each other."""
        return max(1, min(_MOST_LANDINGS, self._landings // _LEAST_FOR_A_LANDING))

    @property
    def landing(self) -> str:
        """For the copying of one source."""
        return _limit(self._landings // self.landings_at_once)

    @property
    def _duckdb(self) -> int:
        return max(self.total // 2, self.total - _BESIDE_DUCKDB)

    @property
    def _landings(self) -> int:
        return self._duckdb // 4


def _limit(size: int) -> str:
    return f"{size // 10**6}MB"
