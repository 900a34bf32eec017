"""What a night can bring: broken sources, bad values, a killed run, two runs at once.

The consequences are those that the contract states.
"""

import os
import re
import signal
import sqlite3
import subprocess
import sys

import pytest

from tests.acceptance.conftest import IBR, Country

# A test may make several whole runs, and a machine may be three times slower than most.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]

TOUCHED = "UpdatedAt = '2026-07-01T00:00:00'"
ACTIVE = "(SELECT MemberId FROM Member JOIN Enrolment USING (HhId) WHERE Status = 'ACTIVE')"
FIRST, LAST = f"(SELECT min(MemberId) FROM {ACTIVE})", f"(SELECT max(MemberId) FROM {ACTIVE})"


def spoil(country: Country, database: str, *statements: str) -> None:
    with sqlite3.connect(country.home / "sources" / f"{database}.db") as db:
        for statement in statements:
            db.execute(statement)


def without_primary_key(country: Country, database: str, table: str) -> None:
    """Copies of tables that some systems keep: no constraint guards their key."""
    spoil(
        country,
        database,
        f"CREATE TABLE copy_of AS SELECT * FROM {table}",
        f"DROP TABLE {table}",
        f"ALTER TABLE copy_of RENAME TO {table}",
    )


def stale(country: Country) -> dict[str, str]:
    with country.warehouse() as con:
        return dict(con.execute("SELECT source, stale_reason FROM ops.sources WHERE is_stale").fetchall())


def version(country: Country) -> str:
    return (country.home / "published" / "current").resolve().name


def test_bad_values_and_rows_are_set_aside_with_their_reason_and_the_run_goes_on(spoilt):
    without_primary_key(spoilt, "nsnp", "PaymentLine")
    spoil(
        spoilt,
        "nsnp",
        f"UPDATE Member SET DateOfBirth = 'about 1950', {TOUCHED} WHERE MemberId = {FIRST}",
        f"UPDATE Member SET NationalId = 'A12B', {TOUCHED} WHERE MemberId = {LAST}",
        "INSERT INTO PaymentLine SELECT * FROM PaymentLine LIMIT 1",
    )
    spoilt.ibr("run")
    with spoilt.warehouse() as con:
        reasons = dict(con.execute("SELECT reason_code, consequence FROM ops.rejected_rows").fetchall())
        kept = con.execute("SELECT count(*) FROM ops.rejected_rows WHERE value_given LIKE '%about 1950%'").fetchone()
    assert reasons["birth_date_unreadable"] == "value_set_aside"
    assert reasons["national_id_malformed"] == "value_set_aside"
    assert reasons["KEY_REPEATED"] == "row_rejected"
    assert kept == (1,)
    assert "about 1950" in (spoilt.home / "quarantine" / "nsnp" / "rejected_rows.csv").read_text()


def test_broken_sources_keep_their_last_good_mirror_and_the_rest_is_published(spoilt):
    before = version(spoilt)
    spoil(spoilt, "ctovc", "ALTER TABLE MEMBERS RENAME COLUMN DOB TO BORN")
    spoil(spoilt, "cfa", "DELETE FROM scope_person")
    (spoilt.home / "sources" / "iprs.db").unlink()
    done = spoilt.ibr("run", expect=5)
    assert re.search(r"ctovc: .*column\(s\) DOB are gone", done.stderr)
    assert re.search(r"cfa: .*scope_person", done.stderr)
    assert re.search(r"iprs: .*no database file", done.stderr)
    assert set(stale(spoilt)) == {"ctovc", "cfa", "iprs"}
    assert version(spoilt) != before
    with spoilt.published() as con:
        marked = dict(
            con.execute("SELECT program, bool_and(is_source_stale) FROM marts.fct_payments GROUP BY 1").fetchall()
        )
        statuses = con.execute("SELECT DISTINCT status FROM marts.rpt_verification").fetchall()
        register = con.execute("SELECT bool_and(is_source_stale) FROM marts.rpt_verification").fetchone()
    assert marked["CT-OVC"]
    assert marked["CFA"]
    assert not marked["OPCT"]
    assert register == (True,)
    # the register was not reached: nobody was found, and nobody was found missing
    assert statuses == [("could_not_check",)]


def test_a_source_that_never_had_a_good_mirror_publishes_nothing(small, tmp_path):
    country = Country(tmp_path / "workspace")
    country.home.mkdir()
    (country.home / "sources").symlink_to(small.home / "sources")
    text = (small.home / "registry.yml").read_text()
    (country.home / "registry.yml").write_text(
        text.replace("sqlite:///sources/hsnp.db", "postgresql://reader:${HSNP_PASSWORD}@127.0.0.1:9/hsnp")
    )
    unset = country.ibr("run", expect=3)
    assert "HSNP_PASSWORD is named but not set" in unset.stderr
    os.environ["HSNP_PASSWORD"] = "hunter2"
    try:
        done = country.ibr("run", expect=5)
    finally:
        del os.environ["HSNP_PASSWORD"]
    assert "hsnp never had a good mirror" in done.stderr
    assert "hunter2" not in done.stderr
    assert not (country.home / "published" / "current").exists()


def test_mistakes_in_registry_yml_are_told_together(spoilt):
    path = spoilt.home / "registry.yml"
    text = path.read_text()
    for right, wrong in [
        ("currency: KES", "currency: shillings"),
        ("kind: register", "kind: registry"),
        ("benefit_unit: person", "benefit_unit: people"),
        ("reporting_date: 2026", "reporting_date: in 2026"),
        ("sqlite:///sources/cfa.db", "oracle:///sources/cfa.db"),
    ]:
        text = text.replace(right, wrong, 1)
    path.write_text(text)
    done = spoilt.ibr("run", expect=3)
    assert "5 mistakes" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


# `ibr`, which ends itself as SIGKILL ends it: when it says something, or in place of calling a function (module:name).
# A kill from outside would come sooner or later than meant, as the machine is busy.
DYING = """
import os, signal, sys
from importlib import import_module

import pipelines.runner
from ibr.cli.main import main

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

moment = sys.argv.pop(1)
module, is_function, name = moment.rpartition("::")
if is_function:
    assert callable(getattr(import_module(module), name))
    setattr(import_module(module), name, die)
run = pipelines.runner.run
pipelines.runner.run = lambda workspace, *, progress, **rest: run(
    workspace, progress=lambda message: die() if moment in message else progress(message), **rest
)
main()
"""


def kill_at(country: Country, moment: str, *stages: str) -> None:
    """Run until the command says `moment`, or is about to call it; then it is gone, with everything it started."""
    command = [sys.executable, "-c", DYING, moment, "run", "--home", str(country.home), *stages]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == -signal.SIGKILL, f"it never came to {moment}: {done.stderr[-2000:]}"


def test_a_run_killed_anywhere_is_completed_by_the_next(spoilt):
    before = version(spoilt)
    subprocess.run(
        [IBR, "sample-country", str(spoilt.home), "--advance", "1"], check=True, capture_output=True
    )
    for moment in (
        "PaymentLine",
        "pipelines.replication.merge::write_watermarks",
        "building staging and registry: 20 tables",
        "replacing the last run's tables",
        "building marts: 10 tables",
        "warehouse.publication::point_current_at",
    ):
        kill_at(spoilt, moment)
        assert version(spoilt) == before, moment
        with spoilt.published() as con:
            assert con.execute("SELECT count(*) FROM marts.dim_person").fetchone()[0] > 1000
    # All was ready but the name `current`; killed once more, when it has been given and is not yet recorded.
    kill_at(spoilt, "warehouse.publication::_record", "publish")
    assert version(spoilt) != before
    spoilt.ibr("run")
    with spoilt.warehouse() as con:
        assert con.execute("SELECT count(*) FROM ops.reconciliation WHERE NOT is_equal").fetchone() == (0,)
        recorded = con.execute("SELECT version FROM ops.publications WHERE is_current").fetchall()
        found = con.execute(f"""
            SELECT (SELECT sum(amount_paid) FROM marts.fct_payments)
                 = (SELECT sum(amount_paid) FROM {spoilt.truth("payments")})
        """).fetchone()
    assert recorded == [(version(spoilt),)]
    assert found == (True,)


def test_two_runs_at_once_and_a_reader_between_them(spoilt):
    process = subprocess.Popen(
        [IBR, "run", "--home", str(spoilt.home)], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    for line in process.stderr:
        if "rows" in line:
            break
    # Held where it is, so that it cannot be done before the second has begun.
    process.send_signal(signal.SIGSTOP)
    try:
        second = spoilt.ibr("run", expect=6)
        assert "ibr run" in second.stderr
        with spoilt.published() as con:
            assert con.execute("SELECT count(*) FROM marts.dim_person").fetchone()[0] > 1000
    finally:
        process.send_signal(signal.SIGCONT)
    process.stderr.read()
    assert process.wait() == 0


def test_what_did_not_hold_its_contract_is_neither_published_nor_sent(spoilt):
    """Not even by asking for that stage alone."""
    before = version(spoilt)
    kill_at(spoilt, "building marts: 10 tables", "marts")
    for command in (["run", "--select", "publish"], ["exceptions", "export"]):
        done = spoilt.ibr(*command, expect=4)
        assert "marts has not held its contract" in done.stderr
    assert version(spoilt) == before


def test_nobody_else_on_the_machine_can_read_a_workspace(small):
    assert small.home.stat().st_mode & 0o077 == 0
    assert (small.home / "warehouse.duckdb").stat().st_mode & 0o077 == 0
