"""Records made comparable: every distinct text is cleaned once, in DuckDB.

The whole chain is SQL. The sound code differs from recordlinkage's soundex on purpose: it finds more true pairs on
four data sets, at about the same cost (measured in docs/decisions/0005).
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from ibr.errors import ConfigurationProblem, UsageProblem
from linkage import vocabulary
from linkage.fields import Field
from linkage.register.columns import REGISTER, of_register, register_columns
from linkage.specification import Roles, Specification
from linkage.sql import literal, quote, render, single
from linkage.usable import NAMES_ALONE_NOTE, TELLING, notes_on_columns
from linkage.values import (
    fold,
    identifier,
    is_left_over,
    is_nothing,
    is_particle,
    is_title,
    keeps_day,
    keeps_month,
    literals,
    months,
    phone,
    sex,
)

LARGEST_HOUSEHOLD = 30  # records; more is an institution, or a filler
MOST_COPIES = 20  # identical records above this number are stood for by their first
LATEST_YEAR = 2100  # a birth date after it is a slip, or of another calendar than the Gregorian
# A date that so many of a source's records have, of those with a birth date, and so many times as many as is usual,
# was written where none was known. In a list of children born in one month every date is a thirtieth. A first of
# January or July takes a larger share, for where only the year was known it stands for all its days (of 50,578
# historical figures 1 in 100 have that of each of several years); of `kinds` or more, it is compared with these.
FILLER = {"least": 20, "share": 0.01, "share_of_year": 0.05, "times": 20, "kinds": 6}


@dataclass
class Standardised:
    """What standardising found: the fields worth comparing, their frequencies, and what was left out.

    `chance`: per field, the share of random pairs in full agreement; `once`: per column, log2 of the share of a value
    that one record holds. `tells_apart`: whether a pair can be a match by the default threshold (usable.py).
    `variants`: given names that the comparison takes for one (variants.py), also in lk_learned.
    The records themselves are in the temporary tables lk_plain and lk_rec (r, record_id, side, source, values), the
    people of a register in lk_register (register/columns.py).
    """

    records: int
    registered: int
    compared: int
    fields: list[Field]
    places: list[str]
    filled: dict[str, int]
    chance: dict[str, float] = field(default_factory=dict)
    once: dict[str, float] = field(default_factory=dict)
    shadows: int = 0
    tells_apart: bool = True
    variants: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def frequent(self) -> list[Field]:
        return [f for f in self.fields if f.kind.has_frequency]


def columns_of(con: duckdb.DuckDBPyConnection, relation: str) -> list[str]:
    """Column names of a relation; UsageProblem where there is none of that name."""
    try:
        return [row[0] for row in con.execute(f"describe select * from {relation}").fetchall()]
    except duckdb.Error:
        raise UsageProblem(f"Relation {relation}: not found or not readable") from None


def standardise(
    con: duckdb.DuckDBPyConnection,
    specification: Specification,
    records: str,
    register: str | None = None,
    register_specification: Specification | None = None,
) -> Standardised:
    """Fill lk_plain from `records` (side 0) and, where given, lk_register from `register` (side 1).

    Raises UsageProblem for empty tables and for identifiers that are missing or repeated, ConfigurationProblem for
    columns that do not exist and where no identifying column holds anything.
    """
    sides = [(records, specification)]
    if register is not None:
        sides.append((register, register_specification or specification.for_register()))
    for relation, side in sides:
        side.check_columns(columns_of(con, relation), relation)
        check_identifiers(con, relation, side)
    find_households(con, specification, records)
    shape = _read(con, sides)
    return _finish(con, shape, sides)


def find_households(con: duckdb.DuckDBPyConnection, specification: Specification, records: str) -> None:
    """lk_household (hh): the households of which a source lists several records, but no more than a family has."""
    con.execute(
        f"create or replace temp table lk_household as select hh from (select {household(specification)} as hh "
        f"from {records}) where hh is not null group by hh having count(*) between 2 and {LARGEST_HOUSEHOLD}"
    )


def has_several_sources(con: duckdb.DuckDBPyConnection, records: str, source: str) -> bool:
    """Whether records come from more than one source; `source` is SQL, and null is a source too."""
    return single(con, f"select count(distinct {source}) + max(({source} is null)::int) from {records}") > 1


def household(specification: Specification) -> str:
    """SQL: a record's household as a number, the same for all that its source lists in it; null where it has none."""
    return _household_number(source_of(specification), _text(specification.columns.household_id))


def _household_number(source: str, household_id: str) -> str:
    return f"case when {household_id} is not null then hash({source}, {household_id}) end"


def standardise_more(con: duckdb.DuckDBPyConnection, specification: Specification, records: str, state: str) -> None:
    """Fill lk_plain from some records as `standardise` would among all of them. Needs lk_household of all of them.

    `state`: the schema in which that run kept how each source writes its dates, and which of them say nothing.
    """
    _read(con, [(records, specification)], state)


def _read(con: duckdb.DuckDBPyConnection, sides: list[tuple[str, Specification]], state: str | None = None) -> "_Shape":
    """lk_plain, and the dictionaries it is made with; `state` as in `standardise_more`."""
    shape = _shape(sides[0][1].columns, sides[-1][1].columns)
    context = [_side(number, relation, side, shape) for number, (relation, side) in enumerate(sides)]
    texts, dates = _text_columns(sides), _date_columns(sides)
    con.execute(render("texts.sql", columns=texts, fold=fold, nothing=literals(vocabulary.NOTHING),
                       honorifics="|".join(vocabulary.HONORIFICS), is_particle=is_particle, is_title=is_title,
                       variants=load_variants(con, sides[0][1].name_variants)))  # fmt: skip
    con.execute(render("birth_dates.sql", columns=dates, months=months(),
                       is_something=f"not {is_nothing('trim(raw)')}", latest_year=LATEST_YEAR,
                       orders=state and f"{state}.date_orders", fillers=state and f"{state}.date_fillers",
                       filler=FILLER))  # fmt: skip
    con.execute(render("values.sql", columns=_value_columns(context, shape), fold=fold))
    con.execute(render("sounds.sql", mothers=any(side.columns.mother_name for _, side in sides)))
    con.execute(render("numbers.sql", sides=context))
    how = _record_context(shape)
    con.execute(render("records.sql", target="lk_plain", side=context[0], kept="*", in_words=False, **how))
    if len(sides) > 1:
        _read_register(con, sides[1][1], context[1], shape, how)
    return shape


def _read_register(
    con: duckdb.DuckDBPyConnection,
    register: Specification,
    side: dict[str, Any],
    shape: "_Shape",
    how: dict[str, object],
) -> None:
    """lk_register: its people as numbers of the texts in lk_word."""
    con.execute(render("words.sql"))
    roles = {role for role, _ in register.columns.columns_by_role()} - (set() if shape.other_ids else {"other_ids"})
    source = None if register.source else side["source"]
    kept, same = register_columns(roles, shape.places + shape.attributes, source)
    con.execute(
        render("records.sql", target="lk_stored", side=side, kept=", ".join(kept), in_words=True, **how)
        + f"; create or replace temp view {REGISTER} as select *, {', '.join(same)} from lk_stored"
    )


@dataclass
class _Shape:
    places: list[str]
    attributes: list[str]
    other_ids: list[str]
    titles: dict[str, str]


def _shape(columns: Roles, register: Roles) -> _Shape:
    """Columns for list roles; with a register, only as many as both have."""
    places = min(len(columns.places), len(register.places))
    attributes = min(len(columns.attributes), len(register.attributes))
    titles = {f"place_{i}": columns.places[i] for i in range(places)}
    titles |= {f"attribute_{i}": columns.attributes[i] for i in range(attributes)}
    other = max(len(columns.other_ids), len(register.other_ids))
    if not (columns.other_ids and register.other_ids):
        other = 0
    return _Shape(
        [f"place_{i}" for i in range(places)],
        [f"attribute_{i}" for i in range(attributes)],
        [f"other_id_{i}" for i in range(other)],
        titles,
    )


def _text(column: str | None) -> str:
    return "null::varchar" if column is None else f"nullif(trim(cast({quote(column)} as varchar)), '')"


def source_of(side: Specification, number: int = 0) -> str:
    """SQL: which list a record comes from; a register is another list than records that name none."""
    return f"cast({quote(side.source)} as varchar)" if side.source else literal("the register" if number else "")


def _side(number: int, relation: str, side: Specification, shape: _Shape) -> dict[str, Any]:
    roles = side.columns
    columns = {
        role: _text(getattr(roles, role))
        for role in ("given_name", "middle_name", "family_name", "full_name", "mother_name", "sex", "national_id",
                     "phone", "household_id", "birth_date_precision")
    }  # fmt: skip
    # Raw texts join the dictionaries of texts and dates, so they stay exactly as they are.
    for role in ("given_name", "middle_name", "family_name", "full_name", "mother_name"):
        column = getattr(roles, role)
        columns[role] = f"cast({quote(column)} as varchar)" if column else "null::varchar"
    date = roles.birth_date
    columns["birth_date"] = f"cast({quote(date.column)} as varchar)" if date else "null::varchar"
    for names, given in ((shape.places, roles.places), (shape.attributes, roles.attributes)):
        columns |= {name: _text(given[i]) for i, name in enumerate(names)}
    columns |= {
        name: _text(roles.other_ids[i] if i < len(roles.other_ids) else None) for i, name in enumerate(shape.other_ids)
    }
    return {"relation": relation, "number": number, "record_id": quote(side.record_id),
            "source": source_of(side, number), "columns": columns}  # fmt: skip


def _text_columns(sides: list[tuple[str, Specification]]) -> list[dict[str, str]]:
    found = []
    for relation, side in sides:
        roles = side.columns
        for column in (roles.given_name, roles.middle_name, roles.family_name, roles.full_name, roles.mother_name):
            if column:
                found.append({"relation": relation, "expression": f"cast({quote(column)} as varchar)"})
    return found or [{"relation": "(select null::varchar as v)", "expression": "v"}]


def _date_columns(sides: list[tuple[str, Specification]]) -> list[dict[str, str | None]]:
    found: list[dict[str, str | None]] = []
    for number, (relation, side) in enumerate(sides):
        date = side.columns.birth_date
        if date:
            found.append({
                "relation": relation, "expression": quote(date.column), "source": source_of(side, number),
                "format": literal(date.format) if date.format else None,
                "whole": keeps_day(_text(side.columns.birth_date_precision)),
            })  # fmt: skip
    nowhere: dict[str, str | None] = {
        "relation": "(select null::varchar as v)", "expression": "v", "source": "''", "format": None,
        "whole": "true",
    }  # fmt: skip
    return found or [nowhere]


def _value_columns(context: list[dict[str, Any]], shape: _Shape) -> list[dict[str, str]]:
    coded = shape.places + shape.attributes
    found = [{"relation": side["relation"], "expression": side["columns"][name]} for side in context for name in coded]
    return found or [{"relation": "(select null::varchar as v)", "expression": "v"}]


def _record_context(shape: _Shape) -> dict[str, object]:
    return {
        "fold": fold,
        "identifier": identifier,
        "keeps_month": keeps_month("birth_date_precision"),
        "keeps_day": keeps_day("birth_date_precision"),
        "sex": sex("sex"),
        "phone": phone("phone"),
        "coded": shape.places + shape.attributes,
        "household": _household_number("source", "household_id"),
        "is_left_over": is_left_over,
        "other_ids": shape.other_ids,
    }


def check_identifiers(con: duckdb.DuckDBPyConnection, relation: str, side: Specification) -> None:
    """UsageProblem for an empty relation and for identifiers that are missing or repeated."""
    column = quote(side.record_id)
    row = con.execute(f"select count(*), count({column}), count(distinct {column}) from {relation}").fetchone()
    assert row is not None
    total, present, distinct = row
    if total == 0:
        raise UsageProblem(f"{relation} holds no records; at least one was expected")
    if present < total:
        raise UsageProblem(f"{relation}: {total - present} of {total} records have no {side.record_id}; each needs one")
    if distinct < total:
        raise UsageProblem(
            f"{relation}: {side.record_id} is not unique ({total} records, {distinct} values); "
            "name a column that identifies each record"
        )
    if total > 2_000_000_000:
        raise UsageProblem(f"{relation}: {total} records are more than the engine can number")


def load_variants(con: duckdb.DuckDBPyConnection, variants: str | None) -> bool:
    """The variable lk_variants: a map from name tokens to their canonical form, from a CSV file or a relation
    (name, canonical); lk_variant has the same as rows. Whether there is one.

    Raises ConfigurationProblem for a file that cannot be read or has other columns.
    """
    if not variants:
        return False
    if Path(variants).suffix.lower() == ".csv":
        try:
            with Path(variants).open(encoding="utf-8", newline="") as file:
                rows = [(row["name"], row["canonical"]) for row in csv.DictReader(file)]
        except OSError:
            raise ConfigurationProblem(f"name_variants: {variants} cannot be read") from None
        except KeyError:
            raise ConfigurationProblem(f"name_variants: {variants} needs the columns name and canonical") from None
        con.execute("create or replace temp table lk_variant_given (name varchar, canonical varchar)")
        if rows:
            con.executemany("insert into lk_variant_given values (?, ?)", rows)
        variants = "lk_variant_given"
    con.execute(
        "create or replace temp table lk_variant as "
        f"select {fold('name')} as name, min({fold('canonical')}) as canonical "
        f"from {variants} where {fold('name')} <> '' and {fold('canonical')} <> '' group by 1"
    )
    con.execute(
        "set variable lk_variants = (select map_from_entries(list((name, canonical) order by name)) from lk_variant)"
    )
    return True


def _finish(con: duckdb.DuckDBPyConnection, shape: _Shape, sides: list[tuple[str, Specification]]) -> Standardised:
    columns = ["given", "family", "extra", "y", "dob", "sex", "nid", "oid", "phone", "mother", "hh"]
    columns += shape.places + shape.attributes
    counted = [f"count({c}) filter (where len({c}) > 0)" if c in ("extra", "oid") else f"count({c})" for c in columns]
    # With a register a field counts where both sides hold it.
    told = f"select count(*), count(*) filter (where {TELLING}), {', '.join(counted)}"
    per_side = [con.execute(f"{told} from {table}").fetchall()[0] for table in ("lk_plain", REGISTER)[: len(sides)]]
    filled = {column: min(row[2 + i] for row in per_side) for i, column in enumerate(columns)}
    filled["dob"] = max(filled["dob"], filled["y"])
    tells_apart = all(2 * telling >= records for records, telling, *_ in per_side)
    notes = [] if tells_apart else [NAMES_ALONE_NOTE]
    notes += notes_on_columns(con, sides, filled, LATEST_YEAR)
    if not any(filled[column] for column in ("given", "family", "dob", "nid", "oid", "phone")):
        raise ConfigurationProblem(
            "No name, birth date, identifier or phone column holds a usable value; check the columns named"
        )
    is_linking = len(sides) > 1
    places = _finest_first(con, [p for p in shape.places if filled[p]], is_linking)
    is_one_source = not has_several_sources(con, everybody(["source"], is_linking), "source")
    household_kind = "household in one source" if is_one_source else "household"
    fields = _fields(filled, places, [a for a in shape.attributes if filled[a]], shape.titles, household_kind)
    con.execute(
        render("shadows.sql", most=MOST_COPIES, signature=signature(filled), register=REGISTER if is_linking else None)
    )
    shadows = single(con, "select count(*) from lk_shadow")
    if is_linking and shadows:
        con.execute("delete from lk_stored where r in (select shadow from lk_shadow)")
    return Standardised(
        records=per_side[0][0],
        registered=per_side[1][0] if is_linking else 0,
        compared=sum(row[0] for row in per_side) - shadows,
        fields=fields,
        places=places,
        filled=filled,
        shadows=shadows,
        tells_apart=tells_apart,
        notes=notes,
    )


def everybody(columns: Sequence[str], is_linking: bool) -> str:
    """SQL: the records (r, side) with some columns of lk_plain and, where they are linked to one, the register."""
    if not is_linking:
        return "lk_plain"
    return f"(select r, side, {', '.join(columns)} from lk_plain union all from {of_register(columns)})"


def signature(filled: dict[str, int]) -> str:
    """SQL: what records the same in every role share; null unless they have at least two of name, birth date and
    number: alike for a reason, not for being empty."""
    columns = ", ".join([*(column for column, count in filled.items() if count), "m", "d", "source"])
    known = " + ".join(f"({column} is not null)::int" for column in ("given", "family", "dob", "nid"))
    return f"case when {known} >= 2 then hash({columns}) end"


def _finest_first(con: duckdb.DuckDBPyConnection, places: list[str], is_linking: bool) -> list[str]:
    if len(places) < 2:
        return places
    distinct = ", ".join(f"count(distinct {p})" for p in places)
    counts = con.execute(f"select {distinct} from {everybody(places, is_linking)}").fetchone()
    assert counts is not None
    return [p for _, p in sorted(zip(counts, places, strict=True), key=lambda pair: (-pair[0], pair[1]))]


def _fields(
    filled: dict[str, int], places: list[str], attributes: list[str], titles: dict[str, str], household_kind: str
) -> list[Field]:
    fields = [
        Field(name, kind, column, title)
        for name, kind, column, title in (
            ("given_name", "given", "given", "given name"),
            ("family_name", "family", "family", "family name"),
            ("extra_names", "extra", "extra", "middle and other names"),
            ("birth_date", "date", "dob", "birth date"),
            ("sex", "sex", "sex", "sex"),
            ("national_id", "identifier", "nid", "national identifier"),
            ("other_ids", "other_ids", "oid", "other identifiers"),
            ("phone", "phone", "phone", "phone"),
            ("mother_name", "mother", "mother", "mother's name"),
            ("household_id", household_kind, "hh", "household in the same source"),
        )
        if filled[column]
    ]
    if filled["given"] and filled["family"]:
        fields.insert(2, Field("name_order", "order", "given", "order of the names"))
    titles = {name: column.replace("_", " ") for name, column in titles.items()}
    fields += [
        Field(p, "place", p, titles[p], parent=places[i - 1] if i else None) for i, p in enumerate(places)
    ]
    fields += [Field(a, "attribute", a, titles[a]) for a in attributes]
    return fields
