"""What agreement level each pair of values has: the tables are the specification."""

import duckdb
import pytest

from linkage.comparison import Patterns, compare
from linkage.specification import Specification
from linkage.standardise import standardise
from linkage.term_frequency import add_frequencies

NAMES = """
| left_given | left_family | right_given | right_family | given | family | order |
| Mary       | Wanjiku     | mary        | WANJIKU      | 0     | 0      | 0     |
| Mary       | Wanjiku     | Marry       | Wanjiku      | 1     | 0      | 0     |
| Mary       | Wanjiku     | M           | Wanjiku      | 2     | 0      | 0     |
| Mary       | Wanjiku     | John        | Wanjiku      | 4     | 0      | 0     |
| Mary       | Wanjiku     | Wanjiku     | Mary         | 0     | 0      | 1     |
| José       | Ng'ang'a    | Jose        | Nganga       | 0     | 0      | 0     |
| Dr Amina   | van der Ali | Amina       | Ali          | 0     | 0      | 0     |
| محمد       | حسن         | محمد        | حسن          | 0     | 0      | 0     |
| አበበ        | በቀለ         | አበበ         | ተስፋዬ         | 0     | 4      | 0     |
"""

DATES = """
| left       | right               | level |
| 1990-05-12 | 12/05/1990          | 0     |
| 1990-05-12 | 1990-05-12T00:00:00 | 0     |
| 19900512   | 12.05.1990          | 0     |
| 1990-05-12 | 12 May 1990         | 0     |
| 1990-05-12 | May 12, 1990        | 0     |
| 1990-05-12 | 1990-12-05          | 1     |
| 1990-05-12 | 1990-05-13          | 1     |
| 1990-05-12 | 1990                | 2     |
| 1990-05-12 | 1990-01-01          | 2     |
| 1990-05-12 | 1990-05             | 2     |
| 1989-05-12 | 1990-05-12          | 3     |
| 1990-05-12 | 1980-05-12          | 1     |
| 1990-05-12 | 1974-05-12          | 3     |
| 1990-05-12 | 1991-06-12          | 4     |
| 1990-05-12 | 1990-11-27          | 5     |
| 1990-05-12 | 1991                | 6     |
| 1990-05-12 | 1985                | 7     |
| 2190-05-12 | 2190-05-12          | -1    |
| 1856-86-18 | 1856-86-18          | 0     |
| 1990-05-12 | unknown             | -1    |
"""

IDENTIFIERS = """
| left       | right      | level |
| 12345678   | 12 345-678 | 0     |
| 012345678  | 12345678   | 0     |
| 12345678   | 12345679   | 1     |
| 12345678   | 12354678   | 1     |
| 12345678   | 12345699   | 2     |
| 12345678   | 87654321   | 3     |
| 00000000   | 00000000   | -1    |
| n/a        | n/a        | -1    |
"""

HOUSEHOLDS = """
| left_source | left | right_source | right | level |
| hsnp        | 17   | hsnp         | 17    | 0     |
| hsnp        | 17   | hsnp         | 18    | 1     |
| hsnp        | 17   | nsnp         | 17    | 2     |
| hsnp        | 17   | nsnp         | 18    | 2     |
| hsnp        | 17   | nsnp         |       | -1    |
"""


def rows(table: str) -> list[list[str]]:
    """The cells of an ASCII table, without its heading."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()[1:]]


def levels(
    columns: dict[str, object], left: dict[str, str], right: dict[str, str], source: str | None = None
) -> dict[str, int]:
    """Levels per field of one pair, beside a stranger who fills every column."""
    con = duckdb.connect()
    names = list(left)
    con.execute(f"create table people (id varchar, {', '.join(f'{name} varchar' for name in names)})")
    con.executemany(
        f"insert into people values (?, {', '.join('?' * len(names))})",
        [["a", *left.values()], ["b", *right.values()], ["c", *("1970-02-28" for _ in names)]],
    )
    specification = Specification.from_mapping({"record_id": "id", "source": source, "columns": columns})
    data = standardise(con, specification, "people")
    add_frequencies(con, data)
    patterns = Patterns.of(data.fields)
    con.execute("create table chosen as select 0::int as l, 1::int as r, 0::bigint as keys")
    compare(con, data, patterns, "chosen", "compared")
    packed = con.execute("select pattern from compared").fetchnumpy()["pattern"]
    found = patterns.unpack(packed)[0]
    return {field.name: int(level) for field, level in zip(data.fields, found, strict=True)}


@pytest.mark.parametrize("row", rows(NAMES), ids=lambda row: " ".join(row[:4]))
def test_names(row: list[str]) -> None:
    left_given, left_family, right_given, right_family, *expected = row
    found = levels(
        {"given_name": "g", "family_name": "f"},
        {"g": left_given, "f": left_family},
        {"g": right_given, "f": right_family},
    )
    assert [found["given_name"], found["family_name"], found["name_order"]] == [int(level) for level in expected]


@pytest.mark.parametrize("row", rows(DATES), ids=lambda row: " ".join(row[:2]))
def test_birth_dates(row: list[str]) -> None:
    left, right, expected = row
    assert levels({"birth_date": "d"}, {"d": left}, {"d": right})["birth_date"] == int(expected)


@pytest.mark.parametrize("row", rows(IDENTIFIERS), ids=lambda row: " ".join(row[:2]))
def test_identifiers(row: list[str]) -> None:
    left, right, expected = row
    found = levels({"national_id": "n", "birth_date": "d"}, {"n": left, "d": "1990"}, {"n": right, "d": "1990"})
    assert found["national_id"] == int(expected)


@pytest.mark.parametrize("row", rows(HOUSEHOLDS), ids=lambda row: " ".join(row[:4]))
def test_households(row: list[str]) -> None:
    left_source, left, right_source, right, expected = row
    columns = {"household_id": "h", "birth_date": "d"}
    of_left, of_right = ({"s": s, "h": h, "d": "1990"} for s, h in ((left_source, left), (right_source, right)))
    found = levels(columns, of_left, of_right, source="s")
    assert found["household_id"] == int(expected)


def test_day_and_month_order_follow_the_source() -> None:
    """A date with a 13th month tells which side the month is on, for all dates of its source."""
    con = duckdb.connect()
    con.execute("create table people (id varchar, source varchar, d varchar)")
    con.executemany(
        "insert into people values (?, ?, ?)",
        [["1", "us", "05/04/1990"], ["2", "us", "05/28/1990"], ["3", "uk", "05/04/1990"], ["4", "uk", "28/05/1990"]],
    )
    specification = Specification.from_mapping({"record_id": "id", "source": "source", "columns": {"birth_date": "d"}})
    standardise(con, specification, "people")
    assert con.execute("select record_id, y, m, d from lk_plain order by 1").fetchall() == [
        ("1", 1990, 5, 4), ("2", 1990, 5, 28), ("3", 1990, 4, 5), ("4", 1990, 5, 28),
    ]  # fmt: skip


def test_a_stated_format_is_used() -> None:
    con = duckdb.connect()
    con.execute("create table people as select 'a' as id, '03.04.1990' as d")
    columns = {"birth_date": {"column": "d", "format": "%m.%d.%Y"}}
    standardise(con, Specification.from_mapping({"record_id": "id", "columns": columns}), "people")
    assert con.execute("select y, m, d from lk_plain").fetchone() == (1990, 3, 4)


def test_whole_names_and_parts_meet() -> None:
    """Rows with one whole name and rows with parts have the same given, family and other names."""
    con = duckdb.connect()
    con.execute(
        "create table people as select * from (values ('a', 'Grace', 'Wambui', 'Njoroge', null), "
        "('b', null, null, null, 'Mrs. Grace Wambui Njoroge'), ('c', 'Grace', null, 'Njoroge', 'Grace Wambui Njoroge')"
        ") t(id, g, m, f, w)"
    )
    columns = {"given_name": "g", "middle_name": "m", "family_name": "f", "full_name": "w"}
    standardise(con, Specification.from_mapping({"record_id": "id", "columns": columns}), "people")
    found = con.execute("select distinct given, extra, family from lk_plain").fetchall()
    assert found == [("grace", ["wambui"], "njoroge")]
