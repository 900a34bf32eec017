"""The people of a register, held as numbers: there are many, and most of them nobody looks for.

Every distinct text is in one dictionary with its sound code (lk_word, words.sql), and a person is a row of numbers
(lk_register). What a match key needs of all people is made from it column by column; whom a key brought is taken apart
for the comparison (people.py).
"""

from collections.abc import Iterable, Mapping

REGISTER = "lk_register"
CODE = "_code"  # after the name of a column: the sound code of its text
NAMES = ("given", "family", "mother")
INITIALS = (
    "case when p.given is null or p.family is null then coalesce(p.given[1], p.family[1]) "
    "else least(p.given[1], p.family[1]) || greatest(p.given[1], p.family[1]) end"
)
HAS_INITIAL = (
    "case len(p.extra) when 0 then false when 1 then length(p.extra[1]) = 1 "
    "else len(list_filter(p.extra, lambda t: length(t) = 1)) > 0 end"
)
# Column of lk_plain: its type in lk_register, and the roles that fill it. A column that no role fills is not stored.
_COLUMNS = {
    "given": ("int", {"given_name", "full_name"}),
    "family": ("int", {"family_name", "full_name"}),
    "extra": ("varchar[]", {"given_name", "middle_name", "full_name"}),
    "y": ("smallint", {"birth_date"}),
    "m": ("tinyint", {"birth_date"}),
    "d": ("tinyint", {"birth_date"}),
    "dob": ("int", {"birth_date"}),
    "sex": ("varchar", {"sex"}),
    "nid": ("varchar", {"national_id"}),
    "oid": ("varchar[]", {"other_ids"}),
    "phone": ("varchar", {"phone"}),
    "mother": ("int", {"mother_name"}),
    "hh": ("ubigint", {"household_id"}),
}


def is_word(column: str) -> bool:
    """Whether lk_register holds the number of a text in this column of lk_plain."""
    return column in (*NAMES, "dob") or column.startswith(("place_", "attribute_"))


def register_columns(roles: set[str], places: list[str], source: str | None) -> tuple[list[str], list[str]]:
    """SQL over records.sql for the columns of lk_register: those that are stored, and those that are the same for all.

    `roles`: those that the register's columns play; `places`: the columns of places and attributes; `source`: SQL,
    where all people have the same.
    """
    kept, same = ["r"], ["1::tinyint as side", *([f"{source} as source"] if source else [])]
    kept += [] if source else ["source"]
    for column, (kind, fill) in {**_COLUMNS, **dict.fromkeys(places, ("int", roles))}.items():
        if fill & roles:
            kept.append(f"{f'{column}_word' if is_word(column) else column}::{kind} as {column}")
        else:
            same.append(f"{'[]' if kind.endswith('[]') else 'null'}::{kind} as {column}")
    return kept, same


def of_register(
    columns: Iterable[str], people: str = REGISTER, frequencies: Mapping[str, float] | None = None
) -> str:
    """SQL: people of the register (r, side) with these columns of lk_rec, as texts again.

    `people`: shaped as lk_register. `frequencies`: columns whose tf_<column> is wanted, with that of a value which is
    not listed (Standardised.once). Only columns that are asked for cost anything.
    """
    wanted = set(columns)
    stored = sorted(wanted - {"initials"} | (set(NAMES[:2]) if "initials" in wanted else set()))
    texts = sorted({column.removesuffix(CODE) for column in stored if is_word(column.removesuffix(CODE))})
    selected, joins = ["p.r", "p.side"], [f"left join lk_word w_{text} on w_{text}.word = p.{text}" for text in texts]
    for column in stored:
        of = column.removesuffix(CODE)
        selected.append(f"w_{of}.{'value' if of == column else 'code'} as {column}" if of in texts else f"p.{column}")
    for column, once in (frequencies or {}).items():
        joins.append(f"left join lk_frequency_{column} f_{column} "
                     f"on f_{column}.{'word' if is_word(column) else 'value'} = p.{column}")  # fmt: skip
        selected.append(f"coalesce(f_{column}.share, {once!r}) as tf_{column}")
    found = f"(select {', '.join(selected)} from {people} p {' '.join(joins)})"
    return f"(select *, {INITIALS} as initials from {found} p)" if "initials" in wanted else found
