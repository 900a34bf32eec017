"""Replication from SQL Server: its real driver, and a server that answers recorded questions."""

import datetime as dt

import pytest
from click.testing import CliRunner

from ibr import config
from ibr.cli.main import cli
from ibr.errors import ContractBroken, SourceUnreachable
from pipelines.replication import landing, onboarding
from pipelines.replication.adapters.sqlserver import session
from tests.integration.replication import Nights
from tests.integration.sqlserver_source import SqlServer, needs_odbc
from tests.integration.tds import GoesAway, ServerError
from warehouse.connection import quoted

pytestmark = needs_odbc

TABLES = {
    "Persons": {"key": ["PersonId"], "filter": "\"County\" <> N'TEST'"},
    "Odd Types": {"key": ["Id"]},
    "Visits": {"key": ["HH No", "Visit"], "cursor": "ChangedAt"},
    "NoKey": {},
    "dbo.Empty": {"key": ["Id"], "may_be_empty": True},
}
HELD = {
    "Persons": "SELECT * FROM persons WHERE County <> 'TEST'",
    "Odd Types": "FROM odd",
    "Visits": "FROM visits",
    "NoKey": "FROM no_key",
    "dbo.Empty": "FROM empty_one",
}
CHANGES = """
UPDATE persons SET "FullName" = 'Akinyi', "UpdatedAt" = TIMESTAMP '2026-02-01 09:00:00' WHERE "PersonId" IN (3, 4);
DELETE FROM persons WHERE "PersonId" = 5;
INSERT INTO persons VALUES (300, '20000300', 'Late', 'Turkana', 1.0001, TIMESTAMP '2025-01-01 00:00:00');
INSERT INTO changed_persons VALUES (11, 3), (11, 4), (11, 5), (12, 300);
UPDATE odd SET note = NULL, "version" = 2003 WHERE "Id" = 3000000000;
DELETE FROM odd WHERE "Id" = 6000000000;
UPDATE visits SET "Remark" = 'moved', "ChangedAt" = TIMESTAMP '2026-02-01 09:00:00.123' WHERE "HH No" = 2;
DELETE FROM visits WHERE "HH No" = 4 AND "Visit" = 1;
DELETE FROM no_key WHERE rowid IN (SELECT min(rowid) FROM no_key WHERE word = 'word 1' GROUP BY number);
INSERT INTO no_key VALUES ('word 0', 0), ('word 0', 0);
INSERT INTO empty_one VALUES (1);
UPDATE settings SET tracked = 12, written = 2010;
"""
PERSONS = r'SELECT t\."PersonId" AS "PersonId", CAST.* AS t WHERE \("County" <> N.TEST.\)'


@pytest.fixture
def server():
    found = SqlServer()
    yield found
    assert found.tds.unexpected == []
    found.close()


@pytest.fixture
def nights(tmp_path, server, monkeypatch):
    monkeypatch.setattr(landing, "FIRST_WAIT", 0.0)
    found = Nights(tmp_path, server.tds.url(), **TABLES)
    yield found
    found.warehouse.close()


@pytest.fixture
def persons(nights):
    """One table is enough."""
    nights.source.tables = {"Persons": nights.source.tables["Persons"]}
    return nights


def differing(nights: Nights, server: SqlServer) -> dict[str, int]:
    """Per table the rows that one side alone has."""
    found = {}
    for table, held in HELD.items():
        if table not in nights.source.tables:
            continue
        nights.warehouse.register("held", server.relation(held).to_arrow_table())
        mirror = f"(SELECT COLUMNS('^[^_]') FROM mirror_mis.{quoted(table)} WHERE _ibr_deleted_at IS NULL)"
        sides = (f"({mirror} EXCEPT ALL FROM held)", f"(FROM held EXCEPT ALL {mirror})")
        if count := sum(nights.ask(f"SELECT count(*) FROM {side}")[0][0] for side in sides):
            found[table] = count
    return found


def modes(outcome) -> dict[str, str]:
    return {name: table.mode for name, table in outcome.tables.items()}


def test_everything_is_mirrored_exactly_and_stays_so(nights, server):
    nights.replicate()
    assert differing(nights, server) == {}
    unchanged = nights.replicate()
    assert unchanged.changed == 0
    assert modes(unchanged) == {
        "Persons": "unchanged", "Odd Types": "unchanged", "Visits": "incremental", "NoKey": "full", "dbo.Empty": "full",
    }  # fmt: skip
    server.sql(CHANGES)
    third = nights.replicate()
    assert differing(nights, server) == {}
    counted = {name: (t.mode, t.landed, t.inserted, t.updated, t.deleted) for name, t in third.tables.items()}
    assert counted == {
        "Persons": ("incremental", 3, 1, 2, 1),
        "Odd Types": ("incremental", 1, 0, 1, 1),
        "Visits": ("incremental", 4, 0, 3, 1),  # the newest row once more
        "NoKey": ("full", 30, 2, 0, 2),
        "dbo.Empty": ("full", 1, 1, 0, 0),
    }
    assert nights.ask("SELECT count(*), count(*) FILTER (NOT is_equal) FROM ops.reconciliation")[0][1] == 0


def test_one_moment_is_read_and_positions_are_taken_before_it(nights, server):
    nights.replicate()
    begun = server.tds.asked.index("BEGIN TRANSACTION")
    assert server.tds.asked[begun - 1] == "SET TRANSACTION ISOLATION LEVEL SNAPSHOT"
    assert "MIN_ACTIVE_ROWVERSION" in server.tds.asked[begun - 2]
    assert not [asked for asked in server.tds.asked[:begun] if '"' in asked]
    assert server.tds.connections == 1


@pytest.mark.parametrize(
    ("happened", "whole"),
    [
        ("UPDATE settings SET tracked_since = 11, tracked = 12", ["Persons"]),  # cleaned away
        ("UPDATE settings SET tracked_since = NULL", ["Persons"]),  # no longer for this account
        ("UPDATE settings SET tracked = 9", ["Persons"]),  # as it was before
        ("UPDATE settings SET written = 1999", ["Odd Types"]),
        ("UPDATE settings SET created = '2026-01-01 00:00:00.000'", ["Persons", "Odd Types"]),
    ],
)
def test_where_changes_are_not_known_all_is_copied(nights, server, happened, whole):
    nights.source.tables = {name: nights.source.tables[name] for name in ("Persons", "Odd Types")}
    nights.replicate()
    server.sql(happened)
    assert [name for name, mode in modes(nights.replicate()).items() if mode == "full"] == whole


def test_a_change_that_nothing_counted_is_found_by_the_figures(persons, server):
    persons.replicate()
    server.sql("INSERT INTO persons SELECT 301, * EXCLUDE (PersonId) FROM persons WHERE PersonId = 1")
    with pytest.raises(ContractBroken, match="does not agree"):
        persons.replicate()
    persons.replicate()
    assert differing(persons, server) == {}


def test_a_database_without_snapshots_is_refused_and_says_what_to_ask_for(persons, server):
    server.sql("UPDATE settings SET allows_snapshots = 0")
    with pytest.raises(ContractBroken, match=r"ALTER DATABASE \[welfare\] SET ALLOW_SNAPSHOT_ISOLATION ON.*if_allowed"):
        persons.replicate()
    persons.source.url = server.tds.url("&Snapshot=if_allowed")
    persons.replicate()
    assert differing(persons, server) == {}
    assert "BEGIN TRANSACTION" not in server.tds.asked


def test_a_replica_for_reading_is_read_in_one_transaction_and_counts_no_changes(nights, server):
    server.sql("UPDATE settings SET is_read_only = 1, allows_snapshots = 0")
    nights.replicate()
    assert set(modes(nights.replicate()).values()) == {"full", "incremental"}
    assert "BEGIN TRANSACTION" in server.tds.asked
    assert not [asked for asked in server.tds.asked if "ISOLATION" in asked or "CHANGE_TRACKING" in asked]


@pytest.mark.parametrize(
    ("error", "told", "kind", "tries"),
    [
        (ServerError(229, "The SELECT permission was denied on the object 'Persons', database 'w', schema 'dbo'."),
         "may not read table Persons", ContractBroken, 1),
        (ServerError(230, "The SELECT permission was denied on the column 'Income' of the object 'Persons'."),
         "may not read column Income of table Persons", ContractBroken, 1),
        (ServerError(245, "Conversion failed when converting the varchar value '20000001' to data type int."),
         "refuses what it is asked .*mend it", ContractBroken, 1),
        (ServerError(1205, "Transaction (Process ID 52) was deadlocked on lock resources with another process.", 13),
         "does not answer, or broke off", SourceUnreachable, 3),
        (ServerError(3961, "Snapshot isolation transaction failed in database 'w' because the object accessed by the "
         "statement has been modified by a DDL statement in another concurrent transaction"),
         "was changed while it was read", SourceUnreachable, 3),
    ],
)  # fmt: skip
def test_an_error_is_told_in_one_line_without_values(persons, server, error, told, kind, tries):
    server.raises(PERSONS, error)
    with pytest.raises(kind, match=told) as raised:
        persons.replicate()
    message = str(raised.value)
    assert "\n" not in message
    assert not [secret for secret in ("20000001", "s3cret") if secret in message]
    assert server.tds.connections == tries
    assert not list((persons.home / "landing" / "mis").glob("*/*"))


def test_a_server_that_goes_away_in_the_middle_is_tried_again(persons, server):
    server.raises(PERSONS, GoesAway(server.relation(HELD["Persons"])), once=True)
    persons.replicate()
    assert server.tds.connections == 2
    assert differing(persons, server) == {}


@pytest.mark.parametrize(
    ("error", "told", "tries"),
    [
        (ServerError(18456, "Login failed for user 'reader'.", 14), "refuses the login", 1),
        (ServerError(4060, 'Cannot open database "welfare" requested by the login. The login failed.', 11),
         "does not open the database", 3),
    ],
)  # fmt: skip
def test_a_login_is_refused(persons, server, error, told, tries):
    def refuse() -> None:
        raise error

    server.tds.login = refuse
    with pytest.raises(SourceUnreachable, match=told) as raised:
        persons.replicate()
    assert "s3cret" not in str(raised.value)
    assert server.tds.connections == tries  # a wrong password again and again locks accounts


def test_a_server_without_encryption_is_not_spoken_to_unless_told_so(persons, server):
    persons.source.url = server.tds.url().replace("?Encrypt=no", "")
    with pytest.raises(SourceUnreachable, match="TrustServerCertificate"):
        persons.replicate()


def test_keys_are_those_that_the_server_declares_and_views_are_not_proposed(tmp_path, server, monkeypatch):
    monkeypatch.setattr(onboarding, "_LOOKED_AT", 5)  # so the driver's stream is left before its end
    monkeypatch.setattr(session, "_BATCH_ROWS", 7)
    there = onboarding.inspect("mis", server.tds.url(), tmp_path, []).tables
    found = {table.name: table.configuration() for table in there}
    assert found == {
        "Empty": {"key": ["Id"], "may_be_empty": True},
        "NoKey": {},
        "Odd Types": {"key": ["Id"]},
        "Persons": {"key": ["PersonId"]},
        "Visits": {"key": ["HH No", "Visit"]},
    }


def test_check_says_what_is_not_there(nights, server):
    nights.source.tables["Persons"].key = ["Id"]
    nights.source.tables["Gone"] = nights.source.tables["NoKey"]
    found = {finding.table: finding.problem for finding in onboarding.check("mis", nights.source, nights.home)}
    assert found["Persons"] == "column(s) Id are not there"
    assert "no table Gone; it has Empty, NoKey" in found["Gone"]
    assert found["Visits"] is None
    server.sql("UPDATE settings SET allows_snapshots = 0")
    assert "allows no snapshots" in onboarding.check("mis", nights.source, nights.home)[0].problem


def test_sources_add_writes_an_entry_that_is_mirrored_as_it_stands(tmp_path, server, monkeypatch):
    monkeypatch.setenv("IBR_KEYS", str(tmp_path / "keys"))
    home = tmp_path / "home"
    ibr("init", str(home))
    options = ["--home", str(home), "--staging", str(tmp_path / "s"), "--tables", "Odd Types", "Visits"]
    added = ibr("sources", "add", "mis", server.tds.url(), *options)
    assert "s3cret" not in (home / "registry.yml").read_text() + added
    assert ibr("sources", "check", "--home", str(home)).count("is as registry.yml says") == 2
    source = config.load(home / "registry.yml").sources["mis"]
    landed = landing.land("mis", source, home, "night", at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    assert {name: table.rows for name, table in landed.tables.items()} == {"Odd Types": 31, "Visits": 90}


def ibr(*arguments: str) -> str:
    ran = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    return ran.output
