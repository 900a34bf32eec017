"""Commands of the small country leave the events that they promise, and those hold no particulars of anybody."""

import json

import pytest

from ibr.cli.main import cli
from tests.unit.test_audited_commands import LEAVES
from warehouse.audiences.pseudonyms import key_of

PERSON = "SELECT person_uid, full_name, national_id FROM marts.dim_person WHERE national_id <> '' ORDER BY 1 LIMIT 1"


@pytest.fixture(scope="module")
def country(small, tmp_path_factory):
    return small.copy(tmp_path_factory.mktemp("audited") / "workspace")


def events(country) -> list[dict]:
    return [json.loads(line) for line in (country.home / "audit" / "events.jsonl").read_text().splitlines()]


def test_each_leaves_its_events_and_no_name_or_number_of_anybody(country, tmp_path, monkeypatch):
    with country.published() as con:
        uid, name, national_id = con.execute(PERSON).fetchone()
        version = con.execute("SELECT version FROM about").fetchone()[0]
        (first,), (second,) = con.execute("SELECT record_id FROM marts.rpt_verification LIMIT 2").fetchall()
    backups = str(tmp_path / "backups")
    key_of(country.home, "me")  # keys are a workspace's own, and a copy has none yet
    steps = {
        "sql": [f"select count(*) from dim_person where full_name = '{name}' or national_id = '{national_id}'"],
        "explain": [first, second],
        "review": [],
        "lineage": [uid],
        "enquire": ["--id", national_id, "--purpose", "desk"],
        "person report": [uid, "--output", str(tmp_path / "report.html")],
        "audit who-saw": [uid],
        "publish": ["--version", version],
        "keys rotate": [],
        "backup": ["--to", backups],
        "backup verify": ["--from", backups],
    }
    for command, arguments in steps.items():
        before = len(events(country))
        cli.main([*command.split(), *arguments, "--home", str(country.home)], standalone_mode=False)
        left = {event["action"] for event in events(country)[before:]}
        assert left, command
        assert left <= set(LEAVES[command]), command
    log = (country.home / "audit" / "events.jsonl").read_text()
    assert name not in log
    assert national_id not in log
    rotated = [event["details"] for event in events(country) if event["action"] == "key_rotated"]
    assert {"audience": "me", "version": 2} in rotated
    country.ibr("audit", "verify")


def test_a_publication_says_which_keys_it_used(country):
    (published,) = [event["details"] for event in events(country) if event["action"] == "published"]
    assert published["keys"]["me"] == 1
    assert "secretariat" not in published["keys"]
    made = [event["details"]["audience"] for event in events(country) if event["action"] == "key_made"]
    assert set(made) == set(published["keys"])
