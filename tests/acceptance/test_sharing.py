"""Data sharing by the commands that people type, on a country that `ibr run` has published."""

import json
import subprocess

import duckdb
import pytest

UNTIL = "2027-06-30"
DAY = ("--as-at", "2026-12-01")


@pytest.fixture
def keys(tmp_path, monkeypatch):
    monkeypatch.setenv("IBR_KEYS", str(tmp_path / "keys"))
    return tmp_path / "keys"


def test_data_is_shared_by_procedure(spoilt, keys, tmp_path):
    def share(*arguments: str, expect: int = 0) -> subprocess.CompletedProcess:
        return spoilt.ibr("share", *arguments, expect=expect)

    asked = [
        "--organisation", "University of North", "--person", "Dr A. Mwangi", "--contact", "a@university.example",
        "--purpose-kind", "research", "--purpose", "To study how long benefits last, and where.",
        "--legal-basis", "Data Protection Act, section 53", "--level", "records", "--mart", "fct_enrolments",
        "--field", "person_uid", "--field", "county_code", "--field", "status", "--county", "all", "--until", UNTIL,
    ]
    wrong = share("request", *asked, "--field", "source_table", "--where", "status=none", *DAY, expect=2).stderr
    assert wrong.count(" | ") == 0
    assert "source_table of fct_enrolments cannot be shared" in wrong
    assert "none does not occur" in wrong
    assert "S2026-001: requested" in share("request", *asked, "--where", "status=active", *DAY).stdout

    assessed = share("assess", "S2026-001", "--by", "P. Officer", *DAY).stdout
    assert "quasi-identifier: fct_enrolments.county_code" in assessed
    assert "Of " in assessed
    share("extract", "S2026-001", "--by", "P. Officer", *DAY, expect=2)
    agreement = tmp_path / "nda.pdf"
    agreement.write_text("signed", encoding="utf-8")
    for person in ("B. Wanjiru", "C. Otieno"):
        share(
            "approve", "S2026-001", "--by", person, "--agreement", str(agreement), "--reference", "NDA 14",
            "--despite", "Small counties are needed.", *DAY,
        )
    made = json.loads(share("extract", "S2026-001", "--by", "P. Officer", "--json", *DAY).stdout)
    with duckdb.connect() as con:
        file = f"{made['folder']}/fct_enrolments.csv"
        (given,) = con.execute("SELECT status, count(*) FROM read_csv(?) GROUP BY ALL", [file]).fetchall()
    with spoilt.published() as con:
        active = con.execute("SELECT status, count(*) FROM marts.fct_enrolments WHERE status = 'active' GROUP BY ALL")
        assert active.fetchone() == given

    assert "OVERDUE S2026-001: University of North" in share("list", "--as-at", "2027-07-10").stdout
    spoilt.ibr("run", "--select", "exceptions")
    with spoilt.warehouse() as con:
        assert con.execute("SELECT request_id, extracts, approved_by FROM ops.shares").fetchall() == [
            ("S2026-001", 1, ["B. Wanjiru", "C. Otieno"])
        ]
    assert json.loads(spoilt.ibr("status", "--json").stdout)["shared_data_overdue"] == []

    share("dispose", "S2026-001", "--by", "Dr A. Mwangi", "--how", "disk wiped", "--as-at", "2027-07-11")
    assert [path for path in keys.rglob("*") if path.is_file()] == []
