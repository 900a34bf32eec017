"""Personal data stays where it belongs: planted people are looked for in every file that a run writes."""

import csv
import hashlib
import sqlite3
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.acceptance.conftest import Country
from tests.canaries import Canaries
from tests.integration.alert_servers import hook, serving
from warehouse.backup import Store
from warehouse.encryption import is_encrypted

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]

# A person whom two programs know; an unreadable birth date and a malformed ID; a source that is held back because its
# numbers are none, and a file that cannot be read for the same reason; an answer that names no exception.
PERSON = {
    "given": "Qanarybird", "family": "Zwitscherwald", "id": "76194385", "phone": "254799013571",
    "account": "9081726354", "born": "1931-11-07",
}  # fmt: skip
BROKEN = {"born": "about the year Qanaryflood", "id": "QANARY77X"}
FAILING = {"income": "Qanaryincome", "name": "Qanaryhidden"}
LISTED = {"name": "Qanarypaid Officer", "id": "76194386"}
MANAGER = {"comment": "Qanarycomment"}
PLANTED = {*PERSON.values(), *BROKEN.values(), *FAILING.values(), *LISTED.values(), *MANAGER.values()}

KEY = "5a" * 32
ENCRYPTION = "encryption: {key: '${IBR_WAREHOUSE_KEY}'}"

# Where personal data belongs, each for its reason; everything else of a workspace is searched.
MAY_HOLD = {
    "sources/*": "the sample country itself",
    "truth/*": "what is true of it",
    "landing/*": "rows on their way to the mirror",
    "warehouse.duckdb": "the mirrors and all that is made of them; its messages are looked at below",
    "quarantine/*": "unusable rows, for the owner of the source",
    "inbox/*": "what came in",
    "exceptions/*/*/*.csv": "for program managers",
    "exceptions/*/*/*.xlsx": "for program managers",
    "published/*/secretariat.duckdb": "the secretariat's snapshot",
}
# What of the warehouse people read as messages: of schema ops all but rows of people and managers' own words.
ROWS_OF_PEOPLE = {"ops.rejected_rows", "ops.exceptions", "ops.answers"}


def plant(country: Country) -> None:
    with sqlite3.connect(country.home / "sources" / "nsnp.db") as db:
        (member, household, other), *_ = db.execute("""
            SELECT BeneficiaryMemberId, HhId, EnrolmentId FROM Enrolment JOIN Household USING (HhId)
            WHERE Status = 'ACTIVE' AND ProgrammeCode = 'OP' ORDER BY EnrolmentId LIMIT 1
        """).fetchall()
        touched = "UpdatedAt = '2026-07-01T00:00:00'"
        db.execute(
            f"UPDATE Member SET FirstName = ?, Surname = ?, NationalId = ?, Phone = ?, DateOfBirth = ?, {touched} "
            "WHERE MemberId = ?",
            [*(PERSON[name] for name in ("given", "family", "id", "phone", "born")), member],
        )  # fmt: skip
        db.execute(f"UPDATE Enrolment SET AccountNo = ?, {touched} WHERE EnrolmentId = ?", [PERSON["account"], other])
        db.execute(f"UPDATE PaymentLine SET AccountNo = ?, {touched} WHERE EnrolmentId = ?", [PERSON["account"], other])
        db.execute(f"UPDATE Household SET Phone = ?, {touched} WHERE HhId = ?", [PERSON["phone"], household])
        broken = "(SELECT {}(MemberId) FROM Member JOIN Enrolment USING (HhId) WHERE Status = 'ACTIVE' AND HhId <> ?)"
        for column, value, which in (("DateOfBirth", BROKEN["born"], "min"), ("NationalId", BROKEN["id"], "max")):
            db.execute(
                f"UPDATE Member SET {column} = ?, {touched} WHERE MemberId = {broken.format(which)}", [value, household]
            )
    with sqlite3.connect(country.home / "sources" / "hsnp.db") as db:
        db.execute(
            "UPDATE person SET full_name = ?, id_number = ?, dob = ?, sex = 1 WHERE person_id = "
            "(SELECT min(person_id) FROM person JOIN household USING (hh_id) WHERE line_no = recipient_line)",
            [f"{PERSON['given']} {PERSON['family']}", PERSON["id"], PERSON["born"]],
        )
    with sqlite3.connect(country.home / "sources" / "cfa.db") as db:
        db.execute("UPDATE scope_household SET income_month = ?, modified_at = '2026-07-01'", [FAILING["income"]])
        db.execute("UPDATE scope_person SET family_name = ?, modified_at = '2026-07-01'", [FAILING["name"]])
    with (country.home / "sources" / "files" / "public_payroll.csv").open("a", encoding="utf-8") as file:
        for pay in ("a lot", "62000"):
            row = ["PF1", LISTED["id"], LISTED["name"], "Somewhere", "civil_service", pay, "2026-06"]
            csv.writer(file).writerow(row)
    spoilt_answer = country.home / "inbox" / "decisions" / "answer.csv"
    spoilt_answer.write_text(f"exception_id,decision,comment\nE1,{MANAGER['comment']},{MANAGER['comment']}\n")


@pytest.fixture(scope="module")
def told(small, tmp_path_factory) -> Iterator[tuple[Country, str]]:
    """The country with its canaries, encrypted, after a run for every audience, questions and files; and all that was
    said."""
    folder = tmp_path_factory.mktemp("canaries")
    country = small.copy(folder / "workspace")
    registry = country.home / "registry.yml"
    registry.write_text(registry.read_text().replace("publish: {audiences: [secretariat]}", ENCRYPTION))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IBR_WAREHOUSE_KEY", KEY)
        country.ibr("keys", "encrypt")
        yield country, _told(country, small)


def _told(country: Country, small: Country) -> str:
    plant(country)
    with serving(hook()) as (port, posted):
        with (country.home / "registry.yml").open("a", encoding="utf-8") as settings:
            settings.write(f"\nalerts: {{webhook: {{url: 'http://127.0.0.1:{port}/'}}}}\n")
        run = country.ibr("run", expect=None)
        country.ibr("health", "--alert", expect=4)
    assert len(posted) == 2
    said = [run.stdout, run.stderr, *(content["text"] for _, content in posted)]
    assert run.returncode in (4, 5), run.stderr
    for command in (
        ["status"], ["exceptions", "export"], ["publications"], ["audit", "verify"], ["retention", "report"],
        ["decisions", "import", str(small.home / "registry.yml")],
    ):  # fmt: skip
        done = country.ibr(*command, expect=None)
        said += [done.stdout, done.stderr]
    country.ibr("enquire", "--id", PERSON["id"], "--purpose", "desk")  # answers with personal data, and keeps none
    country.ibr("backup", "--to", str(country.home.parent / "backup"))
    return "\n".join(said)


@pytest.fixture(scope="module")
def canaries() -> Canaries:
    return Canaries(PLANTED)


@pytest.fixture(scope="module")
def in_warehouse(told, canaries) -> dict[str, set[str]]:
    country, _ = told
    return canaries.within(country.home / "warehouse.duckdb")


def files(country: Country) -> list[str]:
    return sorted(
        str(path.relative_to(country.home)) for path in country.home.rglob("*")
        if path.is_file() and not path.is_symlink() and "current" not in path.relative_to(country.home).parts
    )  # fmt: skip


def may_hold(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in MAY_HOLD) and Path(name).name != "manifest.json"


def test_the_canaries_arrived_where_they_belong(told, canaries, in_warehouse):
    """Or nothing below would be found for want of anything to find."""
    country, _ = told
    secretariat = canaries.within(country.home / "published" / "current" / "secretariat.duckdb")
    assert {value.lower() for value in PERSON.values()} <= set(secretariat)
    assert BROKEN["born"].lower() in canaries.within(country.home / "quarantine" / "nsnp" / "rejected_rows.csv")
    assert BROKEN["id"].lower() in in_warehouse
    with country.warehouse() as con:
        held_back = con.execute("SELECT source FROM ops.sources WHERE is_stale ORDER BY source").fetchall()
    assert held_back == [("cfa",), ("public_payroll",)]


def test_no_other_file_holds_a_planted_value(told, canaries):
    country, _ = told
    searched = [name for name in files(country) if not may_hold(name)]
    for kind in ("logs/", "dagster/", "audit/", "audit-copy/", "dbt/", "exceptions/", "published/", "registry.yml"):
        assert any(name.startswith(kind) for name in searched), kind
    assert any(name.endswith("me.duckdb") for name in searched)
    found = {name: there for name in searched if (there := canaries.within(country.home / name))}
    assert not found


def test_no_database_of_ours_holds_one_on_the_disk_nor_does_a_backup_of_it(told, canaries):
    country, _ = told
    databases = [path for path in country.home.rglob("*.duckdb*") if path.is_file()]
    assert {"warehouse.duckdb", "secretariat.duckdb", "me.duckdb"} <= {path.name for path in databases}
    assert all(is_encrypted(path) for path in databases if path.name not in ("public.duckdb", "warehouse.duckdb.wal"))
    assert not {path.name: found for path in databases if (found := canaries.in_bytes(path))}
    manifest = Store.opened(country.home.parent / "backup").manifests()[0][-1]
    saved = {file.path: file.sha256 for file in manifest.files}
    # Copies of what was just looked at, byte by byte.
    for path in databases:
        if "current" not in path.parts:
            assert saved[str(path.relative_to(country.home))] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_no_command_says_a_planted_value(told, canaries):
    _, said = told
    assert "cfa" in said
    assert not canaries.in_text(said)


def test_no_message_in_the_warehouse_holds_a_planted_value(in_warehouse):
    places = {place for there in in_warehouse.values() for place in there}
    assert "mirror_nsnp.Member" in places
    assert not {place for place in places if place.startswith("ops.")} - ROWS_OF_PEOPLE


def test_nobody_else_may_read_anything_that_a_run_writes(told):
    """The owner's group may read what is published (docs/publications.md); nobody else anything."""
    country, _ = told
    open_to_others = [
        name for name in files(country)
        if (country.home / name).stat().st_mode & (0o007 if name.startswith("published/") else 0o077)
    ]  # fmt: skip
    assert not open_to_others
    folders = [path for path in [country.home, *country.home.rglob("*")] if path.is_dir() and not path.is_symlink()]
    assert not [str(path) for path in folders if path.stat().st_mode & 0o007]
