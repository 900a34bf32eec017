"""Cells are read alike, whichever spreadsheet program wrote them, and a changed one is told."""

import datetime as dt

import duckdb
import pytest

from exchange.cells import define


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as con:
        define(con)
        yield con


def ask(con, expression: str, cell):
    return con.execute(f"SELECT {expression}($1)", [cell]).fetchone()[0]


@pytest.mark.parametrize(
    "cell",
    ["2026-07-31", " 2026-07-31 00:00:00", "31/07/2026", "07/31/2026", "31.7.26", "31-07-2026", "31 July 2026",
     "31-Jul-26", "Jul 31, 2026", "2026/7/31", "46234", "46234.75"],
)
def test_a_day_in_any_common_form(con, cell):
    assert ask(con, "cell_dates", cell) == [dt.date(2026, 7, 31)]


def test_a_day_that_may_be_two_is_two_and_what_is_none_is_none(con):
    assert ask(con, "cell_dates", "03/04/2026") == [dt.date(2026, 3, 4), dt.date(2026, 4, 3)]
    assert ask(con, "cell_dates", "04/04/2026") == [dt.date(2026, 4, 4)]
    for cell in ("soon", "2026-02-30", "1/2", "2026", "0.5", "", None):
        assert ask(con, "cell_dates", cell) == []


@pytest.mark.parametrize(
    ("kind", "value", "cells"),
    [
        ("money", 4000, ["4000", "4000.00", "4,000.00", "4 000,00", "4.000,00", "4\u00a0000"]),
        ("share", 0.7654, ["0.7654", "76.54%", "76,54 %", "0,7654"]),
        ("number", 12, ["12", "12.0", " 12 "]),
        ("date", dt.date(2026, 7, 4), ["2026-07-04", "4/7/2026", "7/4/2026", "46207"]),
        ("text", "0042", ["0042", "42", " 0042 "]),
        ("text", "=x", ["'=x", "=x"]),
        ("text", "a b", ["a\n b", "a\u00a0b "]),
    ],
)
def test_a_value_that_only_looks_otherwise_is_the_same(con, kind, value, cells):
    kept = ask(con, f"{kind}_form", value)
    for cell in cells:
        assert kept in ask(con, f"{kind}_readings", cell), cell


@pytest.mark.parametrize(
    ("kind", "value", "cells"),
    [
        ("money", 4000, ["400", "40,000.00", "abc", "", None]),
        ("share", 0.7654, ["0.7655", "77%", None]),
        ("date", dt.date(2026, 7, 4), ["2026-07-05", "unknown", None]),
        ("text", "0042", ["43", "O042", None]),
        ("text", None, ["x"]),
        ("money", None, ["x", "0"]),
        ("date", None, ["x"]),
    ],
)
def test_a_changed_value_is_none_of_its_readings(con, kind, value, cells):
    kept = ask(con, f"{kind}_form", value)
    for cell in cells:
        assert kept not in ask(con, f"{kind}_readings", cell), cell
