"""k-anonymity and l-diversity of any rows, against counting by hand."""

from collections import Counter, defaultdict

import duckdb
from hypothesis import example, given, settings
from hypothesis import strategies as st

from exchange.sharing.catalogue import shareable
from exchange.sharing.request import Item
from exchange.sharing.risk import measure
from tests.marts import DECLARED

K, L = 3, 2
PEOPLE = st.sampled_from(["P1", "P2", "P3", "P4", "P5"])
# A person is once in the one mart; has any number of rows in the other, some of them alike.
persons = st.dictionaries(PEOPLE, st.tuples(st.sampled_from("FM"), st.sampled_from(["verified", "mismatch", None])))
rows_of_enrolments = st.tuples(PEOPLE, st.sampled_from(["OLD", "DRY", None]), st.sampled_from(["01", "02"]))
enrolments = st.lists(rows_of_enrolments, max_size=8)
# Two people with the same programs and the same counties, which do not stand together alike.
CROSSED = [("P1", "OLD", "01"), ("P1", "DRY", "02"), ("P2", "OLD", "02"), ("P2", "DRY", "01")]


def stage(con, table: str, columns: str, rows: list[tuple]) -> None:
    con.execute(f"CREATE TEMP TABLE {table} (row_number BIGINT, subject VARCHAR, {columns})")
    if rows:
        con.executemany(f"INSERT INTO {table} VALUES (?, {', '.join('?' * len(rows[0]))})",
                        [(number, *row) for number, row in enumerate(rows, start=1)])


def item(mart: str, *fields: str) -> Item:
    return Item.model_construct(mart=mart, fields=list(fields), by=[], sums=[], where={}, in_clear=[])


@settings(deadline=None, max_examples=25, derandomize=True)
@given(persons, enrolments)
@example({}, CROSSED)
def test_the_risk_is_what_counting_by_hand_gives(people, enrolled):
    with duckdb.connect() as con:
        stage(con, "asked_0", "person_uid VARCHAR, sex VARCHAR, verification_status VARCHAR",
              [(uid, uid, *seen) for uid, seen in people.items()])
        stage(con, "asked_1", "person_uid VARCHAR, program VARCHAR, county_code VARCHAR",
              [(uid, uid, *seen) for uid, *seen in enrolled])
        risk = measure(con, shareable(DECLARED), {
            "asked_0": item("dim_person", "person_uid", "sex", "verification_status"),
            "asked_1": item("fct_enrolments", "person_uid", "program", "county_code"),
        }, smallest_class=K, distinct_values=L)

    looks = defaultdict(set)
    for uid, (sex, _) in people.items():
        looks[uid].add(("person", sex))
    for uid, *seen in enrolled:
        looks[uid].add(("enrolment", *seen))
    classes = Counter(frozenset(seen) for seen in looks.values())
    if not looks:
        assert risk.classes == []
        return
    assert risk.classes == [{
        "kind": "person", "people": len(looks), "classes": len(classes), "smallest_class": min(classes.values()),
        "unique_people": sum(size for size in classes.values() if size == 1),
        "people_under": sum(size for size in classes.values() if size < K),
    }]
    values = defaultdict(list)
    for uid, (_, status) in people.items():
        values[frozenset(looks[uid])].append(status)
    told = [(len(set(among)), len(among)) for among in values.values()]
    assert risk.diversity == ([{
        "field": "dim_person.verification_status", "fewest_values": min(count for count, _ in told),
        "people_told": sum(people for count, people in told if count < L),
    }] if told else [])
