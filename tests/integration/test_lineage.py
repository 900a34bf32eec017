"""From an identifier back to the mirror's row, the run that brought it, and its earlier versions."""

import datetime as dt

import duckdb
import pytest

from ibr.config import Registry
from ibr.errors import UsageProblem
from pipelines.lineage import trace
from warehouse.connection import connect
from warehouse.schemas import prepare

REGISTRY = Registry.model_validate(
    {
        "country": "Test", "currency": "KES", "reporting_date": "2026-06-30",
        "programs": {"AID": {"name": "Aid", "benefit_unit": "household"}},
        "sources": {
            "mis": {
                "name": "MIS", "kind": "mis", "url": "sqlite:///mis.db", "programs": ["AID"],
                "tables": {
                    "HH": {"key": ["No"]}, "Member": {"key": ["No", "Line"]}, "Paid": {"key": ["No", "Year"]},
                    "Case": {"key": ["Case No"]},
                },
            },
            "reg": {"name": "Register", "kind": "register", "url": "sqlite:///r.db", "tables": {"p": {"key": ["id"]}}},
        },
    }
)  # fmt: skip
BOOKS = "_ibr_loaded_at TIMESTAMPTZ, _ibr_run_id VARCHAR, _ibr_row_hash UBIGINT, _ibr_deleted_at TIMESTAMPTZ"
FIRST, SECOND = "TIMESTAMPTZ '2026-07-01 00:00:00+00'", "TIMESTAMPTZ '2026-07-02 00:00:00+00'"
MIRRORS = {
    "mis.HH": (
        '"No" VARCHAR',
        f"('7 ', {FIRST}, 'r1', 0, NULL), ('8', {SECOND}, 'r2', 0, NULL), ('9', {FIRST}, 'r2', 0, {SECOND})",
    ),
    "mis.Member": (
        '"No" VARCHAR, "Line" BIGINT',
        f"('7', 1, {FIRST}, 'r1', 0, NULL), ('7', 2, {FIRST}, 'r2', 0, {SECOND}), ('7', 3, {FIRST}, 'r1', 0, NULL)",
    ),
    "mis.Paid": (
        '"No" VARCHAR, "Year" BIGINT', f"('7', 2026, {SECOND}, 'r2', 0, NULL), ('9', 2026, {FIRST}, 'r2', 0, {SECOND})",
    ),
    "mis.Case": ('"Case No" BIGINT', f"(7, {FIRST}, 'r1', 0, NULL)"),
    "reg.p": ("id BIGINT", f"(500, {FIRST}, 'r1', 0, NULL)"),
}  # fmt: skip
STAGED = {
    "persons": ("record_id", "('mis', 'Member', 'mis:7/1'), ('mis', 'Member', 'mis:7/3')"),
    "households": ("household_id", "('mis', 'HH', 'mis:7'), ('mis', 'HH', 'mis:8')"),
    "enrolments": ("enrolment_id", "('mis', 'HH', 'mis:7'), ('mis', 'HH', 'mis:8')"),
    "payments": ("payment_id", "('mis', 'Paid', 'mis:7/2026/1'), ('mis', 'Paid', 'mis:7/2026/2')"),
    "grievances": ("grievance_id", "('mis', 'Case', 'mis:7')"),
}


@pytest.fixture(scope="module")
def con(tmp_path_factory):
    with connect(tmp_path_factory.mktemp("lineage") / "warehouse.duckdb") as con:
        prepare(con)
        for name, (columns, rows) in MIRRORS.items():
            source, table = name.split(".")
            for layer in ("mirror", "history"):
                con.execute(f"CREATE SCHEMA IF NOT EXISTS {layer}_{source}")
            con.execute(f'CREATE TABLE mirror_{source}."{table}" ({columns}, {BOOKS})')
            con.execute(f'CREATE TABLE history_{source}."{table}" ({columns}, {BOOKS}, _ibr_replaced_at TIMESTAMPTZ)')
            con.execute(f'INSERT INTO mirror_{source}."{table}" VALUES {rows}')
        con.execute(f"INSERT INTO history_mis.\"Paid\" VALUES ('7', 2026, {FIRST}, 'r1', 0, NULL, {SECOND})")
        for entity, (column, rows) in STAGED.items():
            con.execute(
                f"CREATE TABLE staging.int_{entity}_received AS "
                f"SELECT * FROM (VALUES {rows}) t (source, source_table, {column})"
            )
        con.execute("INSERT INTO linkage.persons_crosswalk VALUES ('mis:7/1', 'P1'), ('mis:7/3', 'P1')")
        yield con


def told(con: duckdb.DuckDBPyConnection, identifier: str) -> list[tuple]:
    return [
        (" ".join(one.kinds), one.mirror, "/".join(one.key.values()), one.run_id, bool(one.deleted_at),
         len(one.versions))
        for one in trace(con, REGISTRY, identifier)
    ]  # fmt: skip


CASES = {
    "mis:7/1": [("person record", 'mirror_mis."Member"', "7/1", "r1", False, 0)],
    # A number means one thing as a household and another as a complaint; the household is its own enrolment.
    "mis:7": [
        ("household enrolment", 'mirror_mis."HH"', "7", "r1", False, 0),
        ("grievance", 'mirror_mis."Case"', "7", "r1", False, 0),
    ],
    # One row of the source for a year, one of staging for each cycle.
    "mis:7/2026/2": [("payment", 'mirror_mis."Paid"', "7/2026", "r2", False, 1)],
    # Gone from their source, so no longer in staging.
    "mis:7/2": [("person record", 'mirror_mis."Member"', "7/2", "r2", True, 0)],
    "mis:9": [("household enrolment", 'mirror_mis."HH"', "9", "r2", True, 0)],
    "mis:9/2026/3": [("payment", 'mirror_mis."Paid"', "9/2026", "r2", True, 0)],
    "P1": [
        ("person record", 'mirror_mis."Member"', "7/1", "r1", False, 0),
        ("person record", 'mirror_mis."Member"', "7/3", "r1", False, 0),
    ],
    "unlinked:mis:8": [("household enrolment", 'mirror_mis."HH"', "8", "r2", False, 0)],
    "500": [("register entry", 'mirror_reg."p"', "500", "r1", False, 0)],
}


@pytest.mark.parametrize(("identifier", "expected"), CASES.items(), ids=CASES)
def test_an_identifier_leads_to_its_row(con, identifier, expected):
    assert told(con, identifier) == expected


def test_earlier_versions_say_which_run_brought_them_and_until_when(con):
    (payment,) = trace(con, REGISTRY, "mis:7/2026/1")
    (version,) = payment.versions
    until = dt.datetime(2026, 7, 2, tzinfo=dt.UTC)
    assert (version.run_id, version.loaded_at, version.replaced_at) == ("r1", until.replace(day=1), until)
    assert payment.history == 'history_mis."Paid"'


@pytest.mark.parametrize("identifier", ["mis:7/4", "mis:7/2027/1", "no:7", "P9", "mis:", "", "501", "mis:7' OR '1"])
def test_what_is_nowhere_is_told_so(con, identifier):
    with pytest.raises(UsageProblem, match="no mirror has, or had, a row for"):
        trace(con, REGISTRY, identifier)
