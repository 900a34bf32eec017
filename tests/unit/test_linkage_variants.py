"""Given names that clusters show to be one person's: learned where persons have them, never where families are."""

import duckdb
import pytest

from linkage import Specification, deduplicate
from linkage.explain import explain

ROLES = {"given_name": "g", "family_name": "f", "birth_date": "d", "phone": "p", "places": ["town"]}
SPECIFICATION = Specification.from_mapping({"record_id": "id", "columns": ROLES})
# 600 people with three records each: the third of every twentieth has a nickname that no spelling shows. The phone ties
# the records together, so that clusters can be learned from.
PEOPLE = """
create table people as
with numbers as (select i, hash(i) as h from range(600) t(i)),
plain as (
    select i, if(i % 20 = 0, 'edward', 'name' || chr((97 + h % 26)::int) || chr((97 + (h >> 8) % 26)::int)) as g,
        'kin' || chr((97 + (h >> 16) % 26)::int) || chr((97 + (h >> 20) % 26)::int) || 'o' as f,
        (date '1940-01-01' + ((h >> 24) % 25000)::int)::varchar as d, (700000000 + i)::varchar as p,
        'town ' || chr((97 + (h >> 30) % 20)::int) as town
    from numbers
)
select printf('p%04d/%d', i, n) as id, if(i % 20 = 0 and n = 3, 'ned', g) as g, f, d, p, town
from plain, range(1, 4) as r(n)
"""


def variants_of(result):
    return result.model["given_name_variants"]


@pytest.fixture
def con():
    con = duckdb.connect()
    con.execute(PEOPLE)
    return con


def test_a_nickname_that_stands_with_a_name_again_and_again_is_learned(con):
    assert variants_of(deduplicate(con, SPECIFICATION, "people", "o")) == [["edward", "ned"]]


def test_two_clusters_are_too_thin_to_learn_from(con):
    con.execute("update people set g = 'edward' where g = 'ned' and id not in ('p0000/3', 'p0020/3')")
    assert variants_of(deduplicate(con, SPECIFICATION, "people", "o")) == []


def test_nothing_is_learned_where_families_are(con):
    """A sister in every household: two names of one cluster may then be two children."""
    con.execute(
        "insert into people select replace(id, 'p', 's'), 'sister' || id[2:3], f, "
        "(d::date + 900)::varchar, p, town from people where g <> 'ned'"
    )
    assert variants_of(deduplicate(con, SPECIFICATION, "people", "o")) == []


def test_a_saved_model_and_explain_know_what_was_learned(con):
    learned = deduplicate(con, SPECIFICATION, "people", "o")
    pairs = con.execute("from o.pairs order by all").fetchall()
    saved = SPECIFICATION.model_copy(update={"model": learned.model})
    scored = deduplicate(con, saved, "people", "again")
    assert variants_of(scored) == variants_of(learned)
    assert con.execute("from again.pairs order by all").fetchall() == pairs
    evidence = explain(con, SPECIFICATION, "people", "p0000/1", "p0000/3", learned.model)
    assert next(f.level for f in evidence.fields if f.name == "given_name") == "very alike"
    weight = con.execute(
        "select match_weight from o.pairs where record_id_l = 'p0000/1' and record_id_r = 'p0000/3'"
    ).fetchone()[0]
    assert evidence.match_weight == pytest.approx(weight, abs=0.01)
