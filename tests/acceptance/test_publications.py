"""What the sample country publishes for each audience: what is there, what is not, and what nobody can work out."""

import json
from pathlib import Path

import duckdb
import numpy as np
import pytest
from scipy.sparse import vstack

from warehouse.audiences.policy import load_policy
from warehouse.disclosure.attack import Attack
from warehouse.disclosure.lines import all_lines
from warehouse.disclosure.suppression import known

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]
# Values of the secretariat's file that tell who somebody is.
IDENTITIES = """
    SELECT value FROM (
        UNPIVOT (SELECT full_name, national_id, phone, person_uid, register_id FROM secretariat.marts.dim_person)
        ON COLUMNS(*)
    )
    UNION SELECT account_no FROM secretariat.marts.fct_enrolments
    UNION SELECT enrolment_id FROM secretariat.marts.fct_enrolments
    UNION SELECT household_id FROM secretariat.marts.fct_enrolments
    UNION SELECT household_uid FROM secretariat.marts.dim_household
    UNION SELECT record_id FROM secretariat.marts.rpt_verification
    UNION SELECT payment_id FROM secretariat.marts.fct_payments
"""


@pytest.fixture(scope="module")
def current(demo) -> Path:
    return (demo.home / "published" / "current").resolve()


def attach(current: Path, *audiences: str) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    for audience in audiences:
        con.execute(f"ATTACH '{current / audience}.duckdb' AS {audience} (READ_ONLY)")
    return con


def columns(con: duckdb.DuckDBPyConnection, audience: str, kind: str = "VARCHAR") -> list[tuple[str, str]]:
    return con.execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = ? AND schema_name = 'marts' "
        "AND data_type = ?", [audience, kind],
    ).fetchall()  # fmt: skip


def test_there_is_a_file_for_each_audience_and_each_county(current):
    with attach(current, "secretariat") as con:
        counties = con.execute("SELECT DISTINCT county_code FROM secretariat.marts.dim_area").fetchall()
    files = {path.stem for path in current.glob("*.duckdb")}
    assert files == {"secretariat", "me", "public"} | {f"county_{code}" for (code,) in counties}
    assert len(files) == 50


def test_no_identity_is_in_any_text_of_me_of_a_county_or_of_the_public(current):
    with attach(current, "secretariat") as con:
        (largest,) = con.execute(
            "SELECT county_code FROM secretariat.marts.dim_person GROUP BY ALL ORDER BY count(*) DESC LIMIT 1"
        ).fetchone()
    county = f"county_{largest}"
    with attach(current, "secretariat", "me", "public", county) as con:
        con.execute(f"CREATE TEMP TABLE identities AS SELECT DISTINCT value::VARCHAR AS identity FROM ({IDENTITIES})")
        assert con.execute("SELECT count(*) FROM identities").fetchone()[0] > 150_000
        for audience in ("me", "public", county):
            found = [
                f"{audience}.{table}.{column}" for table, column in columns(con, audience)
                if con.execute(
                    f'SELECT count(*) FROM {audience}.marts.{table} SEMI JOIN identities ON "{column}" = identity'
                ).fetchone() != (0,)
            ]  # fmt: skip
            assert not found
            exact = [column for _, column in columns(con, audience, "DATE") if "birth" in column]
            assert not exact


def test_every_county_has_all_of_its_own_rows_and_none_of_another(current):
    with attach(current, "secretariat") as con:
        by_county = "SELECT county_code, count(*) FROM secretariat.marts.dim_person GROUP BY ALL"
        expected = dict(con.execute(by_county).fetchall())
    files = sorted(current.glob("county_*.duckdb"))
    for file in files:
        code = file.stem.removeprefix("county_")
        with attach(current, file.stem) as con:
            for table, column in columns(con, file.stem):
                if column.startswith("county_code"):
                    others = f'SELECT count(*) FROM {file.stem}.marts.{table} WHERE "{column}" IS DISTINCT FROM ?'
                    assert con.execute(others, [code]).fetchone() == (0,), f"{file.stem}.{table}.{column}"
            persons = con.execute(f"SELECT count(*) FROM {file.stem}.marts.dim_person").fetchone()
            assert persons == (expected.get(code, 0),)


def test_me_counts_as_the_secretariat_does(current):
    ask = (
        "SELECT program, count(DISTINCT person_uid), sum(amount_paid) FROM {}.marts.rpt_who_gets_what "
        "GROUP BY program ORDER BY program"
    )
    with attach(current, "secretariat", "me") as con:
        assert con.execute(ask.format("me")).fetchall() == con.execute(ask.format("secretariat")).fetchall()


TABULATED = ["rpt_receipt_by_area", "rpt_coverage", "rpt_expansion_plan", "rpt_grievance_resolution"]


@pytest.mark.parametrize("table", TABULATED)
def test_small_numbers_of_the_public_tables_withstand_who_knows_all_totals(demo, current, table):
    """The true numbers from the secretariat's file, what is withheld from the public's: nothing small comes back."""
    numbers = load_policy(demo.home)["public"].tables[table]
    true = ", ".join(f"sum({name}) AS true_{name}" for name in numbers.counts)
    same = " AND ".join(f"own.{name} IS NOT DISTINCT FROM public.{name}" for name in numbers.keep)
    codes = ", ".join(
        f"dense_rank() OVER (ORDER BY {', '.join(names or ['true'])}) AS code_{place}"
        for place, names in enumerate([numbers.within, *numbers.across])
    )
    with attach(current, "secretariat", "public") as con:
        told = con.execute(
            f"SELECT *, {codes} FROM (SELECT public.*, own.* EXCLUDE ({', '.join(numbers.keep)}) "
            f"FROM public.marts.{table} AS public JOIN (SELECT {', '.join(numbers.keep)}, {true} "
            f"FROM secretariat.marts.{table} GROUP BY ALL) AS own ON {same})"
        ).fetchnumpy()
        assert con.execute(f"SELECT count(*) FROM public.marts.{table}").fetchone() == (len(told["is_withheld"]),)
    withheld = np.asarray(told["is_withheld"], dtype=bool)
    within = np.asarray(told["code_0"])
    across = np.column_stack([told[f"code_{place}"] for place in range(1, len(numbers.across) + 1)])
    assert 0 < withheld.sum() < len(withheld)
    for name in numbers.counts:
        counts = np.ma.filled(told[f"true_{name}"].astype(float), 0.0)
        small = (counts > 0) & (counts < 10)
        assert withheld[small].all()
        assert np.ma.getmaskarray(np.ma.asarray(told[name]))[withheld].all()
        totals = [way.equations(known(way, within, across, counts, 10)) for way in all_lines(within, across)]
        attack = Attack(vstack(totals, format="csr"), counts, withheld, within)
        for target in (10, 0):
            _, exposed = attack.press(np.flatnonzero(small), target)
            assert not len(exposed)


def test_going_back_comparing_and_rotating(demo, tmp_path):
    country = demo.copy(tmp_path / "country")
    (first,) = json.loads(country.ibr("publications", "--json").stdout)
    country.ibr("publish")
    listed = json.loads(country.ibr("publications", "--json").stdout)
    assert [row["is_current"] for row in listed] == [True, False]
    compared = json.loads(country.ibr("publications", first["version"], "--json").stdout)
    assert compared["figures"] == []
    assert all(row["before"] == row["after"] for row in compared["tables"])
    country.ibr("publish", "--version", first["version"])
    assert country.ibr("sql", "SELECT version FROM about", "--csv").stdout.split() == ["version", first["version"]]
    (rotated,) = json.loads(country.ibr("keys", "rotate", "--audience", "me", "--json").stdout)
    assert rotated == {"audience": "me", "version": 2}
    assert "no key" in country.ibr("keys", "rotate", "--audience", "public", expect=2).stderr
