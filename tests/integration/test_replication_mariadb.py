"""Replication from a real MariaDB."""

import datetime as dt

import pytest

from tests.integration.certificates import certificate
from tests.integration.mariadb import MariaDb, needs_mariadb
from tests.integration.replication import Nights
from warehouse.connection import literal, load_extension, quoted

pytestmark = needs_mariadb

SCHEMA = r"""
CREATE DATABASE odd CHARACTER SET utf8mb4; USE odd;
CREATE TABLE `Odd Types` (
    Id bigint unsigned PRIMARY KEY AUTO_INCREMENT, tiny tinyint, flag tinyint(1), small smallint, medium mediumint,
    i int, big bigint, unsigned_big bigint unsigned, amount decimal(12, 2), exact decimal(38, 10), fl float, db double,
    padded char(5), short varchar(50), `Free "Text"` text, bytes blob, fixed binary(4), day date, at datetime,
    at6 datetime(6), ts timestamp NULL, tm time, y year, choice enum('a', 'b'), choices set('x', 'y'), js json,
    b1 bit(1), b8 bit(8), u uuid
);
INSERT INTO `Odd Types` VALUES (NULL, -1, 2, 2, 3, 4, 5, 18446744073709551615, 1.25,
    1234567890123456789012345678.0123456789, 1.5, 1e300, 'ab', 'vé', 'Ngũgĩ "x",\n\t\\', x'deadbeef', 'abcd',
    '2026-01-01', '2026-01-01 12:00:00', '2026-01-01 12:00:00.123456', '2026-01-01 12:00:00', '-100:34:56', 2026, 'b',
    'x,y', '{"a": 1}', b'1', b'10101010', uuid());
INSERT INTO `Odd Types` (tiny) SELECT seq FROM seq_1_to_30;
CREATE TABLE visits (`HH No` int, visit smallint, note text, PRIMARY KEY (`HH No`, visit));
INSERT INTO visits SELECT seq DIV 3, seq MOD 3, concat('note ', seq) FROM seq_1_to_100;
CREATE TABLE moved (id int PRIMARY KEY, v text,
    changed_at timestamp(6) NOT NULL DEFAULT current_timestamp(6) ON UPDATE current_timestamp(6));
INSERT INTO moved (id, v) SELECT seq, 'v' FROM seq_1_to_50;
CREATE TABLE no_key (word varchar(20), number int);
INSERT INTO no_key SELECT concat('word ', seq MOD 3), seq MOD 2 FROM seq_1_to_30;
CREATE TABLE empty_one (id int PRIMARY KEY);
CREATE VIEW shown AS SELECT id, v FROM moved;
"""
TABLES = {
    "Odd Types": {"key": ["Id"]},
    "visits": {"key": ["HH No", "visit"]},
    "moved": {"key": ["id"], "cursor": "changed_at"},
    "no_key": {},
    "empty_one": {"key": ["id"], "may_be_empty": True},
    "shown": {"key": ["id"]},
}
CHANGES = """
UPDATE `Odd Types` SET flag = 1, exact = -1, choice = NULL WHERE flag = 2;
DELETE FROM `Odd Types` WHERE tiny = 7;
UPDATE visits SET note = reverse(note) WHERE visit = 1;
DELETE FROM visits WHERE `HH No` = 5;
UPDATE moved SET v = 'w' WHERE id < 4;
DELETE FROM moved WHERE id = 40;
DELETE FROM no_key WHERE word = 'word 1' LIMIT 3;
INSERT INTO no_key VALUES ('word 0', 0), ('word 0', 0);
INSERT INTO empty_one VALUES (1);
"""


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")
    return [certificate(folder, name) for name in ("localhost", "elsewhere")]


@pytest.fixture(scope="module")
def server(certificates):
    found = MariaDb(certificates[0])
    yield found
    found.stop()


@pytest.fixture
def nights(tmp_path, server):
    server.sql("DROP DATABASE IF EXISTS odd;" + SCHEMA)
    found = Nights(tmp_path, server.url("odd"), **TABLES)
    found.begin = dt.datetime.now(dt.UTC)  # the server moves a cursor by its own clock
    load_extension(found.warehouse, "mysql")
    return found


def differing(nights: Nights) -> dict[str, int]:
    """Per table the rows that one side alone has."""
    con = nights.warehouse
    con.execute("SET mysql_tinyint1_as_boolean = false")
    con.execute(f"ATTACH {literal(nights.source.url)} AS my (TYPE mysql, READ_ONLY)")
    found = {}
    for table in TABLES:
        source = f"(FROM my.odd.{quoted(table)})"
        mirror = f"(SELECT COLUMNS('^[^_]') FROM mirror_mis.{quoted(table)} WHERE _ibr_deleted_at IS NULL)"
        sides = (f"({mirror} EXCEPT ALL {source})", f"({source} EXCEPT ALL {mirror})")
        if count := sum(nights.ask(f"SELECT count(*) FROM {side}")[0][0] for side in sides):
            found[table] = count
    con.execute("DETACH my")
    return found


def test_everything_is_mirrored_exactly_and_stays_so(nights, server):
    nights.replicate()
    assert differing(nights) == {}
    kept = nights.ask('SELECT flag, exact::VARCHAR, tm, choices FROM mirror_mis."Odd Types" WHERE flag IS NOT NULL')
    assert kept == [(2, "1234567890123456789012345678.0123456789", "-100:34:56", "x,y")]
    unchanged = nights.replicate()
    assert unchanged.changed == 0
    assert {name for name, table in unchanged.tables.items() if table.mode != "unchanged"} == {"shown"}
    server.sql(CHANGES, "odd")
    third = nights.replicate()
    assert differing(nights) == {}
    moved = third.tables["moved"]
    assert (moved.mode, moved.updated, moved.deleted) == ("incremental", 3, 1)
    assert nights.replicate(full=True).altered == 0
    assert nights.ask("SELECT count(*) FROM ops.reconciliation WHERE measure = 'row_hashes'") == [(len(TABLES),)]
    assert nights.ask("SELECT count(*) FROM ops.reconciliation WHERE NOT is_equal") == [(0,)]


def test_a_writer_during_the_copy_does_not_tear_the_snapshot(nights, server, monkeypatch):
    """Between two tables of one copy somebody pays: both tables are as they were before, and the next run finds it."""
    from pipelines.replication import landing

    real, begun = landing._land_table, []

    def slow(con, adapter, landed, name, *more):
        found = real(con, adapter, landed, name, *more)
        if name == "visits" and not begun:
            begun.append(True)
            server.sql("INSERT INTO moved (id, v) VALUES (900, 'late'); INSERT INTO no_key VALUES ('late', 1)", "odd")
        return found

    monkeypatch.setattr(landing, "_land_table", slow)
    assert nights.replicate().tables["moved"].live == 50
    assert nights.ask("SELECT count(*) FROM mirror_mis.no_key WHERE word = 'late'") == [(0,)]
    assert nights.replicate().tables["moved"].live == 51
    assert differing(nights) == {}


def test_keys_and_cursors_are_those_that_the_server_declares(nights):
    from pipelines.replication.onboarding import inspect

    found = {table.name: table.configuration() for table in inspect("mis", nights.source.url, nights.home, []).tables}
    assert found == {
        "Odd Types": {"key": ["Id"]},
        "visits": {"key": ["HH No", "visit"]},
        "moved": {"key": ["id"], "cursor": "changed_at"},
        "no_key": {},
        "empty_one": {"key": ["id"], "may_be_empty": True},
    }


def test_an_account_without_the_right_is_told_so(nights, server):
    from ibr.errors import ContractBroken

    server.sql("CREATE OR REPLACE USER reader IDENTIFIED BY 's3cret'; GRANT SELECT ON odd.visits TO reader")
    nights.source.url = server.url("odd", "reader:s3cret")
    with pytest.raises(ContractBroken, match="no table Odd Types") as raised:
        nights.replicate()
    assert "s3cret" not in str(raised.value)


def test_a_connection_is_encrypted_as_its_url_asks(nights, server, certificates):
    from ibr.errors import SourceUnreachable

    server.sql("CREATE OR REPLACE USER careful IDENTIFIED BY 's3cret' REQUIRE SSL; GRANT SELECT ON odd.* TO careful")
    url = server.url("odd", "careful:s3cret")
    nights.source.retries = 0
    theirs, others = certificates
    known = f"&ssl_mode=verify_ca&ssl_ca={theirs}"
    for options in ("&ssl_mode=required", known, known.replace("_", "-").replace("verify-ca", "verify_ca")):
        nights.source.url = url + options
        assert nights.replicate(full=True).tables["moved"].live == 50
    for options in ("&ssl_mode=disabled", f"&ssl_mode=verify_ca&ssl_ca={others}"):
        nights.source.url = url + options
        with pytest.raises(SourceUnreachable):
            nights.replicate()
    nights.source.url = url + "&sslmode=require"
    with pytest.raises(SourceUnreachable, match="an option of its url is wrong"):
        nights.replicate()


def test_a_session_that_is_killed_in_mid_copy_is_tried_again(nights, server, monkeypatch):
    from pipelines.replication import landing

    monkeypatch.setattr(landing, "FIRST_WAIT", 0.05)
    real, killed = landing._land_table, []

    def killing(con, adapter, landed, name, *more):
        if name == "moved" and not killed:
            killed.append(True)
            ids = server.sql("SELECT id FROM information_schema.processlist WHERE db = 'odd'").split()
            server.sql("".join(f"KILL {session};" for session in ids))
        return real(con, adapter, landed, name, *more)

    monkeypatch.setattr(landing, "_land_table", killing)
    assert nights.replicate().tables["moved"].live == 50
    assert killed
    assert differing(nights) == {}
