"""Encryption at rest: nothing of anybody can be read on the disk, and a key that is not the right one opens nothing."""

import datetime as dt
import hashlib
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from ibr import secrets
from ibr.errors import ConfigurationProblem
from tests.canaries import Canaries
from tests.integration.audiences import NIGHT, published, two_counties
from warehouse.audiences.policy import load_policy
from warehouse.backup import Store, restore, take, verify
from warehouse.comparison import compare
from warehouse.connection import attach, connect, cursor
from warehouse.encryption import audience_key, is_encrypted
from warehouse.publication import publications
from warehouse.query import query_publication
from warehouse.rewriting import rewrite

KEY, OTHER = "5a" * 32, "b7" * 32
SETTINGS = "encryption: {key: '${IBR_WAREHOUSE_KEY}'}\n"
CANARIES = Canaries(["Akiru Achieng", "254712345678"])
IBR = str(Path(sys.executable).parent / "ibr")


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IBR_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("IBR_WAREHOUSE_KEY", KEY)


@pytest.fixture
def home(tmp_path: Path, keys: None) -> Path:
    return two_counties(tmp_path, SETTINGS)


def databases(home: Path) -> list[Path]:
    return [path for path in sorted(home.rglob("*.duckdb")) if "current" not in path.parts]


def readable(folder: Path) -> list[str]:
    """The files below a folder that hold a canary as they lie on the disk."""
    return [path.name for path in sorted(folder.rglob("*")) if path.is_file() and CANARIES.in_bytes(path)]


def sums(home: Path) -> dict[str, str]:
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in home.rglob("*") if path.is_file()}


def test_neither_warehouse_nor_publication_nor_backup_can_be_read_on_the_disk(home, tmp_path):
    published(home)
    take(home, tmp_path / "backup", NIGHT, 30)
    assert readable(home) == []
    assert [path.stem for path in databases(home) if not is_encrypted(path)] == ["public"]  # everybody's
    assert query_publication(home, "secretariat", "SELECT max(full_name) FROM dim_person").rows == [("Akiru Achieng",)]
    assert query_publication(home, "county_A", "SELECT count(*) FROM dim_person").rows == [(200,)]
    manifest = Store.opened(tmp_path / "backup").manifests()[0][0]
    saved = {file.path: file.sha256 for file in manifest.files}
    for path in databases(home):
        assert saved[str(path.relative_to(home))] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_in_the_clear_they_can_be_which_is_what_the_search_would_find(tmp_path, keys):
    home = two_counties(tmp_path)
    published(home)
    assert readable(home) == ["secretariat.duckdb", "warehouse.duckdb"]


@pytest.mark.parametrize("is_on", [True, False])
def test_neither_the_log_nor_what_spills_can_be_read(tmp_path, keys, is_on):
    home = two_counties(tmp_path, SETTINGS if is_on else "")
    with connect(home / "warehouse.duckdb", memory_limit="60MB", threads=1) as con:
        con.execute("SET preserve_insertion_order = true")
        # Rows with something random in each: they cannot be compressed away.
        con.execute("CREATE TEMP TABLE large AS SELECT 'Akiru Achieng ' || uuid() AS words FROM range(1_500_000)")
        con.execute("CREATE TABLE marts.late AS SELECT 'Akiru Achieng ' || uuid() AS words FROM range(1000)")
        spilled = [path for path in (home / "tmp").rglob("*") if path.is_file()]
        logged = home / "warehouse.duckdb.wal"
        assert spilled
        assert logged.stat().st_size
        assert any(map(CANARIES.in_bytes, spilled)) is not is_on
        assert bool(CANARIES.in_bytes(logged)) is not is_on


def test_connections_of_one_process_share_a_file_and_work_in_it(home):
    with connect(home / "warehouse.duckdb") as first, connect(home / "warehouse.duckdb", memory_limit="1GB") as second:
        first.execute("CREATE TABLE marts.shared AS SELECT 1 AS one")
        assert second.execute("FROM marts.shared").fetchall() == [(1,)]
        assert cursor(second).execute("FROM marts.shared").fetchall() == [(1,)]
        assert second.execute("SELECT current_database()").fetchone() == ("warehouse",)
    with connect(home / "warehouse.duckdb", read_only=True) as con, pytest.raises(duckdb.Error, match="read-only"):
        con.execute("DROP TABLE marts.shared")


def test_openssl_encrypts_and_not_what_duckdb_calls_unsafe(home):
    with connect(home / "warehouse.duckdb") as con:
        loaded = con.execute("SELECT extension_name FROM duckdb_extensions() WHERE loaded").fetchall()
        unsafe = con.execute("SELECT current_setting('force_mbedtls_unsafe')").fetchone()
    assert ("httpfs",) in loaded
    assert unsafe == (False,)


def test_each_audience_has_a_key_of_its_own_which_opens_nobody_elses_file(home):
    made = published(home)
    with duckdb.connect() as con:
        for audience in ("me", "county_A", "county_B"):
            attach(con, made.path(audience), audience, key=audience_key(KEY, audience))
        for wrong in (KEY, audience_key(KEY, "county_B")):
            with pytest.raises(ConfigurationProblem, match="another key"):
                attach(con, made.path("me"), "wrong", key=wrong)
        with pytest.raises(ConfigurationProblem, match="another key"):
            attach(con, made.path("secretariat"), "wrong", key=audience_key(KEY, "me"))


def test_a_key_that_is_wrong_missing_or_not_asked_for_is_told_and_nothing_is_touched(home, monkeypatch):
    published(home)
    before = sums(home)
    monkeypatch.setenv("IBR_WAREHOUSE_KEY", OTHER)
    for act in (
        lambda: connect(home / "warehouse.duckdb"),
        lambda: query_publication(home, "me", "SELECT 1"),
        lambda: published(home),
        lambda: compare(publications(home)[0], publications(home)[0], "secretariat"),
    ):
        with pytest.raises(ConfigurationProblem, match="another key"):
            act()
    monkeypatch.delenv("IBR_WAREHOUSE_KEY")
    with pytest.raises(ConfigurationProblem, match="IBR_WAREHOUSE_KEY is named but not set"):
        connect(home / "warehouse.duckdb")
    monkeypatch.setenv("IBR_WAREHOUSE_KEY", "short")
    with pytest.raises(ConfigurationProblem, match="shorter than 32"):
        connect(home / "warehouse.duckdb")
    assert sums(home) == before
    (home / "registry.yml").write_text("")
    with pytest.raises(ConfigurationProblem, match="names no key"):
        connect(home / "warehouse.duckdb")


def test_the_command_line_says_it_in_one_line_and_exits_with_3(home, monkeypatch):
    published(home)
    monkeypatch.setenv("IBR_WAREHOUSE_KEY", OTHER)
    command = [IBR, "sql", "SELECT 1", "--home", str(home)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (3, 1)
    assert "another key" in done.stderr
    assert OTHER not in done.stderr


def test_a_key_file_does_as_well_unless_others_may_read_it(home, monkeypatch):
    monkeypatch.delenv("IBR_WAREHOUSE_KEY")
    file = secrets.keep(home, "IBR_WAREHOUSE_KEY", KEY)
    with connect(home / "warehouse.duckdb") as con:
        assert con.execute("SELECT count(*) FROM marts.dim_person").fetchone() == (300,)
    file.chmod(0o644)
    with pytest.raises(ConfigurationProblem, match="chmod 600"):
        connect(home / "warehouse.duckdb")


def test_a_backup_is_proved_and_put_back_with_the_key_and_not_without(home, tmp_path, monkeypatch):
    published(home)
    monkeypatch.delenv("IBR_WAREHOUSE_KEY")
    secrets.keep(home, "IBR_WAREHOUSE_KEY", KEY)
    taken = take(home, tmp_path / "backup", NIGHT, 30)
    store = Store.opened(tmp_path / "backup")
    assert verify(store, taken.manifest).databases == 6
    restore(store, taken.manifest, tmp_path / "again")
    secrets.keep(tmp_path / "again", "IBR_WAREHOUSE_KEY", KEY)
    assert query_publication(tmp_path / "again", "me", "SELECT count(*) FROM dim_person").rows == [(300,)]
    secrets.keep(home, "IBR_WAREHOUSE_KEY", OTHER)
    with pytest.raises(ConfigurationProblem, match="another key"):
        verify(store, taken.manifest)


def content(home: Path) -> list[tuple]:
    with connect(home / "warehouse.duckdb", read_only=True) as con:
        return con.execute(
            "SELECT (SELECT count(*) FROM marts.dim_person), (SELECT count(*) FROM marts.rpt_pairs), count(*), "
            "count(comment) FROM duckdb_columns() WHERE database_name = 'warehouse'"
        ).fetchall()


def test_files_go_under_a_key_to_the_next_one_and_back_to_the_clear(tmp_path, keys, monkeypatch):
    home = two_counties(tmp_path)
    made = published(home)
    before, modes = content(home), [path.stat().st_mode for path in databases(home)]

    (home / "registry.yml").write_text(SETTINGS)
    with pytest.raises(ConfigurationProblem, match="ibr keys encrypt"):
        connect(home / "warehouse.duckdb")
    for name in ("lookup", "review", "parquet"):  # of the service, or Parquet: none of them can be encrypted
        (made.folder / name).mkdir()
        (made.folder / name / "rows").write_text("Akiru")
    assert len(rewrite(home, load_policy(home))) == 6
    assert readable(home) == []
    assert [path.name for path in made.folder.iterdir() if path.is_dir()] == []
    assert (content(home), [path.stat().st_mode for path in databases(home)]) == (before, modes)
    assert rewrite(home, load_policy(home)) == []

    monkeypatch.setenv("IBR_WAREHOUSE_KEY", OTHER)
    untouched = sums(home)
    with pytest.raises(ConfigurationProblem, match="--old-key"):
        rewrite(home, load_policy(home))
    assert sums(home) == untouched
    assert len(rewrite(home, load_policy(home), old_master=KEY)) == 6
    assert content(home) == before
    with connect(made.path("county_B"), read_only=True) as con:
        assert con.execute("SELECT count(*) FROM marts.dim_person").fetchone() == (100,)

    (home / "registry.yml").write_text("")
    assert len(rewrite(home, load_policy(home), old_master=OTHER)) == 6
    assert content(home) == before
    assert not any(map(is_encrypted, databases(home)))


def test_what_broke_off_goes_on_where_it_stopped(tmp_path, keys, monkeypatch):
    home = two_counties(tmp_path)
    published(home)
    with connect(home / "warehouse.duckdb") as con:
        con.execute("PRAGMA disable_checkpoint_on_shutdown")
        con.execute("INSERT INTO marts.dim_program VALUES ('in the log')")
    (home / "registry.yml").write_text(SETTINGS)
    done = []

    def stopped(message: str) -> None:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(message)

    with pytest.raises(KeyboardInterrupt):
        rewrite(home, load_policy(home), progress=stopped)
    assert done[0] == "warehouse.duckdb"
    assert len(rewrite(home, load_policy(home))) == 4
    with connect(home / "warehouse.duckdb", read_only=True) as con:
        assert con.execute("SELECT count(*) FROM marts.dim_program").fetchone() == (2,)


def test_parquet_in_the_clear_is_refused_beside_encryption():
    from ibr.config import Registry

    with pytest.raises(ValueError, match="in the clear"):
        Registry(
            country="X", currency="KES", reporting_date=dt.date(2026, 6, 30), publish={"parquet": True},
            encryption={"key": KEY},
        )  # fmt: skip
