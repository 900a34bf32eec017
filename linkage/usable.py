"""What the records' columns can be used for, and what of them had to be set aside: said, never passed over."""

import duckdb

from linkage.specification import Roles

# Role → the column of lk_plain (Standardised.filled) that it fills.
FILLS = {
    "given_name": "given", "middle_name": "extra", "family_name": "family", "full_name": "given", "birth_date": "dob",
    "sex": "sex", "national_id": "nid", "other_ids": "oid", "phone": "phone", "mother_name": "mother",
    "household_id": "hh",
}  # fmt: skip
TELLING = ("dob", "nid", "oid", "phone")
# Where few records have one of these, names and places are left, and namesakes live in one place. On the sample country
# without birth dates 21 to 65 in 100 of the pairs from .99 were one person, of those from .9999 half to nine tenths. So
# none is taken for a match but by a threshold of one's own.
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


def tells_people_apart(filled: dict[str, int], records: int) -> bool:
    """Whether at least half of the records have a birth date, or an identifier, or a telephone number.

    `filled`: records with a usable value, by column of lk_plain.
    """
    return 2 * max(filled[column] for column in TELLING) >= records


def notes_on_columns(
    con: duckdb.DuckDBPyConnection, roles: Roles, filled: dict[str, int], titles: dict[str, str], latest_year: int
) -> list[str]:
    """Columns that hold nothing usable, and birth dates that were set aside, as sentences; no value of a record.

    Reads lk_date_fault. `titles`: the columns behind the places and attributes among `filled`.
    """
    empty = [
        column for role, column in roles.columns_by_role() if role in FILLS and not filled[FILLS[role]]
    ] + [column for name, column in titles.items() if not filled[name]]  # fmt: skip
    notes = [f"{column} holds no usable value and is left out" for column in dict.fromkeys(empty)]
    found = dict(con.execute("select fault, records from lk_date_fault").fetchall())
    notes += [
        f"{found[fault]:,} birth dates {words.format(latest_year=latest_year)}"
        for fault, words in _FAULTS.items()
        if fault in found
    ]
    return notes
