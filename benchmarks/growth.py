"""How time grows with the number of records: the exponent, from what was measured at several sizes."""

import math
from collections.abc import Sequence
from itertools import pairwise

from benchmarks.results import Figures

CLOCKS = ("seconds", "cpu_seconds")


def growth_of(steps: Sequence[Figures], clocks: Sequence[str] = CLOCKS) -> Figures:
    """The steps, and the largest exponent between neighbours that have a time, of `records`.

    Of seconds as of processor seconds: on a machine with other work beside, seconds alone can flatter.
    """
    timed = [step for step in steps if "seconds" in step]
    if len(timed) < 2:
        return {"failed": "fewer than two sizes could be measured", "steps": list(steps)}
    exponents = [
        math.log(large[clock] / small[clock]) / math.log(large["records"] / small["records"])
        for small, large in pairwise(timed)
        for clock in clocks
    ]
    return {"exponent": round(max(exponents), 3), "records": timed[-1]["records"], "steps": list(steps)}
