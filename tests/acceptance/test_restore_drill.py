"""The drill of docs/backup.md: save, go on, save again, lose everything, put each back, and go on from there."""

import json
import shutil
import subprocess
from pathlib import Path

import duckdb
import pytest

from tests.acceptance.conftest import IBR, Country, version

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]


def told(country: Country, *arguments: str) -> dict:
    return json.loads(country.ibr(*arguments, "--json").stdout)


def held(file: Path) -> dict[str, tuple]:
    """How many rows each table of a database has, and the sum of their hashes."""
    with duckdb.connect(str(file), read_only=True) as con:
        names = con.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
        return {
            f"{schema}.{name}": con.execute(f'SELECT count(*), sum(hash(t)) FROM "{schema}"."{name}" t').fetchone()
            for schema, name in names
        }


def state(country: Country) -> dict[str, object]:
    published = country.home / "published" / "current" / "secretariat.duckdb"
    return {
        "warehouse": held(country.home / "warehouse.duckdb"), "published": held(published),
        "version": version(country), "watermarks": (country.home / "landing/nsnp/watermarks.json").read_text(),
    }  # fmt: skip


def test_everything_is_lost_and_comes_back(spoilt, tmp_path):
    store = str(tmp_path / "backups")
    first = told(spoilt, "backup", "--to", store)
    before = state(spoilt)
    subprocess.run([IBR, "sample-country", str(spoilt.home), "--advance", "1"], check=True, capture_output=True)
    spoilt.ibr("run", "--select", "replicate", "--select", "publish")
    second = told(spoilt, "backup", "--to", store)
    after = state(spoilt)
    assert after["version"] != before["version"]
    assert second["stored"] < first["stored"]
    assert told(spoilt, "backup", "verify", "--from", store)["backup"] == second["backup"]
    listed = [one["backup"] for one in told(spoilt, "backup", "list", "--from", store)]
    assert listed == [first["backup"], second["backup"]]
    refused = spoilt.ibr("restore", "--from", store, expect=2)
    assert "is not empty" in refused.stderr
    shutil.copytree(spoilt.home / "sources", tmp_path / "sources")
    shutil.rmtree(spoilt.home)

    restored = told(spoilt, "restore", "--from", store)
    assert restored["backup"] == second["backup"]
    assert state(spoilt) == after
    go_on(spoilt, tmp_path / "sources")

    past = Country(tmp_path / "past")
    assert told(past, "restore", "--from", store, "--publication", before["version"])["backup"] == first["backup"]
    assert state(past) == before
    assert past.home.stat().st_mode & 0o077 == 0
    go_on(past, tmp_path / "sources")  # the sources went on meanwhile


def go_on(country: Country, sources: Path) -> None:
    country.ibr("audit", "verify")
    (country.home / "sources").symlink_to(sources)
    country.ibr("run", "--select", "replicate")
    with country.warehouse() as con:
        assert con.execute("SELECT count(*) FROM ops.reconciliation WHERE NOT is_equal").fetchone() == (0,)
        assert con.execute("SELECT count(*) FROM ops.sources WHERE is_stale").fetchone() == (0,)


def test_an_earlier_publication_of_the_same_backup_is_made_current(spoilt, tmp_path):
    store, older = str(tmp_path / "backups"), version(spoilt)
    spoilt.ibr("publish")
    assert version(spoilt) != older
    spoilt.ibr("backup", "--to", store)
    past = Country(tmp_path / "past")
    assert told(past, "restore", "--from", store, "--publication", older)["current"] == older
    assert version(past) == older
    with past.warehouse() as con:
        # A row an audience.
        assert con.execute("SELECT DISTINCT version FROM ops.publications WHERE is_current").fetchall() == [(older,)]
