"""What sources can bring: broken ones, bad values, mistakes in registry.yml.

The consequences are those that the contract states.
"""

import os
import re
import sqlite3

import pytest

from tests.acceptance.conftest import Country, version

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
    assert "`ibr run --resume` goes on from replicate (ctovc, cfa, iprs)" in done.stderr
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


def test_nobody_else_on_the_machine_can_read_a_workspace(small):
    assert small.home.stat().st_mode & 0o077 == 0
    assert (small.home / "warehouse.duckdb").stat().st_mode & 0o077 == 0
