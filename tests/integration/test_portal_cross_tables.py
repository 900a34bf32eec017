"""Programs side by side: the tabulator's cells by the months that are paid for, and what can be worked out of them."""

import json
from pathlib import Path

import duckdb
import numpy as np
import pytest
from scipy.optimize import linprog

from exchange import portal
from exchange.portal.labels import Names, Speaker
from exchange.portal.words import languages
from ibr.config import load
from tests.portal import publish_a_country

# A program that pays each month, beside two that pay every second.
MONTHLY = """
INSERT INTO marts.dim_program VALUES ('MILK', 'Milk', 'person');
INSERT INTO marts.dim_payment_cycle
    SELECT 'MILK:' || m, 'MILK', make_date(2025, m::INTEGER, 1), last_day(make_date(2025, m::INTEGER, 1)), 1, 1
    FROM range(1, 4) t(m);
INSERT INTO marts.rpt_receipt_by_area
    SELECT program, cycle_id, period_start, period_end, county_code, county_name, 20 + i AS recipients, 1e3 * recipients
    FROM marts.dim_payment_cycle, (SELECT *, row_number() OVER (ORDER BY county_code) AS i FROM marts.dim_area)
    WHERE program = 'MILK';
"""
A_FEW_MORE = "UPDATE marts.rpt_receipt_by_area SET recipients = recipients + 4 WHERE county_code = 'C5'"
TRUE = """
SELECT program, period_start || ' ' || period_end, county_code, recipients FROM marts.rpt_receipt_by_area
"""
SMALLEST = 10
Told = dict[tuple[str, ...], float | None]  # recipients by program, cycle and county; None: withheld


def told(home: Path) -> Told:
    """What the tabulator can show of recipients, with the labels of its choices."""
    page = (home / "public/en/tables/index.html").read_text("utf-8")
    labels = json.loads(page.split('type="application/json">')[1].split("</script>")[0])["subjects"]["receipt"]
    data = (home / "public/data/receipt.js").read_text("utf-8")
    codes = [[*variable["codes"], "Total"] for variable in labels["variables"]]
    for of in codes:
        assert len(set(of)) == len(of), "two choices look alike"
    return {
        tuple(of[place] for of, place in zip(codes, key, strict=True)): values[0]
        for key, values, *_ in json.loads(data[data.index("{"):data.rindex(")")])["cells"]
    }


@pytest.fixture(scope="module")
def versions(tmp_path_factory) -> list[tuple[Told, Told]]:
    """Two versions: what is true and what is told of each."""
    home = tmp_path_factory.mktemp("portal") / "workspace"
    publish_a_country(home)
    speaker = Speaker(languages()["en"], Names({}, {}, {}), "XTS")
    made = []
    for change in (MONTHLY, A_FEW_MORE):
        publish_a_country(home, change)
        portal.publish(home, load(home / "registry.yml"))
        with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
            names = dict(con.execute("SELECT county_code, name FROM marts.dim_area").fetchall())
            true = {(program, speaker.period(cycle), names[county]): float(recipients)
                    for program, cycle, county, recipients in con.execute(TRUE).fetchall()}  # fmt: skip
        made.append((true, told(home)))
    return made


def test_programs_that_paid_for_the_same_months_stand_side_by_side(versions):
    _, cells = versions[0]
    by_cycle = {cycle: {key[0] for key in cells if key[1] == cycle} for _, cycle, _ in cells}
    assert by_cycle["Jan–Feb 2025"] == {"ALMS", "BREAD"}
    assert by_cycle["Jan 2025"] == {"MILK"}, "another length is another period"
    assert len(by_cycle) == 6 + 3
    assert cells["ALMS", "May–Jun 2025", "Barasa"] == cells["BREAD", "May–Jun 2025", "Barasa"] == 65
    assert cells["BREAD", "May–Jun 2025", "Chebet"] is None


def worked_out(versions: list[tuple[Told, Told]]) -> list[tuple[float, float]]:
    """The least and the most that each small number can be, by all cells and totals that were told in any version.

    Unknowns are the true numbers, the same where they have not changed.
    """
    names: dict[tuple, int] = {}
    of = [{key: names.setdefault((key, value), len(names)) for key, value in true.items()} for true, _ in versions]
    equations, values = [], []
    for (_, cells), unknown in zip(versions, of, strict=True):
        for key, value in cells.items():
            if value is not None:
                equations.append(np.zeros(len(names)))
                for row, place in unknown.items():
                    equations[-1][place] += all(one in (part, "Total") for one, part in zip(key, row, strict=True))
                values.append(value)
    found = []
    for place in (place for (_, value), place in names.items() if 0 < value < SMALLEST):
        aim = np.arange(len(names)) == place
        least, most = (linprog(sign * aim, A_eq=np.array(equations), b_eq=values) for sign in (1.0, -1.0))
        assert least.status == most.status == 0
        found.append((least.fun, -most.fun))
    return found


def test_whoever_crosses_everything_in_every_version_gets_no_small_number_back(versions):
    found = worked_out(versions)
    assert len(found) == 2 * 6
    assert all(least <= 1e-6 and most >= SMALLEST for least, most in found)
    # The attack is one: it succeeds where the number that hides a small one is told.
    true, cells = versions[0]
    hiding = {key: value for key, value in true.items() if key[2] == "Akiru"}
    assert (4.0, 4.0) in [(round(low, 6), round(high, 6)) for low, high in worked_out([(true, cells | hiding)])]


def test_a_change_of_a_few_is_not_told_by_a_crossed_table_either(versions):
    (true, before), (now, after) = versions
    assert now["ALMS", "May–Jun 2025", "Ekai"] == true["ALMS", "May–Jun 2025", "Ekai"] + 4
    assert before == after


@pytest.mark.parametrize(
    ("cycle", "said"),
    [
        ("2025-01-01 2025-02-28", "Jan–Feb 2025"),
        ("2024-12-01 2025-01-31", "Dec 2024–Jan 2025"),
        ("2025-02-01 2025-02-28", "Feb 2025"),
        ("2025-01-16 2025-02-28", "16 January 2025 – 28 February 2025"),
        ("2025-01-01 2025-02-27", "01 January 2025 – 27 February 2025"),
        ("X:gone", "X:gone"),
    ],
)
def test_a_period_is_said_in_months_where_it_is_of_whole_ones_and_else_in_days(cycle, said):
    assert Speaker(languages()["en"], Names({}, {}, {}), "XTS").period(cycle) == said
