"""A register held as numbers of its texts: what is read of it is what the records' way of standardising makes of it."""

import duckdb
import pytest

from linkage import Specification, match_register, register
from linkage.match_keys import RECORDS, hash_values, key_values_sql, possible_keys
from linkage.register.columns import of_register
from linkage.register.people import people_for, people_of
from linkage.standardise import columns_of, standardise
from linkage.term_frequency import add_frequencies

COLUMNS = {
    "given_name": "g", "middle_name": "o", "family_name": "f", "full_name": "w", "birth_date": "d",
    "birth_date_precision": "dp", "sex": "s", "national_id": "n", "other_ids": ["n2", "n3"], "phone": "t",
    "mother_name": "mo", "household_id": "h", "places": ["p", "q"], "attributes": ["a"],
}  # fmt: skip
SPECIFICATION = Specification.from_mapping({"record_id": "id", "source": "list", "columns": COLUMNS})
# Parts and whole names, titles, particles, initials, other scripts, dates of all kinds, fillers, numbers in all states.
PEOPLE = """
('1', 'x', 'Ann Mary', 'B. Cee', 'van der Berg', null, '1980-01-05', null, 'F', '0012345', '77-1', null,
 '+254 700 123456', 'Eve of Nod', 'h1', 'East', 'Hill', 'blue'),
('2', 'x', null, null, null, 'Dr. Ann Mary Cee Berg', '05/04/1990', 'month', 'female', 'n/a', null, '77-2',
 '12', null, 'h1', 'EAST', null, null),
('3', 'y', 'Ann', 'Ann Berg', 'Berg', 'Ann Zed Berg', '1975', 'year', 'x', '11111', null, null,
 null, '-', null, null, 'Vale', 'red'),
('4', 'y', 'ሰላም', null, 'Ünal', null, '1856-86-18', null, null, '123456', null, null,
 '700123456', 'ሰላም', 'h2', '', 'Hill', null),
('5', null, 'Mr', null, null, null, null, null, '1', null, null, null, null, null, 'h3', null, null, null),
('6', null, null, null, 'Berg-Holm', null, '31.12', null, 'M', 'AB 12 cd', '5', '6',
 '0700 123 456', 'Mrs Eve', null, 'west', null, 'Blue'),
('7', 'y', null, null, null, null, '9999-01-01', null, null, null, null, null, null, null, null, null, null, null)
"""


@pytest.fixture
def con():
    """The same people as records and as a register, standardised together."""
    con = duckdb.connect()
    names = "id, list, g, o, f, w, d, dp, s, n, n2, n3, t, mo, h, p, q, a"
    con.execute(f"create table people as select * from (values {PEOPLE}) t({names})")
    con.execute("create table variants as select 'eve' as name, 'eva' as canonical")
    return con


def both(con, **changes):
    specification = SPECIFICATION.model_copy(update={"name_variants": "variants", **changes})
    data = standardise(con, specification, "people", "people", specification)
    add_frequencies(con, data)
    return data


def test_read_as_texts_again_it_is_what_records_are(con):
    data = both(con)
    columns = [column for column in columns_of(con, "lk_rec") if column not in ("r", "side", "record_id")]
    columns = [c for c in columns if c not in ("is_accompanied", "has_initial") and not c.startswith("tf_")]
    listed = ", ".join(columns)
    records = con.execute(f"select {listed} from lk_rec order by r").fetchall()
    people = con.execute(f"select {listed} from {of_register(columns)} order by r").fetchall()
    assert people == records
    assert len(people) == data.registered == 7
    assert {column for i, column in enumerate(columns) if any(row[i] for row in people)} == set(columns)


def test_frequencies_are_those_of_the_records(con):
    con.execute("insert into people select * exclude (i) replace (id || 'c' || i as id) from people, range(8) t(i)")
    data = both(con)
    told = ", ".join(f"tf_{column}" for column in data.once)
    columns = list(data.once)
    people = con.execute(f"select {told} from {of_register(columns, frequencies=data.once)} order by r").fetchall()
    assert people == con.execute(f"select {told} from lk_rec order by r").fetchall()
    assert len(set(people)) > 3


def test_what_no_column_fills_is_not_stored(con):
    few = Specification.from_mapping({"record_id": "id", "columns": {"given_name": "g", "birth_date": "d"}})
    standardise(con, few, "people", "people", few)
    assert set(columns_of(con, "lk_stored")) == {"r", "given", "extra", "y", "m", "d", "dob"}
    columns = ["family", "nid", "oid", "phone", "source"]
    nothing = con.execute(f"select distinct {', '.join(columns)} from {of_register(columns)}").fetchall()
    assert nothing == [(None, None, [], None, "the register")]


def test_every_key_has_the_values_that_it_has_of_records(con):
    data = both(con)
    keys = possible_keys(data)
    hashed = hash_values(con, keys, more=lambda values: people_for(con, values))
    assert any(key.is_hashed for key in hashed)
    for key in hashed:
        of_records = f"(from {key.records} where side = 0)"
        values = "select h, r % 7 as number from ({}) order by all"
        records = con.execute(values.format(key_values_sql(key, of_records))).fetchall()
        assert con.execute(values.format(key_values_sql(key, people_of(con, key)))).fetchall() == records, key.name
    assert {key.records for key in hashed} == {RECORDS, "lk_hashed"}


def village(con, order="id"):
    """400 people in the register, 60 of them copies of one; records of half of them, one in three with a slip."""
    con.execute(
        "create or replace table register as select * from (select 'r' || i as id, 'name' || (i * 7) % 90 as g, "
        "'tribe' || (i * 11) % 40 as f, (date '1950-01-01' + ((i * 97) % 20000)::int)::varchar as d, "
        "'v' || i % 9 as p, if(i % 4 = 0, null, (3000000 + i * 37)::varchar) as n from range(340) t(i) "
        "union all select 'copy' || i, 'ann', 'berg', '1980-05-06', 'v1', '7654321' from range(60) t(i)) "
        f"order by {order}"
    )
    con.execute(
        "create or replace table people as select 'p' || id as id, if(hash(id) % 3 = 0, g[:-2] || 'x', g) as g, f, "
        f"if(hash(id) % 5 = 0, null, d) as d, p, n from register where hash(id) % 2 = 0 order by {order}"
    )


ROLES = {"given_name": "g", "family_name": "f", "birth_date": "d", "places": ["p"], "national_id": "n"}


def matched(con):
    specification = Specification.from_mapping({"record_id": "id", "columns": ROLES})
    result = match_register(con, specification, "people", "register", None, "o")
    return con.execute("from o.matches order by all").fetchall(), result.counts


def test_matches_depend_on_neither_parts_nor_row_order_nor_threads(monkeypatch):
    outcomes = []
    for threads, order, at_a_time in ((1, "id", 1_000_000), (4, "hash(id)", 90)):
        con = duckdb.connect()
        con.execute(f"set threads = {threads}")
        village(con, order)
        monkeypatch.setattr(register.people, "AT_A_TIME", at_a_time)
        outcomes.append(matched(con))
    assert outcomes[0] == outcomes[1]
    matches, counts = outcomes[0]
    assert counts["register"] == 400
    assert sum(record[1:] == person for record, person, *_ in matches if "copy" not in record) > 150


def test_copies_in_the_register_are_one_person_to_be_found():
    con = duckdb.connect()
    village(con)
    matches, _ = matched(con)
    copies = {person for record, person, *_ in matches if "copy" in record}
    assert copies == {"copy0"}


def test_keys_tried_on_a_few_of_very_many_find_what_all_of_them_would(monkeypatch):
    """At a nation's size one in hundreds of those still looking is tried: more than a block may hold."""
    con = duckdb.connect()
    con.execute(
        "create table register as select 'r' || i as id, 'g' || chr(97 + i % 26) || chr(97 + (i // 26) % 26) || i % 7 "
        "as g, chr(97 + (i * 5) % 26) || 'o' || chr(97 + (i * 3) % 26) || 'er' as f, 'v' || i % 40 as p, "
        "(date '1950-01-01' + (i * 97) % 20000)::varchar as d from (select range::int as i from range(4000))"
    )
    con.execute(
        "create table people as select 'p' || id as id, g, if(i % 2 = 0, f, reverse(f) || 'ski') as f, p, "
        "if(i % 2 = 0, d, d[:8] || if(d[9:] = '17', '18', '17')) as d "
        "from (select *, id[2:]::int as i from register) where i % 3 < 2"
    )
    roles = {"given_name": "g", "family_name": "f", "birth_date": "d", "places": ["p"]}
    specification = Specification.from_mapping({"record_id": "id", "columns": roles})
    outcomes = []
    for tried in (3, 10_000):
        monkeypatch.setattr(register.candidates, "TRIED_RECORDS", tried)
        result = match_register(con, specification, "people", "register", None, "o")
        assert {key.name: key.is_used for key in result.keys}["given name, birth year and month"]
        outcomes.append(con.execute("select record_id, register_id from o.matches order by all").fetchall())
    assert outcomes[0] == outcomes[1]
