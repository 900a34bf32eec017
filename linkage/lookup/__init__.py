"""One more record, judged as the last run would have judged it: against the register and the programs' records.

What belongs here: the index that is built beside a publication, and the engine's own statements on a few asked records
and the rows that the index finds for them. What does not: who may ask, and how an answer is worded (exchange/service).
"""

from linkage.lookup.build import FILE, build_lookup
from linkage.lookup.check import Checked, Lookup
from linkage.lookup.sums import require_whole

__all__ = ["FILE", "Checked", "Lookup", "build_lookup", "require_whole"]
