"""One form of a name, in Python and in SQL."""

import duckdb
import pytest

from ibr.people import is_same_person, person, person_sql, with_persons

ALIKE = [
    ("Dr A. Mwangi", "dr a mwangi"), ("A.Otieno", "A. Otieno"), ("Jane Müller", "JANE MÜLLER"), ("P. Kamau", "P Kamau"),
    ("Mary-Anne  Wanjiru", "MaryAnne Wanjiru"), ("N'Dour", "N\u2019Dour"), ("Strauß", "STRAUSS"),
    ("ΟΔΥΣΣΕΑΣ", "οδυσσεας"), ("Mu\u0308ller", "M\u00fcller"), ("İbrahim", "ibrahim"), ("Иван Ким", "иван ким"),
    ("አበበ በቀለ", "አበበ፡በቀለ"), ("محمد علي", "محمد  علي"), ("officer 7", "Officer-7"),
]  # fmt: skip
APART = [
    ("A. Otieno", "B. Otieno"), ("officer 7", "officer 8"), ("राम", "रोम"), ("አበበ", "አበባ"), ("王伟", "王芳"),
    ("محمد", "أحمد"), ("Müller", "Muller"),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_who_writes_the_own_name_in_two_ways_is_one_person(one, other):
    assert person(one) != ""
    assert is_same_person(one, other)


@pytest.mark.parametrize(("one", "other"), APART)
def test_other_letters_are_another_person_also_in_scripts_without_case(one, other):
    assert not is_same_person(one, other)


def test_sql_and_python_have_one_form():
    names = [name for pair in ALIKE + APART for name in pair] + ["", " . ", "D'Arcy-O’Neil, 3rd", "Łukasz Żółć", "ŽÁK"]
    with duckdb.connect() as con:
        told = con.execute(f"SELECT name, {person_sql('name')} FROM (SELECT unnest(?) AS name)", [names]).fetchall()
        assert dict(told) == {name: person(name) for name in names}
        assert con.execute(with_persons("SELECT {{ person($by) }} IS NULL"), {"by": None}).fetchone() == (True,)
