"""What other members of two households say about a pair of records."""

import duckdb
import numpy as np
import pytest

from linkage import Specification, deduplicate, explain
from linkage.co_members import LABELS, CoMembers, find_co_members, find_ties, label, learn_co_members
from linkage.prior import Prior
from linkage.scoring import Model
from linkage.standardise import Standardised, find_households
from linkage.weights import Learned

NAMED = "r, hh, source, is_accompanied"
PRIOR = Prior(1e-3, 1e-2)
DATA = Standardised(100, 0, 100, [], [], {"oid": 0}, once={"nid": -12.0})
SURE, DOUBTFUL, HOPELESS = 30.0, 8.0, -30.0
# Households by source; the records 0 to 2 are a family that another source lists as 3 to 5.
RECORDS = [
    (0, 100, "one"), (1, 100, "one"), (2, 100, "one"), (3, 200, "two"), (4, 200, "two"), (5, 200, "two"),
    (6, 300, "one"), (7, 300, "one"), (8, 400, "two"), (9, None, "two"),
]  # fmt: skip
OTHER = len(LABELS)  # what is added for different sources

LEVELS = """
| sure pairs | pair | level | why                                                     |
| 0-3 1-4    | 2-5  | 6     | two other members in common                             |
| 0-3        | 2-5  | 5     | one                                                     |
| 0-3        | 0-3  | 4     | a pair does not bear itself out                         |
| 0-3 1-4    | 0-3  | 5     | one beside itself                                       |
| 0-3        | 0-4  | 7     | 0 is 3                                                  |
| 0-3        | 1-3  | 7     | 3 is 0                                                  |
|            | 2-5  | 4     | none                                                    |
| 0-6        | 1-7  | 1     | listed by one source: no family of its own is asked     |
| 0-3 1-3    | 0-3  | 4     | one person listed twice is no other member, seen so     |
| 0-3 0-4    | 0-3  | 4     | and so                                                  |
| 0-3 0-1    | 1-3  | 4     | 1 is 0 once more, not somebody else                     |
| 0-3        | 0-1  |       | one source lists both in one household                  |
| 0-3        | 0-8  |       | 8 is listed alone                                       |
| 0-3        | 0-9  |       | 9 names no household                                    |
| 0-8        | 1-8  |       | who is listed alone ties no household                   |
"""


def rows(table):
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()[1:]]


def weighed(pairs):
    """The tables that `find_co_members` reads, with the weight of each pair for one person."""
    con = duckdb.connect()
    con.execute(
        "create temp table lk_rec (r integer, hh ubigint, source varchar, is_accompanied boolean, "
        "nid varchar default '17', tf_nid double default -12)"
    )
    listed = [hh for _, hh, _ in RECORDS if hh]
    people = [[*record, listed.count(record[1]) > 1] for record in RECORDS]
    con.executemany(f"insert into lk_rec ({NAMED}) values (?, ?, ?, ?)", people)
    con.execute("create temp table lk_weighed (l integer, r integer, keys bigint, w_m double, w_h double)")
    for pair, weight in pairs.items():
        con.execute("insert into lk_weighed values (?, ?, 1, ?, 0)", [*pair, weight])
    return con


def levels_of(con):
    rows_found = con.execute("select l, r, co_members from lk_weighed").fetchall()
    return {(left, right): level for left, right, level in rows_found}


@pytest.mark.parametrize("row", rows(LEVELS), ids=lambda row: row[3])
def test_levels(row):
    sure, asked, expected, _ = row
    pairs = {tuple(map(int, asked.split("-"))): DOUBTFUL}
    pairs |= {tuple(map(int, pair.split("-"))): SURE for pair in sure.split()}
    con = weighed(pairs)
    find_ties(con, DATA, PRIOR, 5)
    find_co_members(con, PRIOR)
    assert levels_of(con)[tuple(map(int, asked.split("-")))] == (int(expected) if expected else None)


def test_the_other_members_of_two_tied_households_are_compared():
    """0 is 3: 1 and 2 may be 4 or 5, but not 3, and nobody of a household that is tied to none is asked."""
    con = weighed({(0, 3): SURE, (1, 4): DOUBTFUL, (6, 7): SURE, (0, 8): SURE})
    find_ties(con, DATA, PRIOR, 5)
    assert con.execute("select l, r, keys from lk_candidates order by all").fetchall() == [
        (1, 5, 32), (2, 4, 32), (2, 5, 32),
    ]  # fmt: skip


def test_a_household_tied_to_very_many_is_a_filler():
    """A person whom 25 lists have: each is a family, but nobody is looked for in 25 families at once."""
    con = weighed({})
    con.execute(f"insert into lk_rec ({NAMED}) select 10 + i, 1000 + i // 2, 's' || i // 2, true from range(50) t(i)")
    con.execute(f"insert into lk_weighed select 10 + 2 * i, 10 + 2 * j, 1, {SURE}, 0 "
                "from range(25) t(i), range(25) u(j) where i < j")  # fmt: skip
    find_ties(con, DATA, PRIOR, 5)
    assert con.execute("select count(*) from lk_tie").fetchone() == (300,)
    assert con.execute("from lk_candidates").fetchall() == []


@pytest.mark.parametrize(("size", "is_household"), [(1, False), (2, True), (30, True), (31, False)])
def test_what_counts_as_a_household_with_others(size, is_household):
    con = duckdb.connect()
    con.execute(f"create table people as select i as id, 'one' as source, '0' as hh from range({size}) t(i)")
    columns = {"household_id": "hh", "national_id": "id"}
    specification = Specification.from_mapping({"record_id": "id", "source": "source", "columns": columns})
    find_households(con, specification, "people")
    assert len(con.execute("from lk_household").fetchall()) == int(is_household)


@pytest.mark.parametrize(("number", "share", "ties"), [("17", -12, 1), ("17", -2, 0), ("18", -12, 0), (None, -12, 0)])
def test_a_tie_needs_a_number_or_a_date_that_few_have(number, share, ties):
    con = weighed({(0, 3): SURE})
    con.execute("update lk_rec set tf_nid = ?", [share])
    con.execute("update lk_rec set nid = ? where r = 3", [number])
    find_ties(con, DATA, PRIOR, 5)
    assert con.execute("select count(*) from lk_tie").fetchone() == (ties,)


def test_pairs_that_can_say_nothing_are_left_alone():
    con = weighed({(0, 3): SURE, (2, 5): HOPELESS})
    find_ties(con, DATA, PRIOR, 5)
    find_co_members(con, PRIOR)
    assert levels_of(con)[2, 5] is None


def test_shares_are_learned_by_the_probabilities_of_the_fields():
    """Ten pairs of one person with members in common move the shares of that class, and hardly those of strangers."""
    con = weighed({})
    con.execute(f"insert into lk_weighed select i, i + 1, 1, {SURE}, 0 from range(10) t(i)")
    con.execute("create or replace temp table lk_weighed as select *, 6::tinyint as co_members from lk_weighed")
    learned, at_first = learn_co_members(con, PRIOR), learn_co_members(weighed_without_levels(), PRIOR)
    assert learned.m[6] == pytest.approx((20 * 0.35 + 10) / 30, abs=1e-3)
    assert learned.u[6] == pytest.approx(at_first.u[6], abs=1e-4)
    assert at_first.m[:4] == pytest.approx([0.45, 0.15, 0.35, 0.05])
    for shares in (learned.m, learned.h, learned.u):
        assert shares.reshape(2, -1).sum(axis=1) == pytest.approx([1, 1])


def weighed_without_levels():
    con = weighed({(0, 3): SURE})
    con.execute("alter table lk_weighed add column co_members tinyint")
    return con


def test_a_model_keeps_them():
    learned = learn_co_members(weighed_without_levels(), PRIOR)
    again = CoMembers.from_mapping(learned.as_mapping())
    assert all((np.asarray(a) == np.asarray(b)).all() for a, b in zip(learned.bits, again.bits, strict=True))
    assert label(6) == "two or more other members in common (listed by different sources)"


def test_having_nobody_in_common_adds_no_more_than_it_says():
    """What an incremental run relies on when it looks no further than so many bits below the review threshold."""
    shares = learn_co_members(weighed_without_levels(), PRIOR)
    shares.m[OTHER], shares.h[OTHER] = 0.99, 1e-4
    assert shares.most_without > 10
    model = Model(Learned([], [], [], [], np.empty((0, 3))), PRIOR, shares)
    before = Model(model.learned, PRIOR)
    con = duckdb.connect()
    for w_m, w_h in ((10, 0), (10, 40), (-5, 20)):
        row = f"(select {w_m}::double as w_m, {w_h}::double as w_h, {OTHER} as co_members)"
        without, with_it = (con.execute(f"select {m.odds} from {row}").fetchone()[0] for m in (before, model))
        assert with_it - without <= shares.most_without + 1e-9


def test_nobody_else_in_common_in_one_source_says_nothing():
    """A caregiver who collects for two households stands in each of them alone."""
    person, household = learn_co_members(weighed_without_levels(), PRIOR).bits
    assert (person[0], household[0]) == (0, 0)
    assert person[OTHER] < 0


# In 40 of the 80 families that both sources list, the third member is misspelt and born 40 days later in the second.
FAMILIES = """
    create table people as
    with names as (
        select ['Amina', 'Joseph', 'Grace', 'Otieno', 'Halima'] as given,
            ['Kamau', 'Hassan', 'Achieng', 'Mwangi', 'Abdi', 'Njoroge', 'Wanja', 'Kiptoo', 'Barasa', 'Lokiru'] as family
    ),
    listed as (
        select *, source = 'two' and i = 2 and f < 40 as is_slipped, names.given[1 + (i + f) % 5] as name
        from names, range(300) t(f), range(3) u(i), (values ('one'), ('two')) s(source)
        where source = 'one' or f < 80
    )
    select source || ':' || f || '.' || i as id, source, source || f as hh, listed.family[1 + f % 10] as family,
        if(is_slipped, name[:3], name) as given, 'V' || f % 7 as village,
        strftime(date '1950-01-01' + (f * 131 + i * 1777 + if(is_slipped, 40, 0))::int, '%Y-%m-%d') as born
    from listed
"""
ROLES = {"given_name": "given", "family_name": "family", "birth_date": "born", "places": ["village"]}


def linked(**roles):
    con = duckdb.connect()
    con.execute(FAMILIES)
    # One child of a tied household whom no match key can bring together with herself.
    con.execute("update people set family = null, given = 'Mercy', born = '2010-10-30' where id = 'one:3.2'")
    con.execute(
        "update people set family = null, given = 'Percy', born = '2011-10-30', village = 'V9' where id = 'two:3.2'"
    )
    specification = Specification.from_mapping({"record_id": "id", "source": "source", "columns": ROLES | roles})
    names = {"keep_in": "kept", "join_probability": 0.99}
    result = deduplicate(con, specification, "people", "o", compare_clusters=False, **names)
    found = con.execute(
        "select count(*) from o.pairs "
        "where record_id_l like 'one:%.2' and record_id_r = 'two:' || substr(record_id_l, 5)"
    ).fetchone()[0]
    return con, specification, result, found


def test_a_misspelt_child_is_found_through_the_family():
    *_, result, found = linked(household_id="hh")
    *_, without = linked()
    assert (found, result.counts["match"] + result.counts["review"]) == (80, 240)  # and nobody else
    assert without < 45


def test_an_explanation_tells_of_them_and_adds_up_to_the_score():
    con, specification, result, *_ = linked(household_id="hh")
    told = 0
    for one, other, weight in con.execute(
        "select record_id_l, record_id_r, match_weight from o.pairs where record_id_l like '%.2' order by all limit 20"
    ).fetchall():
        explanation = explain(con, specification, "people", one, other, result.model, "kept")
        assert explanation.match_weight == pytest.approx(weight, abs=0.002)
        told += sum("two or more other members" in line for line in explanation.lines)
    assert told > 10


def test_an_explanation_says_that_nothing_but_they_brought_a_pair_together():
    con, specification, result, _ = linked(household_id="hh")
    explanation = explain(con, specification, "people", "one:3.2", "two:3.2", result.model, "kept")
    assert explanation.keys == ["household co-members"]
    found = con.execute("select match_key from o.pairs where record_id_l = 'one:3.2'").fetchall()
    assert found == [("household co-members",)]
