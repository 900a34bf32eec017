"""The sheet that clerks fill in: one pair a row, the same detail of both records beside each other.

Nothing on it says what the linkage made of the pair, or how sure it was: who knows, agrees.
"""

from exchange.sheets import Column, Sheet
from linkage.clerical.samples import ANSWERS

DECISION = "decision"
_DETAILS = (
    ("name", "full_name", 26),
    ("sex", "sex", 6),
    ("birth date", "birth_date", 13),
    ("ID number", "national_id", 15),
    ("birth certificate", "birth_certificate_no", 15),
    ("phone", "phone", 16),
    ("relationship to head", "relationship", 14),
    ("area", "area", 28),
    ("others in the household", "household", 44),
    ("program", "program", 10),
    ("record", "record_id", 20),
)
PAIRS = Sheet(
    "Pairs",
    "clerical_rows",
    (
        Column("pair", "pair_id", 22),
        Column(DECISION, None, 14, choices=ANSWERS),
        *(
            Column(f"{heading} {side}", f"{field}_{side}", width)
            for heading, field, width in _DETAILS
            for side in (1, 2)
        ),
    ),
)
SHOWN = tuple(column for column in PAIRS.columns if column.field and column.field != "pair_id")
