"""Match keys: what two records must share to be compared at all.

An ordered list, sure keys first, generic by role; which of them are worth running is decided where they were tried
(key_plan.py). The order decides under which key a pair is reported.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations

import duckdb

from linkage.standardise import Standardised

RECORDS = "lk_rec"  # where the records are that keys are made of, as long as nothing else is said
MOST_KEYS = 62  # bits of one BIGINT beside its sign, and one for household co-members
# All names, each once, in any order, as one number; null where there is none. The exclusive or of the names' hashes is
# the same in every order: .3 s of processor time for 4.3 million records, where sorting and joining names took 12.
# Nothing in `extra` is there twice, or is the given or family name.
TOKENS = (
    "nullif(xor(xor(if(given is null, 0, hash(given)), "
    "if(family is null or family = given, 0, hash(family))), "
    "case len(extra) when 0 then 0 when 1 then hash(extra[1]) "
    "else list_reduce(list_transform(extra, lambda t: hash(t)), lambda a, b: xor(a, b)) end), 0)"
)


@dataclass(frozen=True)
class MatchKey:
    """A key: its name for people, the SQL values that must be equal, and the fields it fixes.

    `finds_namesakes`: its unrelated pairs tell how unrelated namesakes agree elsewhere. `fixes` are left
    out when learning from this key's pairs, for they agree by construction. `teaches` marks keys sure
    enough to learn from. `each` names a list column whose every element makes a key value.
    `records`: the table that holds the values.
    """

    name: str
    values: tuple[str, ...]
    fixes: frozenset[str]
    teaches: bool = False
    each: str | None = None
    finds_namesakes: bool = False
    records: str = RECORDS

    @property
    def is_hashed(self) -> bool:
        """Whether its values are the numbers of `hash_values`."""
        return self.records != RECORDS

    def contains(self, other: "MatchKey") -> bool:
        """Whether every pair of the other key is one of this key's: what must be equal here must be so there too."""
        return not self.each and not other.each and set(self.values) < set(other.values)


def possible_keys(data: Standardised) -> list[MatchKey]:
    """The keys that the filled columns allow, sure ones first, at most 62."""
    have = {name for name, count in data.filled.items() if count}
    titles = {field.column: field.title for field in data.fields}
    keys: list[MatchKey] = []

    def add(
        name: str, needs: str, values: list[str], fixes: str, teaches: bool = False, each: str | None = None
    ) -> None:
        if set(needs.split()) <= have:
            keys.append(MatchKey(name, tuple(values), frozenset(fixes.split()), teaches, each))

    names = "given_name family_name name_order"
    # A record's only name may stand in the other column.
    family = "coalesce(family_code, given_code)"
    add("identifier", "nid", ["nid"], "national_id", True)
    # Making lists distinct takes .7 s for 4.3 million records instead of .04, and nearly all hold one number or none.
    add("another identifier", "oid", ["value"], "other_ids", True, each="if(len(oid) > 1, list_distinct(oid), oid)")
    add("names and birth date", "given family dob", ["given", "family", "dob"], f"{names} birth_date", True)
    sounds = ["least(given_code, family_code)", "greatest(given_code, family_code)"]
    add("birth date and sound of names", "given family dob", ["dob", *sounds], f"{names} birth_date", True)
    add("given and family name", "given family", ["least(given, family)", "greatest(given, family)"], names, True)
    add(
        "birth date and sound of family name",
        "family dob",
        ["dob", family if "given" in have else "family_code"],
        "birth_date family_name name_order",
        True,
    )
    add(
        "birth date and sound of given name",
        "given dob",
        ["dob", "given_code"],
        "birth_date given_name name_order",
        True,
    )
    add("birth date and initials", "given family dob", ["dob", "initials"], "birth_date", True)
    add("birth date and crossed names", "given family dob", ["dob", "value"], f"birth_date {names}", False,
        each="if(given_code = family_code, [given_code], [given_code, family_code])")  # fmt: skip
    add("sound of names and birth year", "given family y", [*sounds, "y"], f"{names} birth_date", True)
    add("sound of names, day and month", "given family dob", [*sounds, "m", "d"], f"{names} birth_date", True)
    add("sound of both names", "given family", sounds, names, True)
    add("phone and sound of given name", "phone given", ["phone", "given_code"], "phone given_name name_order")
    add("phone and birth date", "phone dob", ["phone", "dob"], "phone birth_date", True)
    add("phone", "phone", ["phone"], "phone")
    add("mother and sound of given name", "mother given", ["mother_code", "given_code"],
        "mother_name given_name name_order")  # fmt: skip
    add("mother and birth date", "mother dob", ["mother_code", "dob"], "mother_name birth_date", True)
    add("household and sound of given name", "hh given", ["hh", "given_code"], "household_id given_name name_order")
    add("household and birth date", "hh dob", ["hh", "dob"], "household_id birth_date", True)
    add("first half of the identifier and name", "nid given",
        ["nid[:length(nid) // 2]", "length(nid)", "given[:2]"], "national_id given_name name_order")  # fmt: skip
    add("second half of the identifier and name", "nid given",
        ["nid[length(nid) // 2 + 1:]", "length(nid)", "given[:2]"], "national_id given_name name_order")  # fmt: skip
    add("all names in any order", "given", [TOKENS], f"{names} extra_names", True)
    add("family name and two letters of the given name", "given family", ["family", "given[:2]"], names)
    add("given name and two letters of the family name", "given family", ["given", "family[:2]"], names)
    add("family name and initial", "given family", ["family", "given[1]"], names)
    add("given name, birth year and month", "given y", ["given", "y", "m"], f"{names} birth_date")
    add("family name, birth year and month", "family y", ["family", "y", "m"], f"{names} birth_date")
    add("family name, day and month", "family dob", ["family", "m", "d"], f"{names} birth_date")
    add("given name, day and month", "given dob", ["given", "m", "d"], f"{names} birth_date")
    add("birth year and starts of the names", "given family y", ["y", "given[:3]", "family[:3]"], f"{names} birth_date")
    add("family and another name", "given family extra", ["family_code", "value"], f"{names} extra_names", each="extra")
    # Where there are many records, most keys bring too many pairs: the finest and the coarsest place divide them.
    for p in list(dict.fromkeys([*data.places[:1], *data.places[-1:]])):
        title = titles[p]
        add(f"sound of names, birth year and {title}", f"given family y {p}", [*sounds, "y", p],
            f"{names} birth_date {p}")  # fmt: skip
        add(f"sound of names, day, month and {title}", f"given family dob {p}", [*sounds, "m", "d", p],
            f"{names} birth_date {p}")  # fmt: skip
        add(f"sound of names and {title}", f"given family {p}", [*sounds, p], f"{names} {p}", True)
        add(f"birth date, sound of family name and {title}", f"family dob {p}", ["dob", family, p],
            f"birth_date family_name name_order {p}")  # fmt: skip
        add(f"birth date, sound of given name and {title}", f"given dob {p}", ["dob", "given_code", p],
            f"birth_date given_name name_order {p}")  # fmt: skip
        add(f"sound of given name, birth year and {title}", f"given y {p}", ["given_code", "y", p],
            f"given_name name_order birth_date {p}")  # fmt: skip
    for p in data.places:
        title = titles[p]
        add(f"birth date and {title}", f"dob {p}", ["dob", p], f"birth_date {p}", True)
        add(f"sound of family name and {title}", f"family {p}", [family, p], f"family_name name_order {p}")
        add(f"sound of given name and {title}", f"given {p}", ["given_code", p], f"given_name name_order {p}")
    pairs_of_places = list(combinations(data.places[:4], 2))
    for a, b in pairs_of_places:
        add(
            f"{titles[a]}, {titles[b]} and initial",
            f"given {a} {b}",
            [a, b, "given[1]"],
            f"given_name name_order {a} {b}",
        )
    # For records that hold a nickname and places. Against a register they brought 1.1 million pairs for 42 of 423,000
    # matches.
    if not data.registered:
        for p in data.places:
            add(f"birth year and {titles[p]}", f"y {p}", ["y", p], f"birth_date {p}")
        for a, b in pairs_of_places:
            add(f"{titles[a]} and {titles[b]}", f"{a} {b}", [a, b], f"{a} {b}")
    # Places follow from finer places: a key that fixes one says nothing independent about the others' contexts.
    return [
        MatchKey(k.name, k.values, k.fixes | (frozenset(data.places) if k.fixes & set(data.places) else frozenset()),
                 k.teaches, k.each, k.name == "given and family name")
        for k in keys[:MOST_KEYS]
    ]  # fmt: skip


def hash_values(
    con: duckdb.DuckDBPyConnection,
    keys: list[MatchKey],
    table: str = "lk_hashed",
    more: Callable[[list[str]], str] | None = None,
) -> list[MatchKey]:
    """Fill `table` with a number for every value of the keys, and return the keys that read it.

    `more`: further records shaped as lk_rec, as SQL for those columns that the values given to it name.

    A value that stands in many keys is worked out once a record, and a key then hashes numbers: .05 s of processor time
    for 4.3 million records instead of .45. The only value of a key stays as it is. Keys of a column, or of each element
    of a list, read the records as before.
    """
    taken = [key for key in keys if not key.each and not (len(key.values) == 1 and key.values[0].isidentifier())]
    values = list(dict.fromkeys(value for key in taken for value in key.values))
    alone = {key.values[0] for key in taken if len(key.values) == 1}
    names = {value: f"v{i}" for i, value in enumerate(values)}
    plain = "".join(f", {value} as {name}" for value, name in names.items())
    hashed = "".join(
        f", {name if value in alone else f'if({name} is null, null, {_as_number(name)})'} as {name}"
        for value, name in names.items()
    )
    numbers = f"select r, side{hashed} from (select r, side{plain} from {{}})"
    con.execute(f"create or replace temp table {table} as {numbers.format('lk_rec')}")
    if more:
        con.execute(f"insert into {table} {numbers.format(more(values))}")
    return [
        replace(key, values=tuple(names[value] for value in key.values), records=table) if key in taken else key
        for key in keys
    ]


def _as_number(value: str) -> str:
    """SQL: a value as 32 bits; twice as many would take twice the room and find no other pairs."""
    return f"(hash({value}) >> 32)::uinteger"


def key_values_sql(key: MatchKey, records: str | None = None) -> str:
    """SQL: (h, r, side) of every record that has all values of the key; a list column gives several rows a record.

    `records`: read from there instead of the key's own table, with the same h. No value is an empty text: what is
    missing is null.
    """
    source = records or key.records
    source = f"(select *, unnest({key.each}) as value from {source})" if key.each else source
    present = " and ".join(f"{value} is not null" for value in key.values)
    numbers = key.values
    if len(key.values) > 1 and not key.each and not key.is_hashed:
        numbers = tuple(map(_as_number, key.values))
    return f"select hash({', '.join(numbers)}) as h, r, side from {source} where {present}"
