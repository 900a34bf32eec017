"""What the records' columns can be used for, and what of them had to be set aside: said, never passed over."""

import duckdb

from linkage.specification import Roles, Specification
from linkage.sql import quote

# Role → the column of lk_plain (Standardised.filled) that it fills.
FILLS = {
    "given_name": "given", "middle_name": "extra", "family_name": "family", "full_name": "given", "birth_date": "dob",
    "sex": "sex", "national_id": "nid", "other_ids": "oid", "phone": "phone", "mother_name": "mother",
    "household_id": "hh",
}  # fmt: skip
# SQL over lk_plain: whether a record says what tells a person from namesakes.
TELLING = "dob is not null or nid is not null or len(oid) > 0 or phone is not null"
# Where fewer than half of the records do, names and places are left, and namesakes live in one place. On the sample
# country without birth dates 21 to 65 in 100 of the pairs from .99 were one person, of those from .9999 half to nine
# tenths. So none is taken for a match but by a threshold of one's own.
NAMES_ALONE = {"match": 0.999999, "review": 0.5}
NAMES_ALONE_NOTE = (
    "Few records have a birth date, an identifier or a telephone number. Names and places do not tell one person from "
    "namesakes and relatives, and the model's probabilities are too high here: unless you set a threshold, no pair "
    "below .999999 counts as a match, and clusters are suggestions to look at"
)
_FAULTS = {
    "unreadable": "cannot be read as dates and count as not known",
    "future": "lie after the year {latest_year} and count as not known",
    "filler": "are a date that far too many records share and count as not known",
    "impossible": "are no day of any calendar; their digits are compared as they are",
}


def notes_on_columns(
    con: duckdb.DuckDBPyConnection, sides: list[tuple[str, Specification]], filled: dict[str, int], latest_year: int
) -> list[str]:
    """Columns that hold nothing usable, and birth dates that were set aside, as sentences; no value of a record.

    `sides`: the records and, where there is one, the register, with what their columns mean; `filled`: records with a
    usable value by column of lk_plain. Reads lk_date_fault.
    """
    notes = []
    for relation, side in sides:
        named = side.columns.columns_by_role()
        counted = ", ".join(f"count({quote(column)})" for _, column in named)
        counts = con.execute(f"select {counted} from {relation}").fetchall()[0]
        empty = [column for (_, column), count in zip(named, counts, strict=True) if not count]
        notes += [f"{column} of {relation} is empty and left out" for column in dict.fromkeys(empty)]
        if len(sides) == 1:
            unusable = [column for column, fills in _filled_by(side.columns) if not filled[fills]]
            told = [column for column in unusable if column not in empty]
            notes += [f"{column} of {relation} holds no usable value and is left out" for column in told]
    found = dict(con.execute("select fault, records from lk_date_fault").fetchall())
    notes += [
        f"{found[fault]:,} birth dates {words.format(latest_year=latest_year)}"
        for fault, words in _FAULTS.items()
        if fault in found
    ]
    return notes


def _filled_by(roles: Roles) -> list[tuple[str, str]]:
    """Every column named, and the column of lk_plain that it fills."""
    found = [(column, FILLS[role]) for role, column in roles.columns_by_role() if role in FILLS]
    for name, columns in (("place", roles.places), ("attribute", roles.attributes)):
        found += [(column, f"{name}_{i}") for i, column in enumerate(columns)]
    return found
