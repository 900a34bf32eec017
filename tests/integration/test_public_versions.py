"""What the public's file tells of the same numbers again, publication after publication."""

import duckdb
import pytest

from tests.portal import publish_a_country

ONE = "program = 'ALMS' AND cycle_id = 'ALMS:1'"
ROW = (
    "SELECT recipients, amount_paid::INTEGER, is_withheld FROM marts.rpt_receipt_by_area "
    "WHERE {} AND county_code = '{}'"
)
TOTAL = "SELECT recipients FROM totals.rpt_receipt_by_area WHERE {}"


def told(made, query: str) -> list[tuple]:
    with duckdb.connect(str(made.path("public")), read_only=True) as con:
        return con.execute(query).fetchall()


def rows(made, county: str) -> list[tuple]:
    return told(made, ROW.format(ONE, county))


@pytest.fixture
def home(tmp_path):
    publish_a_country(tmp_path / "workspace")
    return tmp_path / "workspace"


def update(column: str, by: int, county: str) -> str:
    return f"UPDATE marts.rpt_receipt_by_area SET {column} = {column} + {by} WHERE {ONE} AND county_code = '{county}'"


def test_a_change_of_a_few_people_is_not_told_of_rows_nor_of_totals(home):
    made = publish_a_country(home, update("recipients", 4, "C5"))
    assert rows(made, "C5") == [(151, 604_000, False)]
    assert told(made, TOTAL.format(ONE)) == [(1001,)]
    made = publish_a_country(home, update("recipients", 6, "C5"))  # ten by now
    assert rows(made, "C5")[0][0] == 161
    assert told(made, TOTAL.format(ONE)) == [(1011,)]


def test_an_amount_is_told_anew_when_it_is_that_of_ten_people(home):
    assert rows(publish_a_country(home, update("amount_paid", 36_000, "C5")), "C5") == [(151, 604_000, False)]
    assert rows(publish_a_country(home, update("amount_paid", 4_000, "C5")), "C5") == [(151, 644_000, False)]


def test_what_was_withheld_stays_so_while_its_number_has_not_changed(home):
    made = publish_a_country(home, update("recipients", 30, "C3"))  # was four, and hid behind the next
    assert rows(made, "C1") == [(None, None, True)]
    totals = told(made, TOTAL.format(ONE))
    assert totals in ([(1001,)], [(1031,)])
    hidden = rows(made, "C3")
    # Told, the total less all others would be that of the version before.
    assert hidden == [(None, None, True)] or totals == [(1001,)]


def test_a_county_that_is_gone_is_told_as_before_where_it_was_small(home):
    made = publish_a_country(home, f"DELETE FROM marts.rpt_receipt_by_area WHERE {ONE} AND county_code = 'C3'")
    assert rows(made, "C3") == [(None, None, True)]
    assert told(made, TOTAL.format(ONE)) == [(1001,)]


def test_each_table_is_told_again_with_the_same_gaps_where_nothing_has_changed(home):
    made = [publish_a_country(home), publish_a_country(home)]
    for table in ("marts.rpt_receipt_by_area", "marts.rpt_coverage", "totals.rpt_coverage", "marts.rpt_kpis"):
        first, second = (told(one, f"FROM {table} ORDER BY ALL") for one in made)
        assert first == second
        assert any(row[-1] for row in first) or table.startswith("totals")


def test_what_small_numbers_are_is_kept_beside_the_secretariats_file_alone(home):
    made = publish_a_country(home)
    (kept,) = made.folder.glob("*.numbers")
    assert kept.name == "public.numbers"
    assert kept.stat().st_mode & 0o777 == 0o440
