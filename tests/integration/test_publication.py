import datetime as dt
import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

import warehouse.publication as publication_module
import warehouse.snapshot as snapshot_module
from ibr.errors import ContractBroken, UsageProblem
from warehouse.comparison import compare
from warehouse.connection import connect
from warehouse.publication import find, make_current, point_current_at, publications, publish
from warehouse.query import open_publication, query_publication
from warehouse.schemas import prepare

NIGHT = dt.datetime(2026, 6, 30, 1, 2, 3, tzinfo=dt.UTC)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with connect(tmp_path / "warehouse.duckdb") as con:
        prepare(con)
        con.execute("INSERT INTO ops.parameters VALUES ('reporting_date', '2026-06-30')")
        con.execute("INSERT INTO ops.sources (source, name, kind, is_stale) VALUES ('s', 'S', 'mis', true)")
        con.execute("CREATE TABLE marts.dim_person AS SELECT 'P' || i AS person_uid FROM range(1000) t(i)")
        con.execute("COMMENT ON TABLE marts.dim_person IS 'One row a person; it''s so'")
        con.execute("COMMENT ON COLUMN marts.dim_person.person_uid IS 'Their number'")
        con.execute('CREATE VIEW marts.rpt_kpis AS SELECT count(*) AS persons FROM "warehouse".marts.dim_person')
    return tmp_path


def add_person(home: Path) -> None:
    with connect(home / "warehouse.duckdb") as con:
        con.execute("INSERT INTO marts.dim_person VALUES ('PX')")


def persons(home: Path) -> int:
    return query_publication(home, "secretariat", "SELECT count(*) FROM dim_person").rows[0][0]


def test_a_publication_holds_marts_views_comments_and_says_what_it_is(home):
    made = publish(home / "warehouse.duckdb", home, "r1", NIGHT)
    assert (made.version, made.tables, made.rows, made.is_current) == ("20260630T010203Z", 2, 1001, True)
    assert query_publication(home, "secretariat", "FROM rpt_kpis") == (["persons"], [(1000,)])
    about = query_publication(home, "secretariat", "SELECT version, reporting_date, run_id, stale_sources FROM about")
    assert about.rows == [("20260630T010203Z", dt.date(2026, 6, 30), "r1", ["s"])]
    comments = query_publication(
        home, "secretariat", "SELECT comment FROM duckdb_tables() WHERE table_name = 'dim_person' UNION ALL "
        "SELECT comment FROM duckdb_columns() WHERE column_name = 'person_uid'"
    )
    assert {text for (text,) in comments.rows} == {"One row a person; it's so", "Their number"}
    assert stat.S_IMODE(made.path().stat().st_mode) == 0o440
    assert stat.S_IMODE(made.folder.stat().st_mode) == 0o700
    with connect(home / "warehouse.duckdb") as con:
        recorded = con.sql("SELECT version, path, rows, is_current FROM ops.publications").fetchall()
    assert recorded == [("20260630T010203Z", "published/20260630T010203Z/secretariat.duckdb", 1001, True)]


def test_an_open_reader_keeps_its_snapshot_even_when_its_version_is_pruned(home):
    publish(home / "warehouse.duckdb", home, "r1", NIGHT)
    reader = open_publication(home)
    for number in range(2, 5):
        add_person(home)
        publish(home / "warehouse.duckdb", home, f"r{number}", NIGHT, keep=1)
    assert reader.sql("SELECT count(*), count(DISTINCT person_uid) FROM dim_person").fetchone() == (1000, 1000)
    assert persons(home) == 1003
    assert len(publications(home)) == 1


def test_versions_of_one_instant_differ_and_only_the_newest_stay(home):
    versions = [publish(home / "warehouse.duckdb", home, "r", NIGHT, keep=3).version for _ in range(12)]
    assert len(set(versions)) == 12
    kept = publications(home)
    assert [found.version for found in kept] == versions[:8:-1]
    assert [found.is_current for found in kept] == [True, False, False]


def test_the_current_version_is_never_pruned(home):
    first = publish(home / "warehouse.duckdb", home, "r1", NIGHT)
    publish(home / "warehouse.duckdb", home, "r2", NIGHT)
    point_current_at(home / "published", first.version)
    publication_module._prune(home / "published", keep=1)
    assert [found.version for found in publications(home)] == [first.version]


KILL = """
import datetime as dt, os, pathlib, signal, sys
import warehouse.publication as p, warehouse.snapshot as s
def die(*args, **kwargs): os.kill(os.getpid(), signal.SIGKILL)
setattr(s if hasattr(s, sys.argv[2]) else p, sys.argv[2], die)
home = pathlib.Path(sys.argv[1])
p.publish(home / "warehouse.duckdb", home, "killed", dt.datetime(2026, 7, 1, tzinfo=dt.UTC))
"""


@pytest.mark.parametrize("where", ["comments", "_make_about", "point_current_at", "_prune", "_record"])
def test_a_kill_anywhere_leaves_a_whole_publication_and_the_next_one_tidies_up(home, where):
    publish(home / "warehouse.duckdb", home, "r1", NIGHT)
    add_person(home)
    killed = subprocess.run([sys.executable, "-c", KILL, str(home), where], check=False)
    assert killed.returncode == -signal.SIGKILL
    swapped = where in ("_prune", "_record")
    assert persons(home) == (1001 if swapped else 1000)
    publish(home / "warehouse.duckdb", home, "r3", NIGHT + dt.timedelta(days=2))
    assert persons(home) == 1001
    assert not list((home / "published").glob(".*"))
    with connect(home / "warehouse.duckdb") as con:
        current = con.sql("SELECT run_id FROM ops.publications WHERE is_current").fetchall()
        known = con.sql("SELECT count(*) FROM ops.publications").fetchone()
    assert current == [("r3",)]
    assert known == (len(publications(home)),)


def test_an_incomplete_copy_is_not_published(home, monkeypatch):
    publish(home / "warehouse.duckdb", home, "r1", NIGHT)

    def lose_a_row(table, place):
        return f"DELETE FROM {place} WHERE rowid = (SELECT min(rowid) FROM {place})"

    monkeypatch.setattr(snapshot_module, "comments", lose_a_row)
    with pytest.raises(ContractBroken, match=r"marts.dim_person has 1000 rows in the warehouse and 999"):
        publish(home / "warehouse.duckdb", home, "r2", NIGHT)
    assert [found.run_id for found in publications(home)] == ["r1"]
    assert sorted(path.name for path in (home / "published").iterdir()) == ["20260630T010203Z", "current"]


@pytest.mark.parametrize("harm", [lambda file: os.truncate(file, 20_000), Path.unlink])
def test_a_version_that_is_not_as_it_was_published_is_not_made_current(home, harm):
    first = publish(home / "warehouse.duckdb", home, "r1", NIGHT)
    second = publish(home / "warehouse.duckdb", home, "r2", NIGHT)
    first.path().chmod(0o600)
    harm(first.path())
    told = f"publication {first.version}: missing, or not as published: secretariat.duckdb; choose another"
    with pytest.raises(ContractBroken, match=told):
        make_current(home / "warehouse.duckdb", home, first.version)
    assert find(home, "current").version == second.version


def test_an_earlier_version_is_made_current_again_and_recorded(home):
    first = publish(home / "warehouse.duckdb", home, "r1", NIGHT)
    add_person(home)
    publish(home / "warehouse.duckdb", home, "r2", NIGHT)
    again = make_current(home / "warehouse.duckdb", home, first.version)
    assert (again.version, again.is_current, persons(home)) == (first.version, True, 1000)
    with connect(home / "warehouse.duckdb") as con:
        assert con.sql("SELECT run_id FROM ops.publications WHERE is_current").fetchall() == [("r1",)]
    with pytest.raises(UsageProblem, match=rf"no publication 2020; there are .*{first.version}"):
        make_current(home / "warehouse.duckdb", home, "2020")
    assert find(home, "current").version == first.version
    assert publish(home / "warehouse.duckdb", home, "r3", NIGHT).is_current
    assert persons(home) == 1001


def test_two_publications_are_compared_by_rows_and_chief_figures(home):
    with connect(home / "warehouse.duckdb") as con:
        con.execute("DROP VIEW marts.rpt_kpis")
        con.execute(
            "CREATE TABLE marts.rpt_kpis AS SELECT 1 AS place, 'persons' AS kpi, 'persons' AS unit, 5.0 AS value"
        )
    first = publish(home / "warehouse.duckdb", home, "r1", NIGHT)
    add_person(home)
    with connect(home / "warehouse.duckdb") as con:
        con.execute("UPDATE marts.rpt_kpis SET value = 6")
        con.execute("CREATE TABLE marts.rpt_new AS SELECT 1 AS one")
    second = publish(home / "warehouse.duckdb", home, "r2", NIGHT)
    found = compare(first, second, "secretariat")
    assert found.tables == [
        ("marts.dim_person", 1000, 1001), ("marts.rpt_kpis", 1, 1), ("marts.rpt_new", None, 1),
    ]  # fmt: skip
    assert found.figures == [("persons", "persons", 5.0, 6.0)]
    with pytest.raises(UsageProblem, match="no file for me"):
        compare(first, second, "me")


def test_a_version_of_before_there_were_audiences_is_listed_and_can_be_current(home):
    first = publish(home / "warehouse.duckdb", home, "r1", NIGHT)
    manifest = first.folder / "publication.json"
    content = json.loads(manifest.read_text())
    file = content.pop("files")["secretariat"]
    manifest.chmod(0o640)
    manifest.write_text(json.dumps(content | {"audience": "secretariat", "tables": file["tables"], "rows": 1001}))
    publish(home / "warehouse.duckdb", home, "r2", NIGHT)
    assert [(found.rows, sorted(found.files)) for found in publications(home)] == [(1001, ["secretariat"])] * 2
    assert make_current(home / "warehouse.duckdb", home, first.version).is_current


def test_nothing_to_publish_says_so(tmp_path):
    connect(tmp_path / "warehouse.duckdb").close()
    with pytest.raises(UsageProblem, match="run the stage marts first"):
        publish(tmp_path / "warehouse.duckdb", tmp_path, "r1", NIGHT)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELEC 1", "syntax error"),
        ("SELECT nothing FROM dim_person", "nothing"),
        ("DELETE FROM dim_person", "read-only"),
        ("SELECT 1; SELECT 2", "expected one SQL statement, found 2"),
        ("", "expected one SQL statement, found 0"),
        ("SELECT * FROM '/etc/passwd'", "passwd"),
        ("COPY dim_person TO '/tmp/out.csv'", "disabled"),
        ("SET enable_external_access = true", "locked|cannot|Cannot"),
    ],
)
def test_wrong_sql_is_one_line_and_a_publication_cannot_be_left(home, sql, message):
    publish(home / "warehouse.duckdb", home, "r1", NIGHT)
    with pytest.raises(UsageProblem, match=message) as caught:
        query_publication(home, "secretariat", sql)
    assert "\n" not in str(caught.value)


def test_asking_before_the_first_run_or_for_another_audience(home):
    with pytest.raises(UsageProblem, match="ibr run"):
        query_publication(home, "secretariat", "SELECT 1")
    publish(home / "warehouse.duckdb", home, "r1", NIGHT)
    with pytest.raises(UsageProblem, match="one for secretariat"):
        query_publication(home, "public", "SELECT 1")


def test_published_files_are_sound_duckdb_files(home):
    made = publish(home / "warehouse.duckdb", home, "r1", NIGHT)
    assert [path.name for path in sorted(made.folder.iterdir())] == ["publication.json", "secretariat.duckdb"]
    with duckdb.connect(str(made.path()), read_only=True) as con:
        assert con.sql("SELECT count(*) FROM marts.dim_person").fetchone() == (1000,)
