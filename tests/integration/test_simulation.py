"""Checks simulations on a publication of a few people, by hand-counted figures."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ibr.errors import UsageProblem
from simulation import Simulation, read_file, simulate

PUBLICATION = Path(__file__).with_name("simulation_publication.sql").read_text(encoding="utf-8")


@pytest.fixture
def con():
    with duckdb.connect() as con:
        con.execute(PUBLICATION)
        yield con


def by_county(result: Simulation, *names: str) -> dict[str | None, tuple[Any, ...]]:
    return {row["county_code"]: tuple(row[name] for name in names) for row in result.rows}


CASES = ("cases_today", "simulated_leaving", "simulated_entering", "simulated_cases")


def test_without_a_difference_nothing_differs(con):
    result = simulate(con, {"OLD": {"min_age": 70}, "DRY": {"counties": ["North"]}})
    for row in result.rows:
        assert row["simulated_cases"] == row["cases_today"]
        assert row["simulated_eligible"] == row["eligible_today"]
        assert row["simulated_monthly_difference"] == 0


def test_a_lower_age_limit_lets_in_as_many_as_todays_rate_says(con):
    result = simulate(con, {"OLD": {"min_age": 65}})
    assert by_county(result, "eligible_today", "simulated_eligible", "simulated_take_up") == {
        "C1": (10, 20, 0.5), "C2": (20, 30, 0.15),
    }  # fmt: skip
    # North: half of ten, less the one who is in already. South: 0.15 of ten, rounded.
    assert by_county(result, *CASES) == {"C1": (6, 0, 4, 10), "C2": (3, 0, 2, 5)}
    assert by_county(result, "monthly_cost_today", "simulated_monthly_cost", "simulated_yearly_difference") == {
        "C1": (Decimal(12000), Decimal(20000), Decimal(96000)), "C2": (Decimal(6000), Decimal(10000), Decimal(48000)),
    }  # fmt: skip
    (total,) = result.totals()
    assert (total["simulated_cases"], total["simulated_monthly_difference"]) == (15, Decimal(12000))


def test_a_higher_age_limit_lets_out_whom_the_change_concerns(con):
    """Not who came in under an older rule, nor whose age is not known."""
    result = simulate(con, {"OLD": {"min_age": 75}})
    assert by_county(result, *CASES) == {"C1": (6, 0, 0, 6), "C2": (3, 2, 0, 1)}


def test_a_take_up_that_is_given_is_of_everybody_eligible(con):
    result = simulate(con, {"OLD": {"take_up": 1}})
    # South: twenty, of whom three are in; nobody who is in is sent away.
    assert by_county(result, *CASES) == {"C1": (6, 0, 5, 11), "C2": (3, 0, 17, 20)}
    result = simulate(con, {"OLD": {"take_up": 0.01}})
    assert by_county(result, *CASES) == {"C1": (6, 0, 0, 6), "C2": (3, 0, 0, 3)}


def test_a_county_that_comes_in_has_the_programs_rate_and_households_are_counted_by_their_size(con):
    result = simulate(con, {"DRY": {"counties": ["south"]}})
    # In the north one household and three persons of 21; so of 130 in the south 18.6 persons: six households.
    assert by_county(result, *CASES, "simulated_take_up_is_of") == {
        "C1": (1, 1, 0, 0, "county today"),
        "C2": (0, 0, 6, 6, "program today"),
        # Where nobody knows the area, nobody leaves.
        None: (1, 0, 0, 1, "program today"),
    }
    everywhere = simulate(con, {"DRY": {"counties": ["all"]}})
    assert by_county(everywhere, "simulated_eligible")["C1"] == (21,)
    assert by_county(everywhere, "simulated_cases")["C2"] == (6,)


def test_whom_the_register_cannot_tell_is_not_said_to_come_in(con):
    result = simulate(con, {"FRAIL": {"min_age": 70, "amount": "10.50"}})
    assert by_county(result, *CASES, "simulated_take_up", "eligible_today") == {
        "C1": (1, 1, None, 0, None, None), "C2": (1, 0, None, 1, None, None),
    }  # fmt: skip
    # No transfer value is in force: what it costs today is not known, and so no difference.
    assert by_county(result, "monthly_cost_today", "simulated_monthly_cost", "simulated_monthly_difference")["C2"] == (
        None, Decimal("10.50"), None,
    )  # fmt: skip
    assert result.totals()[0]["monthly_cost_today"] is None
    assert any("lower bound" in said for said in result.assumptions())


def test_of_a_register_that_cannot_be_counted_nobody_is_said_to_come_in(con):
    con.execute("DELETE FROM marts.rpt_register_residents")
    result = simulate(con, {"OLD": {"min_age": 75}})
    assert by_county(result, *CASES, "eligible_today", "basis") == {
        "C1": (6, 0, None, 6, None, "enrolments"), "C2": (3, 2, None, 1, None, "enrolments"),
    }  # fmt: skip
    with pytest.raises(UsageProblem, match="cannot be counted"):
        simulate(con, {"OLD": {"take_up": 0.5}})


def test_what_is_said_beside_the_figures(con):
    result = simulate(con, {"OLD": {"min_age": 65, "amount": 2500}})
    assert result.scenario == "OLD: min age 65, amount 2500"
    said = " ".join(result.assumptions())
    for words in ("Nothing of this has happened", "Eligible is not enrolled", "Out of date: mis"):
        assert words in said
    assert all(name.startswith("simulated_") or name.endswith("_today") for name in result.rows[0] if name not in (
        "program", "county_code", "county_name", "basis"
    ))  # fmt: skip


def test_all_faults_are_told_at_once(con):
    with pytest.raises(UsageProblem) as told:
        simulate(con, {
            "OLD": {"min_age": 200, "max_age": 60, "counties": ["C9"], "amount": -5, "take_up": 2, "colour": "red"},
            "DRY": {"min_age": 5},
            "FRAIL": {"take_up": 0.5},
            "NONE": {"amount": 5},
            "TEXT": "65",
        })  # fmt: skip
    message = str(told.value)
    for fault in (
        "OLD: min_age:", "OLD: counties: no county C9", "OLD: amount:", "OLD: take_up:", "OLD: colour:",
        "OLD: nobody is 70 or older and 60 or younger", "DRY: an age limit is for a benefit to a person",
        "FRAIL: take_up: no eligibility rule", "NONE: no such program; there are DRY, FRAIL, OLD", "TEXT: expected",
    ):  # fmt: skip
        assert fault in message
    assert message.startswith("11 mistakes")
    assert "\n" not in message
    with pytest.raises(UsageProblem, match="OLD: nothing is changed"):
        simulate(con, {"OLD": {}})


def test_a_publication_of_before_is_named(con):
    con.execute("DROP TABLE marts.rpt_register_residents")
    with pytest.raises(UsageProblem, match="ibr run --select marts publish"):
        simulate(con, {"OLD": {"amount": 5}})


def test_a_file_of_changes(tmp_path):
    file = tmp_path / "changes.yml"
    file.write_text("OLD: {min_age: 65, counties: [North]}\nDRY:\n  amount: 700\n")
    assert read_file(file) == {"OLD": {"min_age": 65, "counties": ["North"]}, "DRY": {"amount": 700}}
    for content in ("", "- 1", "a: [", "text"):
        file.write_text(content)
        with pytest.raises(UsageProblem, match=r"changes\.yml"):
            read_file(file)
    with pytest.raises(UsageProblem, match="cannot be read"):
        read_file(tmp_path / "none.yml")
