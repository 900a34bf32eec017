"""What columns cannot be used for is said, and kept from making people of one name one person."""

import duckdb
import pytest

from linkage import Specification, deduplicate
from linkage.incremental import deduplicate_changes
from linkage.standardise import standardise

SPECIFICATION = Specification.from_mapping(
    {"record_id": "id", "source": "list", "columns": {"given_name": "g", "birth_date": "d"}}
)


def dates(count: int, years: int = 60) -> list[str]:
    return [f"{1950 + i % years}-{1 + i % 12:02}-{1 + i % 28:02}" for i in range(count)]


def listed(*sources: list[str | None]) -> duckdb.DuckDBPyConnection:
    """A table `people` with a source for each list of birth dates; everybody has one of 97 names."""
    con = duckdb.connect()
    con.execute("create table people (id varchar, list varchar, g varchar, d varchar)")
    for number, dates in enumerate(sources):
        con.execute(
            "insert into people select ? || '-' || i, ?, chr((97 + i % 97 % 25)::int) || 'am' || i % 97, dates[i + 1] "
            "from (select ?::varchar[] as dates, unnest(range(len(?::varchar[]))) as i)",
            [number, number, dates, dates],
        )
    return con


def known(con: duckdb.DuckDBPyConnection) -> int:
    return con.execute("select count(y) from lk_plain").fetchone()[0]


@pytest.mark.parametrize(
    ("written", "set_aside", "words"),
    [
        (["2190-01-01"] * 3, 3, "3 birth dates lie after the year 2100"),
        (["rain season", "17"], 2, "2 birth dates cannot be read as dates"),
        (["n/a", " ", "-"], 3, None),
        (["1984-02-30"], 0, "1 birth dates are no day of any calendar"),
        (["1900-01-01"] * 60, 60, "60 birth dates are a date that far too many records share"),
        (["1900-01-01"] * 60 + ["1950-07-01"], 60, "60 birth dates are a date that far too many records share"),
        (["1900-01-01", "1901-01-01"] * 60, 120, "120 birth dates are a date that far too many records share"),
        (["1900-01-01"] * 19, 0, None),  # too few to tell
    ],
)
@pytest.mark.parametrize("others", [dates(900), [date for date in dates(900) if date[5:] not in ("01-01", "07-01")]])
def test_birth_dates_that_say_nothing(written, set_aside, words, others):
    others = others[:800]
    con = listed(others + written)
    found = standardise(con, SPECIFICATION, "people")
    assert known(con) == 800 + len(written) - set_aside
    said = [note for note in found.notes if "birth dates" in note]
    assert len(said) == (words is not None)
    assert not words or said[0].startswith(words)


def test_children_of_one_month_keep_their_birth_dates():
    con = listed([f"2024-05-{1 + i % 31:02}" for i in range(3000)])
    standardise(con, SPECIFICATION, "people")
    assert known(con) == 3000


def test_a_year_that_many_know_is_kept():
    """Where half know their year alone, each first of January is common, and says the year."""
    con = listed([*dates(1000), *(f"{1940 + i % 50}-01-01" for i in range(1000))])
    standardise(con, SPECIFICATION, "people")
    assert known(con) == 2000
    rare = [f"{1940 + i}-01-01" for i in range(50)]
    con = listed(dates(1000) + rare + [f"{1990 + i % 3}-01-01" for i in range(100)])  # a thirtieth each
    standardise(con, SPECIFICATION, "people")
    assert known(con) == 1150


def test_a_filler_of_one_source_is_a_date_in_another():
    filler = "1975-03-09"
    con = listed([*dates(2000), filler], [*dates(200), *[filler] * 100])
    standardise(con, SPECIFICATION, "people")
    kept = "select list_sort(list(distinct source)) from lk_plain where dob = '19750309'"
    assert con.execute(kept).fetchone()[0] == ["0"]


def test_the_nightly_run_sets_the_same_dates_aside():
    con = listed(dates(900) + ["1900-01-01"] * 60)
    deduplicate(con, SPECIFICATION, "people", "o", compare_clusters=False, keep_in="kept")
    con.execute("insert into people values ('new', '0', 'bam1', '1900-01-01')")
    con.execute("create schema night")
    night = deduplicate_changes(con, SPECIFICATION, "people", "night", state="kept", earlier="o")
    assert night is not None
    assert con.execute("select count(y), count(*) from night.state_records").fetchone() == (0, 1)


def test_a_register_has_fillers_and_formats_of_its_own():
    con = listed(dates(2000) + ["1975-03-09"] * 100)
    con.execute(
        "create table register as select 'r' || row_number() over () as id, g, '1980-05-06' as d from people, range(50)"
    )
    specification = Specification.from_mapping({"record_id": "id", "columns": {"given_name": "g", "birth_date": "d"}})
    standardise(con, specification, "people", "register")
    kept = "select side, count(*) from lk_plain where dob = '19750309' group by 1"
    assert not con.execute(kept).fetchall()


def test_a_stated_year_is_no_filler():
    con = listed(dates(800) + ["1950-01-01"] * 200)
    con.execute("alter table people add column p varchar")
    con.execute("update people set p = 'year' where d = '1950-01-01'")
    roles = {"given_name": "g", "birth_date": "d", "birth_date_precision": "p"}
    standardise(con, Specification.from_mapping({"record_id": "id", "columns": roles}), "people")
    assert known(con) == 1000


@pytest.mark.parametrize(("told", "tells"), [(0.4, False), (0.6, True)])
def test_any_of_date_identifier_and_telephone_tells(told, tells):
    con = duckdb.connect()
    con.execute(
        "create table people as select i as id, 'name' || i % 50 as g, "
        "case when i % 2 = 0 and i < 1000 * $1 then '1980-02-' || (1 + i % 28) end as d, "
        "case when i % 2 = 1 and i < 1000 * $1 then 7000000 + i * 37 end as n from range(1000) t(i)",
        [told],
    )
    roles = {"given_name": "g", "birth_date": "d", "national_id": "n"}
    found = standardise(con, Specification.from_mapping({"record_id": "id", "columns": roles}), "people")
    assert found.tells_apart == tells


def test_another_source_calls_for_learning_anew():
    """Of one source it was learned nothing of how records of different sources agree."""
    con = listed(dates(900))
    con.execute("alter table people add column hh varchar")
    con.execute("update people set hh = substr(id, 1, 4)")
    roles = {"given_name": "g", "birth_date": "d", "household_id": "hh"}
    specification = Specification.from_mapping({"record_id": "id", "source": "list", "columns": roles})
    deduplicate(con, specification, "people", "o", compare_clusters=False, keep_in="kept")
    con.execute("insert into people values ('new', null, 'bam1', '1960-02-03', 'x')")
    con.execute("create schema night")
    assert deduplicate_changes(con, specification, "people", "night", state="kept", earlier="o") is None


def test_names_alone_make_no_match_but_by_a_threshold_of_ones_own():
    con = duckdb.connect()
    con.execute(
        "create table people as select side || '-' || i as id, 'given' || i % 89 as g, 'family' || i % 97 as f, "
        "'village' || i % 83 as place from range(600) t(i), (values ('a'), ('b')) s(side) where side = 'a' or i % 3 = 0"
    )
    roles = {"given_name": "g", "family_name": "f", "places": ["place"]}
    found = deduplicate(con, Specification.from_mapping({"record_id": "id", "columns": roles}), "people", "o")
    assert found.counts["match"] == 0 < found.counts["review"]
    assert found.notes[0].startswith("Few records have a birth date")
    cautious = Specification.from_mapping({"record_id": "id", "columns": roles})
    deduplicate(con, cautious, "people", "o", join_probability=None, compare_clusters=False, keep_in="kept")
    assert con.execute("select count(distinct entity_id) from o.clusters").fetchone() == (800,)  # each for itself
    con.execute("update people set place = 'elsewhere' where id = 'a-7'")
    con.execute("create schema night")
    night = deduplicate_changes(con, cautious, "people", "night", state="kept", earlier="o", join_probability=None)
    assert night is not None
    assert night.notes[0] == found.notes[0]
    assert night.counts["match"] == 0
    own = {"record_id": "id", "columns": roles, "thresholds": {"match": 0.9}}
    assert deduplicate(con, Specification.from_mapping(own), "people", "o").counts["match"] > 0


def test_a_column_without_a_usable_value_is_named():
    con = listed(dates(100))
    con.execute("alter table people add column hh varchar")
    con.execute("alter table people add column s varchar default 'neither'")
    con.execute("alter table people add column ward varchar default '-'")
    roles = {"given_name": "g", "birth_date": "d", "household_id": "hh", "sex": "s", "places": ["hh", "ward"]}
    notes = standardise(con, Specification.from_mapping({"record_id": "id", "columns": roles}), "people").notes
    unusable = [f"{column} of people holds no usable value and is left out" for column in ("s", "ward")]
    assert notes == ["hh of people is empty and left out", *unusable]
