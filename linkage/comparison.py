"""Agreement levels of candidate pairs, in one pass over the pairs in DuckDB.

Measured (2 cores): joining pairs to a table of distinct name pairs costs more (two hash joins) than the 60 ns of one
Jaro-Winkler, so similarities are computed on the pair, each once. `explain` runs this same SQL on its one pair, so
that an explanation cannot differ from the score. Where recordlinkage is used, and why not here: docs/decisions/0005.
"""

from dataclasses import dataclass

import duckdb
import numpy as np

from ibr.errors import ConfigurationProblem
from linkage.fields import Field
from linkage.register.columns import REGISTER
from linkage.register.people import taken_apart
from linkage.sql import render
from linkage.standardise import LARGEST_HOUSEHOLD, Standardised
from linkage.term_frequency import FUZZY_LIMIT, FUZZY_SHARE

# Jaro-Winkler similarities from which names are "very alike" and "alike or initial".
VERY_ALIKE, ALIKE = 0.92, 0.84
RANDOM_PAIRS = 200_000
HOUSEHOLD_PAIRS = 50_000


@dataclass
class Patterns:
    """How levels are packed into one number: per field its factor and number of digits (levels and missing)."""

    fields: list[Field]
    factors: list[int]

    @classmethod
    def of(cls, fields: list[Field]) -> "Patterns":
        factors, factor = [], 1
        for field in fields:
            factors.append(factor)
            factor *= field.levels + 1
        if factor >= 2**63:
            raise ConfigurationProblem(
                f"The specification names {len(fields)} fields to compare, more than one pattern can hold; "
                "leave out some places or attributes"
            )
        return cls(fields, factors)

    def unpack(self, patterns: np.ndarray) -> np.ndarray:
        """Levels per pattern and field: shape (patterns, fields), int16; -1 is missing."""
        levels = np.empty((len(patterns), len(self.fields)), dtype=np.int16)
        for i, (field, factor) in enumerate(zip(self.fields, self.factors, strict=True)):
            levels[:, i] = (patterns // factor) % (field.levels + 1) - 1
        return levels


def name_level(left: str, right: str, similarity: str) -> str:
    """SQL: level 0-4 of two names (see fields.NAME_LABELS); null where either is missing."""
    initial = f"((length({left}) = 1 or length({right}) = 1) and {left}[1] = {right}[1])"
    return (
        f"case when {left} = {right} then 0 when {similarity} >= {VERY_ALIKE} and not {initial} then 1 "
        f"when {similarity} >= {ALIKE} or {initial} then 2 when {similarity} >= 0.74 then 3 "
        f"when {left} is not null and {right} is not null then 4 end"
    )


def _edits(column: str, most: int) -> str:
    """SQL: edit distance up to `most`, more being `most` + 1.

    Texts of one length that differ in more places than so many exchanges of neighbours explain are not measured (nearly
    all pairs are like that): a letter put in here and left out there does not count as two edits. Nor are texts of two
    lengths whose Levenshtein distance, which takes a fifth of the time and counts an exchange twice, is more than that.
    """
    a, b = f"a.{column}", f"b.{column}"
    distance = f"damerau_levenshtein({a}, {b})"
    return (
        f"case when abs(length({a}) - length({b})) > {most} then {most + 1} when strlen({a}) = strlen({b}) "
        f"then case when hamming({a}, {b}) > {2 * most} then {most + 1} else {distance} end "
        f"when levenshtein({a}, {b}) > {2 * most} then {most + 1} else {distance} end"
    )


def _is_one_edit(a: str, b: str) -> str:
    """SQL: whether the Levenshtein distance is one; of texts of one length the Hamming distance, ten times as fast."""
    return (
        f"case when strlen({a}) = strlen({b}) then hamming({a}, {b}) = 1 "
        f"else abs(length({a}) - length({b})) <= 1 and levenshtein({a}, {b}) = 1 end"
    )


def _expression(field: Field) -> str:
    """SQL: the level of a field that stands on its own; a is the left record, b the right."""
    a, b = f"a.{field.column}", f"b.{field.column}"
    missing = f"{a} is null or {b} is null then null"
    if field.kind_name == "date":
        return _DATE
    if field.kind_name == "sex":
        return f"case when {missing} when {a} = {b} then 0 else 1 end"
    if field.kind_name == "household":
        return f"case when {missing} when a.source is distinct from b.source then 2 when {a} = {b} then 0 else 1 end"
    if field.kind_name == "household in one source":
        return f"case when {missing} when {a} = {b} then 0 else 1 end"
    if field.kind_name == "identifier":
        return (
            f"case when {missing} when {a} = {b} then 0 "
            f"else least(case when length({a}) < 5 then 3 else {_edits(field.column, 2)} end, 3) end"
        )
    if field.kind_name == "other_ids":
        return f"case when len({a}) = 0 or len({b}) = 0 then null when list_has_any({a}, {b}) then 0 else 1 end"
    if field.kind_name == "phone":
        return f"case when {missing} when {a} = {b} then 0 when {_edits(field.column, 1)} = 1 then 1 else 2 end"
    if field.kind_name == "extra":
        one = (
            f"case when {a}[1] = {b}[1] then 1 when jaro_winkler_similarity({a}[1], {b}[1]) >= 0.88 "
            f"or ((length({a}[1]) = 1 or length({b}[1]) = 1) and {a}[1][1] = {b}[1][1]) then 2 else 3 end"
        )
        shared = f"len(list_intersect({a}, {b}))"
        initials = [f"list_transform({x}, lambda t: t[1])" for x in (a, b)]
        shares_initial = f"list_has_any({', '.join(initials)})"
        has_initial = f"case when a.has_initial or b.has_initial then {shares_initial} else false end"
        return (
            f"case when coalesce(len({a}), 0) = 0 or coalesce(len({b}), 0) = 0 then null "
            f"when len({a}) = 1 and len({b}) = 1 then {one} "
            f"when {shared} >= 2 then 0 when {shared} = 1 then 1 when {has_initial} then 2 else 3 end"
        )
    if field.kind_name == "mother":
        parts = f"len(list_intersect(string_split({a}, ' '), string_split({b}, ' ')))"
        return (
            f"case when {missing} when {a} = {b} then 0 "
            f"when jaro_winkler_similarity({a}, {b}) >= 0.92 or {parts} >= 2 then 1 "
            f"when {parts} = 1 or jaro_winkler_similarity({a}, {b}) >= 0.84 then 2 else 3 end"
        )
    if field.kind_name == "place":
        similarity = f"jaro_winkler_similarity({a}, {b})"
        return (
            f"case when {missing} when {a} = {b} then 0 "
            f"when {similarity} >= 0.94 or {_is_one_edit(a, b)} then 1 "
            f"when {a}[:4] = {b}[:4] or {similarity} >= 0.85 or (length({a}) > 3 and length({b}) > 3 "
            f"and (contains({a}, {b}) or contains({b}, {a}))) then 2 else 3 end"
        )
    return f"case when {missing} when {a} = {b} then 0 when jaro_winkler_similarity({a}, {b}) >= 0.88 then 1 else 2 end"


_SIMILARITY = "jaro_winkler_similarity(a.given, b.given)"
# Learned variants (see variants.py) are "very alike", or the same.
_VARIED = f"if(v.one is null, {_SIMILARITY}, greatest({_SIMILARITY}, {VERY_ALIKE}))"
_BOTH_WHOLE = "a.m is not null and a.d is not null and b.m is not null and b.d is not null"
# 1 January and 1 July in an old list usually mean that only the year was known.
_DATE = f"""case
    when (a.y is null and a.dob is null) or (b.y is null and b.dob is null) then null
    when a.dob = b.dob then 0
    when {_BOTH_WHOLE} and length(a.dob) = 8 and length(b.dob) = 8 then case
        when hamming(a.dob, b.dob) = 1 or (a.y = b.y and a.m = b.d and a.d = b.m) then 1
        when a.y = b.y and ((a.d = 1 and a.m in (1, 7)) or (b.d = 1 and b.m in (1, 7))) then 2
        when a.m = b.m and a.d = b.d then 3
        when hamming(a.dob, b.dob) = 2 then 4
        when a.y = b.y then 5
        when abs(a.y - b.y) = 1 then 6
        else 7 end
    when a.y = b.y and (a.m is null or b.m is null or a.m = b.m) then 2
    when a.y = b.y then 5
    when abs(a.y - b.y) = 1 then 6
    when a.y is null or b.y is null then case when levenshtein(a.dob, b.dob) <= 2 then 4 else 7 end
    else 7 end"""


def compare(
    con: duckdb.DuckDBPyConnection,
    data: Standardised,
    patterns: Patterns,
    pairs: str,
    target: str,
    by_field: bool = False,
) -> None:
    """Compare the pairs of a table (l, r, keys) into `target` (l, r, keys, pattern, tf_own, tf_shared).

    tf_own and tf_shared are in bits, relative to the average value of the field; `by_field` adds each field's part of
    them as tf_<field>.
    """
    for number, (some, others) in enumerate(taken_apart(con, data, pairs)):
        levels = compared_sql(data, patterns, some, others, by_field)
        into = f"insert into {target}" if number else f"create or replace temp table {target} as"
        con.execute(f"{into} {levels}")


def compared_sql(
    data: Standardised, patterns: Patterns, pairs: str, others: str = "lk_rec", by_field: bool = False
) -> str:
    """SQL: what `compare` writes, for pairs whose left sides are in lk_rec and whose right sides are in `others`."""
    by_kind = {field.kind_name for field in patterns.fields}
    by_name = {field.name: field for field in patterns.fields}
    plain = [f for f in patterns.fields if f.kind_name not in ("given", "family", "order")]
    terms = {field.name: _frequency_term(field, data.chance[field.name]) for field in data.frequent}
    return render(
        "compare.sql",
        pairs=pairs,
        others=others,
        given="given" in by_kind,
        given_similarity=_VARIED if data.variants else _SIMILARITY,
        variants=bool(data.variants),
        family="family" in by_kind,
        both_names={"given", "family"} <= by_kind,
        sex_follows_given={"given", "sex"} <= by_kind,
        plain=[{"name": f.name, "expression": _expression(f)} for f in plain],
        frequent=[f.column for f in data.frequent],
        nested=[f for f in patterns.fields if f.parent],
        packed=[
            {"value": f"{'c' if by_name[f.name].parent else 'v'}_{f.name}", "factor": factor}
            for f, factor in zip(patterns.fields, patterns.factors, strict=True)
        ],
        own=[terms[f.name] for f in data.frequent if not f.kind.household],
        shared=[terms[f.name] for f in data.frequent if f.kind.household],
        terms=terms if by_field else {},
        name_level=name_level,
    )


def _frequency_term(field: Field, chance: float) -> str:
    bits = f"({float(np.log2(chance))!r} - f_{field.column})"
    fuzzy = {"given": 2, "family": 2, "mother": 1, "place": 1, "attribute": 1}.get(field.kind_name, 0)
    # A place whose finer place agrees is no news, common or rare.
    unless = f" and v_{field.parent} is distinct from 0" if field.parent else ""
    exact = f"when v_{field.name} = 0{unless} then coalesce({bits}, 0)"
    near = (
        f" when v_{field.name} between 1 and {fuzzy}{unless} then "
        f"coalesce(greatest(least({FUZZY_SHARE} * {bits}, {FUZZY_LIMIT}), -{FUZZY_LIMIT}), 0)"
        if fuzzy
        else ""
    )
    return f"case {exact}{near} else 0 end"


def random_pairs(con: duckdb.DuckDBPyConnection, data: Standardised) -> None:
    """lk_random (l, r, keys): RANDOM_PAIRS pairs, or all, drawn by hashing: the same records give the same pairs."""
    linking = data.registered > 0
    people = f"(select r, side from lk_rec union all select r, side from {REGISTER})" if linking else "lk_rec"
    con.execute(
        "create or replace temp table lk_member as "
        "select side, (row_number() over (partition by side order by r) - 1)::bigint as position, r "
        f"from {people}"
    )
    counts = dict(con.execute("select side, count(*) from lk_member group by side").fetchall())
    left, right = counts.get(0, 0), counts.get(1 if linking else 0, 0)
    wanted = min(RANDOM_PAIRS, left * right if linking else left * (left - 1) // 2)
    # In three steps: in one, DuckDB 1.5 turned "a different record" into a join of everybody with everybody.
    con.execute(
        "create or replace temp table lk_drawn as "
        f"select (hash(i * 2) % {max(left, 1)})::bigint as i_l, (hash(i * 2 + 1) % {max(right, 1)})::bigint as i_r "
        f"from range({wanted}) as t(i)"
    )
    con.execute(
        "create or replace temp table lk_drawn as select a.r as l, b.r as r from lk_drawn "
        "join lk_member a on a.position = i_l and a.side = 0 "
        f"join lk_member b on b.position = i_r and b.side = {int(linking)}"
    )
    con.execute(
        "create or replace temp table lk_random as "
        "select distinct least(l, r) as l, greatest(l, r) as r, 0::bigint as keys from lk_drawn where l <> r"
    )
    con.execute("drop table lk_drawn")
    con.execute("drop table lk_member")


def household_pairs(con: duckdb.DuckDBPyConnection) -> None:
    """lk_relatives (l, r, keys): about HOUSEHOLD_PAIRS pairs of records that one source lists in one household, drawn
    by hashing; all where there are fewer."""
    con.execute(
        "create or replace temp table lk_relatives as with households as (select hh, count(*) as n from lk_rec "
        f"where side = 0 and hh is not null group by hh having n between 2 and {LARGEST_HOUSEHOLD}), "
        f"total as (select greatest(sum(n * (n - 1)) // 2 // {HOUSEHOLD_PAIRS}, 1)::bigint as parts from households) "
        "select a.r as l, b.r as r, 0::bigint as keys from households join total on hash(hh, 1) % parts = 0 "
        "join lk_rec a using (hh) join lk_rec b using (hh) where a.side = 0 and b.side = 0 and a.r < b.r"
    )
