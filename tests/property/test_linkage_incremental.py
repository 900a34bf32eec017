"""An incremental run ends where a run over all records on the same basis ends, whatever happened in between."""

import duckdb
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linkage import Specification, blocking, co_members, deduplicate, incremental, standardise
from linkage.incremental import deduplicate_changes
from linkage.state import apply_changes
from tests import linkage_reference
from tests.linkage_reference import deduplicate_again

SPECIFICATION = Specification.from_mapping({
    "record_id": "id", "source": "source",
    "columns": {"given_name": "g", "middle_name": "n", "family_name": "f", "birth_date": "d", "sex": "s",
                "national_id": "nid", "other_ids": ["card", "cert"],
                "phone": "p", "household_id": "h", "places": ["village", "county"]},
})  # fmt: skip
COLUMNS = "id, source, g, n, f, d, s, nid, card, cert, p, h, village, county"
GIVEN = ["Amina", "Amena", "Joseph", "Josef", "Wanjiru", "Grace", "Peter", "Petro", "Otieno", "Mary"]
FAMILY = ["Kamau", "Njoroge", "Njorogi", "Hassan", "Hasan", "Achieng", "Mwangi", "Abdi"]


def somebody(rng):
    """What is true of one of 150 people: few names and days, so that blocks fill and namesakes abound."""

    def one(values):
        return values[rng.integers(len(values))]

    return {
        "g": one(GIVEN), "n": one(GIVEN), "f": one(FAMILY), "s": one("MF"),
        "nid": str(10_000_000 + rng.integers(10**6)),
        "year": 1950 + rng.integers(6), "month": 1 + rng.integers(6), "day": 1 + rng.integers(9),
        "card": f"C{rng.integers(10**4)}", "cert": f"C{rng.integers(10**4)}", "p": str(700_000_000 + rng.integers(50)),
        "h": f"h{rng.integers(30)}",
        "village": one(["Kisumu Ndogo", "Majengo", "Soweto"]), "county": one(["Kisumu", "Kwale"]),
    }  # fmt: skip


PEOPLE = [somebody(np.random.default_rng(i)) for i in range(150)]


def person(rng, number):
    """A record of one of the people, with slips and gaps."""
    true, other = PEOPLE[rng.integers(len(PEOPLE))], somebody(rng)
    said = {role: other[role] if rng.random() < 0.1 else value for role, value in true.items()}
    source = ["one", "two", "three"][rng.integers(3)]
    year, month, day = said["year"], said["month"], said["day"] + 12
    # One source writes the day first and one the month: how, is learned from all of its dates.
    forms = {"one": f"{year}-{month:02}-{day}", "two": f"{day}/{month}/{year}", "three": f"{month}/{day}/{year}"}
    said["d"] = forms[source]
    gaps = {"n": 0.7, "nid": 0.5, "card": 0.8, "cert": 0.8, "p": 0.5, "h": 0.3}
    filled = {role: None if rng.random() < gaps.get(role, 0.05) else value for role, value in said.items()}
    return (f"{source}:{number:05}", source, *(filled[column] for column in COLUMNS.split(", ")[2:]))


def crowd(rng, number):
    """Copies of one record, whose number comes and goes around the limit."""
    return (f"one:x{number:05}", "one", "Amina", None, "Hassan", "1951-01-02", "F", "10000001", None, None, None, None,
            "Majengo", "Kwale")  # fmt: skip


def insert(con, rows):
    con.executemany(f"insert into people values ({', '.join('?' * 14)})", rows)


def start(rng):
    con = duckdb.connect()
    con.execute("set threads = 2; create schema w")
    con.execute(f"create table people ({', '.join(c + ' varchar' for c in COLUMNS.split(', '))})")
    con.execute("create table decisions (record_id_l varchar, record_id_r varchar, decision varchar)")
    insert(con, [person(rng, i) for i in range(220)] + [crowd(rng, i) for i in range(rng.integers(2, 5))])
    deduplicate(con, SPECIFICATION, "people", "o", compare_clusters=False, keep_in="kept", decisions="decisions")
    return con


def change(con, rng, night, number, what):
    first = 100_000 * (night + 1) + 1000 * number
    ids = [row[0] for row in con.execute("select id from people order by id").fetchall()]
    chosen = [ids[i] for i in rng.choice(len(ids), size=min(4, len(ids) - 1), replace=False)]
    if what == "insert":
        insert(con, [person(rng, first + i) for i in range(5)])
    elif what == "copies":
        insert(con, [crowd(rng, first + i) for i in range(rng.integers(1, 4))])
    elif what == "fewer copies":
        con.execute("delete from people where id in (select id from people where id like 'one:x%' order by id limit 2)")
    elif what == "delete":
        con.execute("delete from people where id in (select unnest(?))", [chosen])
    elif what == "edit":
        for one in chosen:
            column = ["g", "f", "d", "nid", "p", "h", "village"][rng.integers(7)]
            other = f"(select {column} from people where id = '{ids[rng.integers(len(ids))]}')"
            con.execute(f"update people set {column} = {other} where id = ?", [one])
    elif what == "decide":
        decision = ["same", "different"][rng.integers(2)]
        con.execute("insert into decisions values (?, ?, ?)", [*sorted(chosen[:2]), decision])
        con.execute("delete from decisions where record_id_l > (select max(id) from people)")
    elif what == "undo a decision":
        con.execute("delete from decisions where rowid in (select min(rowid) from decisions)")


def differences(con, query):
    """Rows of a query that the incremental run and the full run do not share; {0} and {1} stand for their schemas."""
    one, other = query.format("w", "kept"), query.format("again", "whole")
    return con.execute(f"(({one}) except all ({other})) union all (({other}) except all ({one}))").fetchall()


RESULTS = [f"from {{0}}.{table}" for table in ("pairs", "clusters", "clerical_candidates", "clerical_frame")]
# Numbers differ between the two states, what they stand for does not.
STATES = [
    "select * exclude (r, stands_for), (select o.record_id from {1}.records o where o.r = s.stands_for) as first "
    "from {1}.records s",
    "select least(a.record_id, b.record_id), greatest(a.record_id, b.record_id), keys, w_m, w_h, co_members "
    "from {1}.pairs p join {1}.records a on a.r = p.l join {1}.records b on b.r = p.r",
    "select record_id, min(record_id) over (partition by area), min(record_id) over (partition by entity) "
    "from {1}.areas join {1}.records using (r)",
    "select if(a.record_id < b.record_id, [(a.record_id, hh_l), (b.record_id, hh_r)], "
    "[(b.record_id, hh_r), (a.record_id, hh_l)]) from {1}.ties t "
    "join {1}.records a on a.r = t.l join {1}.records b on b.r = t.r",
    "from {1}.decisions",
]


STEPS = ["insert", "edit", "delete", "copies", "fewer copies", "decide", "undo a decision"]


@pytest.fixture
def small_limits():
    """Blocks and crowds so small that they are crossed all the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocking, "BLOCK_LIMIT", 6)
        patch.setattr(standardise, "MOST_COPIES", 3)
        patch.setattr(standardise, "LARGEST_HOUSEHOLD", 6)
        patch.setattr(co_members, "MOST_TIED", 2)
        patch.setattr(incremental, "MOST_COPIES", 3)
        patch.setattr(linkage_reference, "MOST_COPIES", 3)
        yield


NIGHTS = st.lists(st.lists(st.sampled_from(STEPS), min_size=1, max_size=4), min_size=1, max_size=4)


@given(st.integers(0, 10**6), NIGHTS)
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_incremental_ends_where_a_full_run_ends(small_limits, seed, nights):
    rng = np.random.default_rng(seed)
    con = start(rng)
    for step, night in enumerate(nights):
        for number, what in enumerate(night):
            change(con, rng, step, number, what)
        names = {"state": "kept", "decisions": "decisions"}
        earlier = "o" if step == 0 else "last"
        result = deduplicate_changes(con, SPECIFICATION, "people", "w", earlier=earlier, most_changed=100.0, **names)
        assert result is not None
        deduplicate_again(con, SPECIFICATION, "people", "again", keep_in="whole", **names)
        apply_changes(con, "kept", "w")
        for query in RESULTS + STATES:
            assert differences(con, query) == []
        con.execute("drop schema if exists last cascade; create schema last")
        con.execute("create table last.pairs as from w.pairs; create table last.clusters as from w.clusters")
