"""A seeded, made-up Kenya: program systems, a population register, and the truth about both.

`generate` writes a country, `advance` lets payment cycles pass in it. Nothing here is read by the pipeline;
it reads what this package writes, as it would read a ministry's databases.
"""

from sample_country.country import advance, generate

__all__ = ["advance", "generate"]
