"""Dates and versions in the names of files that arrive."""

import datetime as dt

import pytest

from ibr.naming import NameRule

JUNE_30 = dt.date(2024, 6, 30)


@pytest.mark.parametrize(
    ("pattern", "name", "found"),
    [
        ("members_{date:%Y%m%d}.csv", "members_20240630.csv", (JUNE_30, 1)),
        ("members_{date:%Y%m%d}.csv", "Members_20240630.CSV", (JUNE_30, 1)),
        ("members_{date:%Y%m%d}.csv", "members_20240631.csv", None),
        ("members_{date:%Y%m%d}.csv", "members_20240630.csv.bak", None),
        ("{date:%d.%m.%Y} list.*", "30.06.2024 list.xlsx", (JUNE_30, 1)),
        ("{date:%d.%m.%Y} list.*", "30-06-2024 list.xlsx", None),
        ("list {date:%d %B %Y}.csv", "list 30 June 2024.csv", (JUNE_30, 1)),
        ("list_{date:%Y-%m}.csv", "list_2024-06.csv", (dt.date(2024, 6, 1), 1)),
        ("m_{date:%Y%m%d}{version}.csv", "m_20240630_v2.csv", (JUNE_30, 2)),
        ("m_{date:%Y%m%d}{version}.csv", "m_20240630 (3).csv", (JUNE_30, 3)),
        ("m_{date:%Y%m%d}{version}.csv", "m_20240630.csv", (JUNE_30, 1)),
        ("part?_{date:%y%j}.csv", "part2_24182.csv", (JUNE_30, 1)),
    ],
)
def test_names_of_files_are_read_by_their_rule(pattern, name, found):
    assert NameRule(pattern).read(name) == found


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("members.csv", "needs one {date"),
        ("{date:%Y}{date:%m}.csv", "needs one {date"),
        ("{date:%d%m}.csv", "has no year"),
        ("{date:%Y%U}.csv", "%U is not known"),
    ],
)
def test_rules_that_cannot_be_read(pattern, said):
    with pytest.raises(ValueError, match=said):
        NameRule(pattern).check()


def test_people_are_told_the_name_that_is_expected():
    assert NameRule("m_{date:%Y%m%d}{version}*.csv").for_date(JUNE_30) == "m_20240630*.csv"
