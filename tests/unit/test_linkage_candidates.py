"""The plan of match keys: what is run, what is not worth it, and who looks no further."""

import duckdb
import pytest

from linkage import Specification, candidates, deduplicate, match_register
from linkage.match_keys import MatchKey, hash_values, key_values_sql, possible_keys
from linkage.standardise import standardise
from linkage.term_frequency import add_frequencies

ROLES = {"given_name": "g", "family_name": "f", "birth_date": "d", "phone": "p", "places": ["village", "county"]}
SPECIFICATION = Specification.from_mapping({"record_id": "id", "columns": ROLES})
# 4,000 people with names from a small stock, in two counties; each eighth is listed twice, with a slip in a name.
PEOPLE = """
create table people as
with numbers as (select i, hash(i) as h from range(4000) t(i)),
plain as (
    select printf('a%05d', i) as id, 'name' || chr((97 + h % 26)::int) || chr((97 + (h >> 8) % 26)::int) as g,
        'kin' || chr((97 + (h >> 16) % 26)::int) || chr((97 + (h >> 20) % 26)::int) || 'o' as f,
        (date '1940-01-01' + ((h >> 24) % 25000)::int)::varchar as d, (700000000 + i)::varchar as p,
        'village ' || (h >> 30) % 40 as village, 'county ' || (h >> 36) % 2 as county, i
    from numbers
)
select * exclude (i) from plain
union all
select replace(id, 'a', 'b'), replace(g, 'name', 'nam'), f, d, null, village, county from plain where i % 8 = 0
"""


def people():
    con = duckdb.connect()
    con.execute(PEOPLE)
    return con


def found(con):
    return con.execute("from o.clusters order by record_id").fetchall()


def test_keys_that_add_nothing_are_not_run_and_nothing_is_lost(monkeypatch):
    monkeypatch.setattr(candidates, "LEAST_FREE_PAIRS", 0)
    monkeypatch.setattr(candidates, "FREE_PAIRS", 0)
    con = people()
    planned = deduplicate(con, SPECIFICATION, "people", "o")
    with_plan = found(con)
    monkeypatch.setattr(candidates, "PAIRS_A_MATCH", float("inf"))
    con = people()
    everything = deduplicate(con, SPECIFICATION, "people", "o")
    assert found(con) == with_plan
    assert len({entity for _, entity in with_plan}) == pytest.approx(4000, abs=10)
    unused = [k for k in planned.keys if not k.is_used]
    assert "sound of family name and county" in {k.name for k in unused}
    assert all(k.expected_matches is not None and k.matches == 0 for k in unused)
    assert planned.counts["candidate_pairs"] < everything.counts["candidate_pairs"] / 3
    for result in (planned, everything):
        assert sum(k.new_pairs for k in result.keys) == result.counts["candidate_pairs"]


def test_a_key_worth_its_pairs_is_run():
    """Married, and her date of birth is missing: only phone, or given name and village, can find her."""
    con = people()
    con.execute(
        "update people set f = 'tol' || f[4:], d = null, g = replace(g, 'nam', 'name'), "
        "p = (700000000 + id[2:]::int)::varchar where id like 'b%' and id[2:]::int % 16 = 0"
    )
    result = deduplicate(con, SPECIFICATION, "people", "o")
    expected = {k.name: k.expected_matches for k in result.keys if k.is_used}
    entities = dict(found(con))
    assert sum(entities[f"b{i:05}"] == f"a{i:05}" for i in range(0, 4000, 16)) == 250
    assert expected["phone and sound of given name"] == pytest.approx(250, abs=50)
    assert set(entities) == {*entities.values(), *(f"b{i:05}" for i in range(0, 4000, 8))}  # and nobody else


def test_birth_year_or_another_place_beside_a_place_is_tried_but_not_against_a_register():
    """Somebody listed under a nickname, with a year and places, shares nothing else with the other record."""
    con = people()
    con.execute("create table register as select * from people where id like 'a%'")
    new = {"birth year and village", "birth year and county", "village and county"}
    assert new <= {k.name for k in deduplicate(con, SPECIFICATION, "people", "o").keys}
    assert not new & {k.name for k in match_register(con, SPECIFICATION, "people", "register", None, "o").keys}


def test_whoever_is_found_beyond_doubt_looks_no_further():
    con = people()
    con.execute("create table register as select * from people where id like 'a%'")
    result = match_register(con, SPECIFICATION, "people", "register", None, "o")
    right, wrong = con.execute(
        "select count(*) filter (record_id[2:] = register_id[2:]), count(*) filter (record_id[2:] <> register_id[2:]) "
        "from o.matches where verdict = 'match'"
    ).fetchone()
    assert right > 4450
    assert wrong == 0
    assert sum(k.new_pairs for k in result.keys) == result.counts["candidate_pairs"]
    further = [k for k in result.keys if k.name == "sound of family name and county"]
    assert further[0].pairs < 4500 * 100  # of 4,500 x 4,000 / 52 if all had looked


def test_the_plan_depends_on_neither_row_order_nor_threads():
    outcomes = []
    for threads, order in ((1, "id"), (4, "hash(id)")):
        con = people()
        con.execute(f"set threads = {threads}; create table p2 as from people order by {order}")
        result = deduplicate(con, SPECIFICATION, "p2", "o")
        outcomes.append((found(con), [(k.name, k.is_used, k.expected_matches, k.pairs) for k in result.keys]))
    assert outcomes[0] == outcomes[1]


def test_a_survey_of_a_part_of_the_blocks_leads_to_the_same_people(monkeypatch):
    """Many records are surveyed on some blocks only: here on a fourth of them, and tried on fewer pairs still."""
    con = people()
    whole = deduplicate(con, SPECIFICATION, "people", "o")
    everybody = found(con)
    monkeypatch.setattr(candidates, "SURVEYED_RECORDS", 1_000)
    monkeypatch.setattr(candidates, "TAUGHT_PAIRS", 500)
    part = deduplicate(con, SPECIFICATION, "people", "o")
    apart = set(found(con)) ^ set(everybody)
    assert len(apart) <= 10
    counted = {k.name: k.pairs for k in whole.keys}
    estimated = {k.name: k.pairs for k in part.keys if not k.is_used and counted[k.name] > 20_000}
    assert estimated
    # A few dozen blocks of unequal size, a fourth of them looked at: right to a factor of two.
    assert all(0.5 < pairs / counted[name] < 2 for name, pairs in estimated.items())


def test_a_list_with_nothing_but_family_names_has_no_key_and_no_pair():
    con = people()
    only_family = Specification.from_mapping({"record_id": "id", "columns": {"family_name": "f"}})
    result = deduplicate(con, only_family, "people", "o")
    assert result.counts["candidate_pairs"] == 0
    assert result.counts["entities"] == result.counts["records"] == 4500


def test_who_has_no_name_shares_no_name():
    """Nameless records have no value of a key on names; initials are those of the names that are there."""
    con = duckdb.connect()
    con.execute(
        "create table few as select * from (values ('1', null, null, '1980-01-05'), ('2', null, null, '1980-01-05'), "
        "('3', 'ann', null, '1980-01-05'), ('4', null, 'ann', '1980-01-05'), ('5', 'bo', 'ann', '1980-01-05')) "
        "t(id, g, f, d)"
    )
    columns = {"given_name": "g", "family_name": "f", "birth_date": "d"}
    data = standardise(con, Specification.from_mapping({"record_id": "id", "columns": columns}), "few")
    add_frequencies(con, data)
    keys = {key.name: key for key in possible_keys(data)}

    def records_of(key):
        return con.execute(f"select r from ({key_values_sql(keys[key])}) order by r").fetchnumpy()["r"].tolist()

    assert records_of("all names in any order") == [2, 3, 4]
    initials = con.execute("select list(initials order by r) from lk_rec").fetchall()[0][0]
    assert initials == [None, None, "a", "a", "ab"]


def few_people():
    con = duckdb.connect()
    con.execute(
        "create table few as select * from (values ('1', 'ann', 'bea', 'cox', '1980-01-05', 'x'), "
        "('2', 'cox', 'ann', 'bea', '1980-01-05', 'x'), ('3', 'ann', null, 'cox', '1980-02-05', 'x'), "
        "('4', 'ann', 'cox', 'ann', '1980-01-05', 'y'), ('5', 'ann', 'bea eve dot', 'cox', null, 'y'), "
        "('6', 'eve', 'cox ann bea', 'dot', '1981-01-05', null)) t(id, g, o, f, d, p)"
    )
    columns = {"given_name": "g", "middle_name": "o", "family_name": "f", "birth_date": "d", "places": ["p"]}
    data = standardise(con, Specification.from_mapping({"record_id": "id", "columns": columns}), "few")
    add_frequencies(con, data)
    return con, possible_keys(data)


def pairs_of(con, key):
    query = f"with v as ({key_values_sql(key)}) select distinct a.r, b.r from v a join v b using (h) where a.r < b.r"
    return sorted(con.execute(query).fetchall())


def test_all_names_are_the_same_in_any_order_and_number():
    con, keys = few_people()
    names = next(key for key in keys if key.name == "all names in any order")
    assert pairs_of(con, names) == [(0, 1), (2, 3), (4, 5)]


def test_keys_of_hashed_values_bring_the_same_pairs():
    con, keys = few_people()
    hashed = hash_values(con, keys)
    assert any(key.records != "lk_rec" for key in hashed)
    assert [pairs_of(con, key) for key in hashed] == [pairs_of(con, key) for key in keys]


def test_a_key_contains_those_with_more_values():
    date, narrow = MatchKey("a", ("dob", "place"), frozenset()), MatchKey("b", ("place", "dob", "given"), frozenset())
    assert date.contains(narrow)
    assert not narrow.contains(date)
    assert not date.contains(date)
    assert not MatchKey("c", ("dob",), frozenset(), each="oid").contains(narrow)
