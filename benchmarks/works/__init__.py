"""The works that are measured, by their names in ROWS, in the order in which they are done and shown.

A work is a function from a run (bench.py) to rows. To add one, write the function and name it here.
"""

from collections.abc import Callable

from benchmarks.bench import Bench
from benchmarks.results import Row
from benchmarks.works import limits, public_sets, sample_country

WORKS: dict[str, Callable[[Bench], list[Row]]] = {
    "historical": public_sets.historical,
    "febrl3": public_sets.febrl3,
    "febrl4": public_sets.febrl4,
    "fake_1000": public_sets.fake_1000,
    "country": sample_country.country,
    "families": sample_country.families,
    "dedupe": sample_country.dedupe,
    "verify": sample_country.verify,
    "growth": limits.growth,
    "memory": limits.memory,
    "register_memory": limits.register_memory,
}
