import datetime as dt
import os
import subprocess
import sys

import duckdb
import pytest

from ibr.errors import ConfigurationProblem, UsageProblem, WarehouseBusy
from warehouse.connection import connect, literal, load_extension, quoted
from warehouse.parameters import write_parameters
from warehouse.schemas import prepare

SOURCES = [
    {"source": "a", "name": "System A", "kind": "mis", "is_asked_by_id": False},
    {"source": "b", "name": "B", "kind": "register", "is_asked_by_id": True},
]
PROGRAMS = [{"program": "X", "name": "Program X", "benefit_unit": "person", "source": "a"}]


def write(con, sources=SOURCES, programs=PROGRAMS):
    write_parameters(
        con, reporting_date=dt.date(2026, 6, 30), run_id="r1", currency="KES", country="Somewhere",
        programs=programs, sources=sources,
    )


def test_settings_hold_on_every_cursor_and_the_network_is_never_asked(tmp_path):
    con = connect(tmp_path / "w.duckdb", threads=1, memory_limit="1GB")
    settings = con.cursor().execute(
        "SELECT current_setting('TimeZone'), current_setting('preserve_insertion_order'), "
        "current_setting('autoinstall_known_extensions'), current_setting('temp_directory')"
    ).fetchone()
    assert settings == ("UTC", False, False, str(tmp_path / "tmp"))


def test_a_second_connection_of_the_process_may_have_other_limits(tmp_path):
    with connect(tmp_path / "w.duckdb"), connect(tmp_path / "w.duckdb", memory_limit="2GB") as second:
        assert second.sql("SELECT 1").fetchone() == (1,)


def test_a_file_open_elsewhere_is_busy_not_a_traceback(tmp_path):
    path = tmp_path / "w.duckdb"
    code = f"import duckdb; c = duckdb.connect({str(path)!r}); print('open', flush=True); input()"
    other = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout.readline() == "open\n"
        with pytest.raises(WarehouseBusy, match=r"w\.duckdb is open in another process"):
            connect(path)
    finally:
        other.communicate("\n")


def poked(file):
    with file.open("r+b") as opened:
        opened.seek(4100)
        opened.write(b"\x55" * 12)


@pytest.mark.parametrize("key", [None, "a key of more than thirty-two characters"])
@pytest.mark.parametrize("harm", [lambda file: os.truncate(file, file.stat().st_size // 2), poked])
def test_a_damaged_file_is_told_as_one_and_not_as_open_elsewhere(tmp_path, key, harm):
    path = tmp_path / "w.duckdb"
    with connect(path, key=key) as con:
        con.execute("CREATE TABLE t AS SELECT i, hash(i) AS h FROM range(200_000) r(i)")
    harm(path)
    with pytest.raises(ConfigurationProblem, match=r"w\.duckdb is damaged, or no DuckDB file; restore a backup"):
        connect(path, key=key)


def test_reading_a_file_that_is_not_there_says_what_makes_it(tmp_path):
    with pytest.raises(UsageProblem, match="ibr run"):
        connect(tmp_path / "w.duckdb", read_only=True)


@pytest.mark.parametrize("name", ["sqlite", "postgres", "mysql"])
def test_extensions_come_from_wheels(name):
    con = connect(":memory:")
    load_extension(con, name)
    load_extension(con, name)


def test_an_extension_without_a_wheel_says_which_to_install():
    with pytest.raises(ConfigurationProblem, match="duckdb-extension-nothere=="):
        load_extension(connect(":memory:"), "nothere")


def test_quoting_survives_any_name():
    con = duckdb.connect()
    table, text = 'a"; DROP TABLE b', "it's"
    con.execute(f"CREATE TABLE {quoted(table)} AS SELECT {literal(text)} AS {quoted('x y')}")
    assert con.sql(f"SELECT * FROM {quoted(table)}").fetchall() == [(text,)]


def test_schemas_and_parameters_may_be_written_again():
    con = connect(":memory:")
    prepare(con)
    write(con)
    con.execute("UPDATE ops.sources SET is_stale = true, stale_reason = 'unreachable' WHERE source = 'a'")
    con.execute("INSERT INTO linkage.persons_crosswalk VALUES ('a:1', 'P000000001')")
    prepare(con)
    write(con, sources=[*SOURCES[:1], {"source": "c", "name": "C", "kind": "mis", "is_asked_by_id": False}])
    assert con.sql("SELECT source, is_stale FROM ops.sources ORDER BY 1").fetchall() == [("a", True), ("c", False)]
    assert con.sql("SELECT count(*) FROM linkage.persons_crosswalk").fetchone() == (1,)
    assert con.sql("SELECT value FROM ops.parameters WHERE name = 'reporting_date'").fetchone() == ("2026-06-30",)
