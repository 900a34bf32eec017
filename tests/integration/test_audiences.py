"""What each audience's file holds, of a warehouse of two counties written by hand; and what it does not."""

import itertools
import json
import stat
import threading
import time
from pathlib import Path

import duckdb
import pytest

from ibr.errors import ConfigurationProblem, ContractBroken
from tests.integration.audiences import COLUMNS, DECLARED, KINDS, NAMES, NIGHT, published, two_counties
from warehouse import snapshot
from warehouse.audiences.policy import load_policy
from warehouse.audiences.pseudonyms import key_of, rotate
from warehouse.audiences.sensitivity import kept
from warehouse.connection import connect
from warehouse.publication import publications, publish
from warehouse.query import open_publication, query_publication
from warehouse.schemas import prepare


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IBR_KEYS", str(tmp_path / "keys"))
    return two_counties(tmp_path)


def ask(home: Path, audience: str, sql: str) -> list[tuple]:
    return query_publication(home, audience, sql).rows


def columns(home: Path, audience: str, table: str) -> list[str]:
    return [name for (name, *_) in ask(home, audience, f"DESCRIBE marts.{table}")]


def test_each_audience_has_a_file_and_the_manifest_names_them(home):
    made = published(home)
    files = ["county_A", "county_B", "me", "public", "secretariat"]
    assert sorted(made.files) == files
    assert sorted(path.stem for path in made.folder.glob("*.duckdb")) == files
    assert sorted(json.loads((made.folder / "publication.json").read_text())["files"]) == files
    assert {stat.S_IMODE(path.stat().st_mode) for path in made.folder.iterdir()} == {0o440}
    with connect(home / "warehouse.duckdb") as con:
        recorded = con.sql("SELECT audience FROM ops.publications WHERE is_current ORDER BY ALL").fetchall()
    assert [audience for (audience,) in recorded] == files


def test_the_secretariat_has_everything_as_it_is(home):
    published(home)
    assert columns(home, "secretariat", "dim_person") == [*COLUMNS["dim_person"], "unclassified"]
    assert ask(home, "secretariat", "SELECT count(*) FROM marts.rpt_register_residents") == [(1,)]
    assert ask(home, "secretariat", "SELECT count(*) FROM reference.areas") == [(1,)]


def test_the_secretariats_file_says_how_sensitive_columns_are_and_no_other(home):
    made = published(home)
    for audience in made.files:
        with duckdb.connect(str(made.path(audience)), read_only=True) as con:
            assert kept(con, audience) == (DECLARED if audience == "secretariat" else None)


def test_me_has_rows_without_identities(home):
    published(home)
    assert columns(home, "me", "dim_person") == ["person_uid", "birth_year", "county_code"]
    assert columns(home, "me", "fct_payments") == ["payment_no", "person_uid", "county_code", "amount_paid"]
    assert ask(home, "me", "SELECT count(*), min(birth_year), sum(amount_paid) FROM dim_person JOIN fct_payments "
               "USING (person_uid)") == [(30_000, 1950, 60_000_000)]  # fmt: skip
    assert ask(home, "me", "SELECT count(*) FROM dim_person WHERE starts_with(person_uid, 'P')") == [(0,)]
    tables = {name for (name,) in ask(home, "me", "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'marts'")}
    assert tables == set(COLUMNS) - {"rpt_register_residents"}


def test_what_is_withheld_is_not_in_the_file(home):
    """Not in a column that no query shows, either: the bytes are looked through."""
    made = published(home)
    assert any(NAMES[0].encode() in path.read_bytes() for path in made.folder.glob("secretariat.duckdb"))
    for path in made.folder.glob("*.duckdb"):
        if path.stem != "secretariat":
            content = path.read_bytes()
            assert not [name for name in (*NAMES, "Akiru") if name.encode() in content], path.name
            assert key_of(home, "me").secret not in content


def test_a_county_has_its_own_rows_alone(home):
    published(home)
    for county, persons in (("A", 200), ("B", 100)):
        audience = f"county_{county}"
        assert ask(home, audience, "SELECT DISTINCT county_code FROM dim_person") == [(county,)]
        assert ask(home, audience, "SELECT DISTINCT county_code FROM fct_payments") == [(county,)]
        assert ask(home, audience, "SELECT count(*) FROM dim_person") == [(persons,)]
        assert ask(home, audience, "SELECT count(*) FROM dim_program") == [(1,)]
    # A pair of two counties is in neither's file.
    assert ask(home, "county_A", "SELECT county_code_a, county_code_b FROM rpt_pairs") == [("A", "A")]
    assert ask(home, "county_B", "SELECT count(*) FROM rpt_pairs") == [(0,)]


def test_a_person_has_one_pseudonym_in_a_file_another_in_each_and_the_same_in_every_run(home):
    def tokens() -> dict[str, set[str]]:
        return {
            audience: {token for (token,) in ask(home, audience, "SELECT DISTINCT person_uid FROM fct_payments")}
            for audience in ("me", "county_A", "county_B")
        }

    published(home)
    first = tokens()
    assert [len(found) for found in first.values()] == [300, 200, 100]
    assert len(set.union(*first.values())) == 600
    assert ask(home, "me", "SELECT count(*) FROM dim_person SEMI JOIN fct_payments USING (person_uid)") == [(300,)]
    published(home, "again")
    assert tokens() == first
    rotate(home, "me")
    published(home, "rotated")
    rotated = tokens()
    assert not rotated["me"] & first["me"]
    assert rotated["county_A"] == first["county_A"]
    assert ask(home, "me", "SELECT key_version FROM about") == [(2,)]


def test_where_a_row_stands_says_nothing_of_whose_it_is(home):
    def standing() -> list[list[int]]:
        year = {"secretariat": "year(birth_date)::INTEGER"}
        ordered = "SELECT {} FROM marts.dim_person WHERE county_code = 'A' ORDER BY rowid"
        return [
            [row[0] for row in ask(home, audience, ordered.format(year.get(audience, "birth_year")))]
            for audience in ("secretariat", "me", "county_A")
        ]

    with connect(home / "warehouse.duckdb") as con:  # one person a year, so that a row says whose it is
        con.execute(
            "UPDATE marts.dim_person SET birth_date = DATE '1700-05-03' + to_years(person_uid[2:]::INTEGER)"
        )
    published(home)
    found = standing()
    rotate(home, "me")
    published(home, "rotated")
    found.append(standing()[1])
    assert all(sorted(years) == sorted(found[0]) for years in found)
    for years, others in itertools.combinations(found, 2):
        assert sum(one == other for one, other in zip(years, others, strict=True)) < len(years) / 10


def test_comments_go_along_and_say_what_became_of_a_column(home):
    published(home)
    said = "SELECT comment FROM duckdb_columns() WHERE table_name = 'dim_person' AND column_name = '{}'"
    for audience in ("me", "county_A"):
        assert ask(home, audience, said.format("person_uid")) == [("A pseudonym of: Their number",)]
        assert ask(home, audience, said.format("birth_year")) == [("Of this, the year alone: When they were born",)]
        comment = "SELECT comment FROM duckdb_tables() WHERE table_name = 'dim_person'"
        assert ask(home, audience, comment) == [("One row a person",)]


def test_the_public_has_sums_without_small_numbers_and_what_gives_them_back(home):
    published(home)
    rows = ask(home, "public", "SELECT program, county_code, recipients, amount_paid, is_withheld FROM rpt_receipt "
               "ORDER BY ALL")  # fmt: skip
    assert rows == [
        ("X", "A", None, None, True),
        ("X", "B", None, None, True),  # else the total of X would give A back
        ("X", "C", 30, 60, False),
        ("Y", "A", 500, 1, False),
        ("Y", "B", 600, 1, False),
    ]
    assert ask(home, "public", "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'marts'") == [(1,)]


def test_a_column_that_nobody_classified_is_withheld_everywhere_but_at_the_secretariats(home):
    declared = {table: {} for table in DECLARED}
    made = publish(home / "warehouse.duckdb", home, "r", NIGHT, load_policy(home, ["secretariat", "me"]), declared)
    assert made.files["me"].tables == 0
    assert columns(home, "secretariat", "dim_person")[-1] == "unclassified"
    with pytest.raises(ConfigurationProblem, match=r"rpt_receipt decides by program, recipients, county_code"):
        publish(home / "warehouse.duckdb", home, "r", NIGHT, load_policy(home), declared)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("me: {who: M, marts: [dim_persons], columns: {}}", "me.marts names dim_persons, which the warehouse does not"),
        ("me: {who: M, marts: all, without: [rpt_x], reference: [rules], columns: {}}", "me.without names rpt_x"),
        ("county: {who: C, each: county, marts: [rpt_people], columns: {}}", "say of no county"),
        ("public: {who: P, tables: {dim_person: {keep: [county_code, full_name]}}}", "full_name, which are about"),
        ("public: {who: P, tables: {dim_x: {keep: [a]}}}", "public.tables.dim_x is no mart"),
        ("public: {who: P, tables: {dim_area: {keep: [a]}}}", "names a, which are no columns"),
    ],
)
def test_a_policy_that_does_not_fit_the_warehouse_publishes_nothing(home, written, said):
    published(home)
    with connect(home / "warehouse.duckdb") as con:
        con.execute("CREATE TABLE marts.rpt_people AS SELECT 'P1' AS person_uid")
    others = "".join(f"{name}: null\n" for name in ("me", "county", "public") if not written.startswith(name))
    (home / "audiences.yml").write_text(others + written, encoding="utf-8")
    declared = {**DECLARED, "rpt_people": {"person_uid": KINDS["person_uid"]}}
    with pytest.raises(ConfigurationProblem) as caught:
        publish(home / "warehouse.duckdb", home, "r2", NIGHT, load_policy(home), declared)
    assert said in str(caught.value)
    assert [found.run_id for found in publications(home)] == ["r"]


def test_a_county_whose_copy_is_not_complete_publishes_nothing(home, monkeypatch):
    published(home)
    monkeypatch.setattr(snapshot.Builder, "_expected", lambda self, cut: {None: 1, "A": 7, "B": 7})
    with pytest.raises(ContractBroken, match="7 rows in the warehouse"):
        published(home, "r2")
    assert [found.run_id for found in publications(home)] == ["r"]
    assert not list((home / "published").glob(".*"))


def test_parquet_lies_beside_each_file_and_holds_the_same(home):
    made = published(home, parquet=True)
    person = made.folder / "parquet" / "me" / "dim_person.parquet"
    assert duckdb.execute(f"SELECT count(*), count(DISTINCT person_uid) FROM '{person}'").fetchone() == (300, 300)
    assert "full_name" not in duckdb.execute(f"SELECT * FROM '{person}'").pl().columns
    assert (made.folder / "parquet" / "secretariat" / "reference.areas.parquet").is_file()
    assert {stat.S_IMODE(path.stat().st_mode) for path in made.folder.rglob("*.parquet")} == {0o440}


def test_twenty_readers_see_whole_publications_while_thirty_are_published(tmp_path):
    """Every row carries the number of its publication, in two tables: a reader who saw two at once would see two."""
    file = tmp_path / "warehouse.duckdb"
    with connect(file) as con:
        prepare(con)
        con.execute("CREATE TABLE marts.a AS SELECT 0 AS n FROM range(2000)")
        con.execute("CREATE TABLE marts.b AS SELECT 0 AS n FROM range(3000)")
    publish(file, tmp_path, "0", NIGHT, keep=3)
    faults: list[str] = []
    seen: set[int] = set()
    is_over = threading.Event()

    def read() -> None:
        latest = -1
        while not is_over.is_set():
            try:
                with open_publication(tmp_path) as con:
                    for _ in range(3):  # across the moment at which the next one is swapped in
                        low, high, rows = con.execute(
                            "SELECT min(n), max(n), count(*) FROM (FROM marts.a UNION ALL FROM marts.b)"
                        ).fetchall()[0]
                        run_id = con.execute("SELECT run_id FROM about").fetchall()[0][0]
                        if not (low == high == int(run_id) and rows == 5000 and low >= latest):
                            faults.append(f"{low} to {high}, {rows} rows, run {run_id}, after {latest}")
                        latest = low
                        seen.add(low)
                        time.sleep(0.03)
            except Exception as error:
                faults.append(repr(error))
            time.sleep(0.1)

    readers = [threading.Thread(target=read) for _ in range(20)]
    for reader in readers:
        reader.start()
    try:
        for number in range(1, 31):
            with connect(file) as con:
                con.execute(f"UPDATE marts.a SET n = {number}; UPDATE marts.b SET n = {number}")
            publish(file, tmp_path, str(number), NIGHT, keep=3)
    finally:
        is_over.set()
        for reader in readers:
            reader.join()
    assert not faults, faults[:3]
    assert len(seen) > 10
    assert query_publication(tmp_path, "secretariat", "SELECT run_id FROM about").rows == [("30",)]
