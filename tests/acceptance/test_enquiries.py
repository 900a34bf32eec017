"""One person on the sample country: asked about, reported, and found again in the audit trail; no particulars in it."""

import json

SOMEBODY = """
    SELECT people.person_uid, people.record_id, people.full_name, trim(people.national_id_given), people.birth_date
    FROM marts.rpt_verification AS people
    JOIN marts.fct_enrolments AS enrolments ON enrolments.recipient_record_id = people.record_id
    WHERE people.status = 'verified' AND enrolments.status = 'active' AND enrolments.amount_paid > 0
      AND people.birth_date IS NOT NULL
      AND people.national_id_given IN (
          SELECT national_id_given FROM marts.rpt_verification GROUP BY national_id_given HAVING count(*) = 1
      )
    ORDER BY people.record_id LIMIT 1
"""


def test_a_person_is_asked_about_and_reported_and_every_look_is_on_record(small, tmp_path):
    with small.published() as con:
        uid, record_id, name, national_id, born = con.execute(SOMEBODY).fetchone()
    asking = ("enquire", "--purpose", "payment query", "--as", "County desk", "--json")

    found = json.loads(small.ibr(*asking, "--id", national_id, "--name", name, "--birth-date", str(born)).stdout)
    assert (found["outcome"], found["person"]["person_uid"]) == ("found", uid)
    assert found["person"]["life"]["state"] == "alive"
    assert found["person"]["is_enrolled"]
    assert any(one["last_paid_amount"] for one in found["person"]["enrolments"])
    nobody = json.loads(small.ibr(*asking, "--id", "987654321").stdout)
    assert (nobody["outcome"], nobody["candidates"]) == ("not_found", [])
    unusable = small.ibr(*asking, "--id", "0000000", expect=2)
    assert json.loads(unusable.stdout)["outcome"] == "could_not_check"

    file = tmp_path / "report.html"
    which = ("--enquiry", str(found["audit_sequence"]))
    told = json.loads(small.ibr("person", "report", *which, "--json", "--output", str(file)).stdout)
    assert record_id in [row["record_id"] for row in told["records"]]
    assert {row["record"] for row in told["mirrored"]} == {row["record_id"] for row in told["records"]}
    assert any(row["amount_paid"] > "0" for row in told["payments"])
    assert "enquired" in {row["action"] for row in told["seen_by"]}
    page = file.read_text()
    assert name in page
    assert file.stat().st_mode & 0o077 == 0
    assert not any(word in page for word in ("http://", "https://", "<script"))

    seen = json.loads(small.ibr("audit", "who-saw", uid, "--json").stdout)
    assert ("County desk", "payment query") in {(one["actor"], one["purpose"]) for one in seen}
    assert "person_reported" in {one["action"] for one in seen}
    small.ibr("audit", "verify")
    kept = [*small.home.glob("audit*/*.jsonl"), *(file for file in small.home.glob("logs/**/*") if file.is_file())]
    assert len(kept) > 2
    assert not [(file, value) for file in kept for value in (name, national_id) if value in file.read_text()]


def test_a_run_leaves_its_trail_and_the_publication_an_anchor(small, tmp_path):
    events = [json.loads(line) for line in (small.home / "audit" / "events.jsonl").read_text().splitlines()]
    actions = [event["action"] for event in events]
    assert actions[:2] == ["configuration_changed", "run_started"]
    assert {"exceptions_exported", "published", "run_ended"} < set(actions)
    manifest = json.loads((small.home / "published" / "current" / "publication.json").read_text())
    sequence, _, hash_ = manifest["audit_head"].partition(":")
    assert events[int(sequence) - 1]["hash"] == hash_

    copy = small.copy(tmp_path / "workspace")
    for log in copy.home.glob("audit*/events.jsonl"):
        lines = log.read_bytes().splitlines(keepends=True)
        log.write_bytes(b"".join(lines[: int(sequence) - 1]))
    cut = copy.ibr("audit", "verify", expect=4)
    assert f"knew event {sequence}" in cut.stdout
