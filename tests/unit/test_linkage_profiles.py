"""Clusters compared as wholes: a sparse record finds its person, a relative does not become the person."""

import duckdb
import pytest

from linkage import Specification, deduplicate, engine

ROLES = {
    "given_name": "g", "family_name": "f", "birth_date": "d", "sex": "s", "places": ["town", "street"],
    "attributes": ["trade"],
}  # fmt: skip
SPECIFICATION = Specification.from_mapping({"record_id": "id", "columns": ROLES})
# 150 people on twelve lists that are badly kept: names short or misspelt, half of all else missing, old addresses.
LISTS = """
create table people as
with numbers as (select i, hash(i) as h from range(150) t(i)),
persons as (
    select i, 'g' || chr((97 + h % 26)::int) || 'r' || chr((97 + (h >> 8) % 26)::int) || 'ne' as g,
        chr((97 + (h >> 3) % 26)::int) || 'ick' || chr((97 + (h >> 12) % 26)::int) as nickname,
        'o' || chr((97 + (h >> 16) % 26)::int) || 'far' || chr((97 + (h >> 20) % 26)::int) || 'el' as f,
        date '1840-01-01' + ((h >> 24) % 20000)::int as d, if(h % 2 = 0, 'M', 'F') as s, (h >> 30) % 60 as town,
        (h >> 33) % 60 || ' ' || chr((97 + (h >> 37) % 26)::int) || ' road' as street,
        (h >> 35) % 60 || ' ' || chr((97 + (h >> 39) % 26)::int) || ' lane' as later, 'trade' || (h >> 36) % 40 as trade
    from numbers
),
listed as (select *, unnest(range(12)) as list from persons),
chances as (
    select *, list_transform(range(8), lambda field: hash(i * 1000 + list * 10 + field) % 100) as c from listed
)
select printf('p%03d-%02d', i, list) as id,
    case when c[1] < 40 then nickname when c[1] < 50 then g[:3] || g[5:] when c[1] < 60 then null else g end as g,
    case when c[2] < 15 then f[:4] || 'x' || f[6:] when c[2] < 25 then null else f end as f,
    case when c[3] < 50 then null when c[3] < 65 then d + 1 else d end::varchar as d, if(c[4] < 60, s, null) as s,
    if(c[5] < 50, 'town' || town, null) as town,
    case when c[6] < 50 then null when c[6] < 75 then street else later end as street,
    if(c[7] < 50, trade, null) as trade
from chances
"""


@pytest.fixture
def con():
    con = duckdb.connect()
    con.execute(LISTS)
    return con


def clusters(con, **options):
    deduplicate(con, SPECIFICATION, "people", "o", **options)
    return dict(con.execute("select record_id, entity_id from o.clusters").fetchall())


def scores(con):
    """Pair precision and recall of o.clusters."""
    both, found, true = con.execute(
        "with c as (select split_part(record_id, '-', 1) as person, entity_id from o.clusters), "
        "cells as (select person, entity_id, count(*) as n from c group by all) select "
        "(select sum(n * (n - 1)) from cells), "
        "(select sum(n * (n - 1)) from (select count(*) as n from c group by entity_id)), "
        "(select sum(n * (n - 1)) from (select count(*) as n from c group by person))"
    ).fetchone()
    return both / found, both / true


def test_sparse_records_are_found_by_all_that_is_known_of_their_person(con):
    clusters(con, compare_clusters=False)
    precision_apart, recall_apart = scores(con)
    clusters(con)
    precision, recall = scores(con)
    assert recall > recall_apart + 0.02
    assert precision > precision_apart - 0.01


def test_a_decision_keeps_clusters_apart(con):
    pairs, wholes = clusters(con, compare_clusters=False), clusters(con)
    joined = next(id for id in wholes if pairs[id] != wholes[id])
    con.execute(
        "create or replace table decided as select ? as record_id_l, ? as record_id_r, 'different' as decision",
        [wholes[joined], joined],
    )
    bound = clusters(con, decisions="decided")
    assert bound[joined] != bound[wholes[joined]]


def test_copies_of_a_record_are_not_witnesses(con, monkeypatch):
    """A record loaded thirty times is one record: it joins a lone one no more easily than if it stood once."""
    monkeypatch.setattr(engine, "LONE_MARGIN", 13.0)  # no two lone records merge
    con.execute("delete from people where id not like '%-00' and id not like '%-02'")
    assert len(set(clusters(con).values())) == 300
    con.execute(
        "insert into people select * exclude (i) replace (id || '-copy' || i as id) from people, range(30) t(i) "
        "where id like '%-00'"
    )
    entities = clusters(con)
    assert len({entity for id, entity in entities.items() if "copy" not in id}) == 300


def test_the_same_records_give_the_same_clusters(con):
    expected = clusters(con)
    con.execute("create or replace table people as from people order by hash(id)")
    con.execute("set threads = 4")
    assert clusters(con) == expected


def test_a_brother_at_the_same_address_stays_himself(con):
    """Family name, town and street are his too; given name and birth date are not."""
    con.execute(
        "create or replace table people as from people union all "
        "select replace(id, '-', '-brother'), 'Zebedee' || id[3], f, '1835-0' || (1 + id[3]::int % 9) || '-17', s, "
        "town, street, null from people where id like '%0-__' and g is not null and f is not null and d is not null"
    )
    entities = clusters(con)
    brothers = [id for id in entities if "brother" in id]
    assert len(brothers) > 30
    assert all(entities[id] != entities[id.replace("brother", "")] for id in brothers)
