"""Which ties make two household records one household: each case in a small table."""

import duckdb
import pytest

from linkage.registry.households import group_households

# Households as lists of persons; after a person: h head, b beneficiary, c caregiver. Then the groups
# expected and
# the ties with verdict review.
CASES = {
    "two persons shared": ({"A": "1h 2 3", "B": "1 2 4h"}, ["AB"], []),
    "one fostered child": ({"A": "1h 2 3", "B": "4h 5 3"}, ["A", "B"], ["AB"]),
    "the single person of one": ({"A": "1hb", "B": "2h 1 3"}, ["AB"], []),
    "the same head": ({"A": "1h 2 3", "B": "1h 4 5"}, ["AB"], []),
    "beneficiary here, head there": ({"A": "1b 2h 3", "B": "1h 4 5"}, ["AB"], []),
    "beneficiary of both": ({"A": "1b 2h 3", "B": "1b 4h 5"}, ["AB"], []),
    "everybody a beneficiary": ({"A": "1hb 2b 3b", "B": "4hb 5b 3b"}, ["A", "B"], ["AB"]),
    "a shared caregiver only": ({"A": "1h 2 3c", "B": "4h 5 3c"}, ["A", "B"], ["AB"]),
    "two caregivers only": ({"A": "1h 2c 3c", "B": "4h 2c 3c"}, ["A", "B"], ["AB"]),
    "caregiver elsewhere, alone at home": ({"A": "1hb", "B": "2h 3 1c"}, ["A", "B"], ["AB"]),
    "caregiver who is head there": ({"A": "1hc 2 3", "B": "1h 4"}, ["AB"], []),
    "nobody shared": ({"A": "1h 2", "B": "3h 4"}, ["A", "B"], []),
    "three lists": ({"A": "1h 2 3", "B": "1h 2", "C": "2 3"}, ["ABC"], []),
    "a chain": ({"A": "1h 2 3 9", "B": "2 3 4h 5", "C": "4 5 6h"}, ["AB", "C"], ["BC"]),
    "a bridge of one person": ({"A": "1h 2 3", "B": "1hb", "C": "4h 5 1"}, ["AB", "C"], ["AC", "BC"]),
    "registered twice, one record twice": ({"A": "1h 1 2", "B": "2 3h"}, ["A", "B"], ["AB"]),
}


def _group(households: dict[str, str], **settings: int) -> tuple[list[str], list[str]]:
    con = duckdb.connect()
    con.execute("CREATE SCHEMA linkage_work")
    con.execute(
        "CREATE TABLE persons (record_id VARCHAR, household_id VARCHAR, is_head BOOLEAN, is_beneficiary BOOLEAN, "
        "is_caregiver BOOLEAN)"
    )
    con.execute("CREATE TABLE linkage_work.person_crosswalk (member_id VARCHAR, uid VARCHAR)")
    for household, persons in households.items():
        for line, person in enumerate(persons.split()):
            flags = ["h" in person, "b" in person, "c" in person]
            con.execute(
                "INSERT INTO persons VALUES (?, ?, ?, ?, ?)", [f"{household}/{line}", household, *flags]
            )
            uid = person.rstrip("hbc")
            con.execute(
                "INSERT INTO linkage_work.person_crosswalk VALUES (?, ?)", [f"{household}/{line}", uid]
            )
    group_households(con, "persons", **settings)
    groups = con.execute(
        "SELECT string_agg(member_id, '' ORDER BY member_id) g "
        "FROM linkage_work.new_households GROUP BY group_key ORDER BY g"
    ).fetchall()
    ties = con.execute(
        "SELECT household_id_l || household_id_r "
        "FROM linkage_work.household_tie_verdicts WHERE verdict = 'review' ORDER BY 1"
    ).fetchall()
    return [g for (g,) in groups], [t for (t,) in ties]


@pytest.mark.parametrize("case", CASES)
def test_ties(case: str) -> None:
    households, groups, review = CASES[case]
    assert _group(households) == (groups, review)


def test_group_size_is_bounded() -> None:
    groups, review = _group({"A": "1h 2 3", "B": "1h 2", "C": "1h 2", "D": "1h 2"}, max_households=3)
    assert groups == ["ABC", "D"]
    assert review == ["AD", "BD", "CD"]


def test_person_in_very_many_households_ties_none() -> None:
    groups, review = _group({"A": "1h", "B": "1h", "C": "1h"}, max_households_per_person=2)
    assert (groups, review) == (["A", "B", "C"], [])
