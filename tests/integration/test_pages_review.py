"""Cases and exceptions at the pages: decided into the inbox, taken back until a run comes, taken up by its rules."""

import csv
import datetime as dt
import json
import re
import shutil
from pathlib import Path

import duckdb
import pytest
import yaml

from exchange.decisions import import_inbox
from exchange.pages import staff
from exchange.review import review_queue
from exchange.review.inbox import FOLDER as INBOX
from exchange.review.inbox import decisions_left, leave_decision, take_up
from exchange.review.published import FILE, FOLDER, build_queue, published_queue
from ibr.errors import UsageProblem
from tests.integration.managers import states
from tests.integration.test_clerical_sample import linked  # noqa: F401
from tests.pages import REGISTRY, VERSION, add_people, publish, quick_passwords, served  # noqa: F401
from warehouse import audit
from warehouse.connection import connect

TWO = {"decisions": {"two_people": ["same person"]}}
CASE = re.compile(r"/review/case/([0-9a-f]{20})")


@pytest.fixture(scope="module")
def published(linked, tmp_path_factory) -> Path:  # noqa: F811
    """A workspace with a publication, its queue, and the warehouse it is from."""
    home = tmp_path_factory.mktemp("queue") / "home"
    folder = publish(home)
    shutil.copy(linked / "warehouse.duckdb", home)
    build_queue(home / "warehouse.duckdb", home / "tmp", folder)
    return home


@pytest.fixture(scope="module")
def people(published):
    secrets = add_people(published)
    registry = published / "registry.yml"
    registry.write_text(yaml.safe_dump(yaml.safe_load(REGISTRY) | TWO))
    with served(published) as browser:
        yield {name: browser().enter(name, secret) for name, secret in secrets.items()}


@pytest.fixture(autouse=True)
def nothing_left(published):
    yield
    shutil.rmtree(published / INBOX, ignore_errors=True)


def cases(visitor) -> list[str]:
    return list(dict.fromkeys(CASE.findall(visitor.get("/review").text)))


def decide(visitor, case: str, decision: str, **more):
    path = f"/review/case/{case}"
    return visitor.send(path, decision=decision, **more)


def taken(home: Path, tmp_path: Path, two_people=()) -> list[tuple]:
    """What a run records of what was left, in a copy of the warehouse."""
    file = shutil.copy(home / "warehouse.duckdb", tmp_path / "warehouse.duckdb")
    with connect(file) as con:
        take_up(con, home, two_people)
        return con.execute(
            "SELECT decision, decided_by, comment FROM ops.review_decisions ORDER BY decision_id"
        ).fetchall()


def test_a_queue_of_an_earlier_release_is_named_so(tmp_path):
    folder = publish(tmp_path)
    (folder / FOLDER).mkdir()
    with duckdb.connect(str(folder / FOLDER / FILE)) as con:
        con.execute("CREATE TABLE cases AS SELECT 'mis_a:1' AS record_id_l, 1 AS place")
    with pytest.raises(UsageProblem, match="earlier release; the next run"), published_queue(tmp_path):
        pass


def test_the_page_lists_the_cases_in_the_queues_order_without_details(published, people):
    with connect(published / "warehouse.duckdb", read_only=True) as con:
        queue = review_queue(con, 25)
    page = people["Amina"].get("/review").text
    assert f"{queue.total} wait for you" in page
    assert len(cases(people["Amina"])) == len(queue.pairs)
    assert [f"{case.match_probability:.3f}" for case in queue.pairs] == re.findall(r"<td>(\d\.\d{3})</td>", page)
    assert all(record not in page for case in queue.pairs for record in case.pair)


def test_a_case_shows_both_records_and_the_evidence_and_is_in_the_trail(published, people):
    first = cases(people["Amina"])[0]
    page = people["Amina"].get(f"/review/case/{first}").text
    with connect(published / "warehouse.duckdb", read_only=True) as con:
        (case,) = review_queue(con, 1).pairs
        (name,) = con.execute(
            "SELECT full_name FROM registry.persons WHERE record_id = ?", [case.record_id_l]
        ).fetchone()
    assert all(record in page for record in case.pair)
    assert name in page
    assert case.evidence[-1].strip().split()[0] in page
    event = audit.last(published, "review_shown")
    assert (event.actor, set(event.subjects)) == ("Amina", set(case.pair))


def test_a_decision_goes_into_the_inbox_and_the_next_case_follows(published, people, tmp_path):
    before = (published / "warehouse.duckdb").stat().st_mtime_ns
    first, second, *_ = cases(people["Amina"])
    answer = decide(people["Amina"], first, "different people", comment="two  cards")
    assert answer.headers["location"] == f"/review/case/{second}"
    assert "Recorded: different people" in people["Amina"].get(f"/review/case/{second}").text
    assert first not in cases(people["Baraka"])  # a decision of one binds, and nobody is asked again
    assert (published / "warehouse.duckdb").stat().st_mtime_ns == before
    (file,) = (published / INBOX).glob("*.json")
    assert file.stat().st_mode & 0o077 == 0
    assert taken(published, tmp_path) == [("different people", "Amina", "two cards")]
    assert not list((published / INBOX).glob("*.json"))


def test_who_decided_takes_back_what_no_run_took_up_and_nobody_else_does(published, people, tmp_path):
    first = cases(people["Amina"])[0]
    decide(people["Amina"], first, "different people")
    (left,) = decisions_left(published)
    assert people["Baraka"].send(f"/review/back/{left.id}", at="/enquiry").status_code == 409
    assert people["Amina"].send(f"/review/back/{left.id}", at="/enquiry").status_code == 303
    assert cases(people["Amina"])[0] == first
    decide(people["Amina"], first, "different people")
    (left,) = decisions_left(published)
    taken(published, tmp_path)
    answer = people["Amina"].send(f"/review/back/{left.id}", at="/enquiry")
    assert (answer.status_code, "taken this decision up" in answer.text) == (409, True)


def test_the_trail_says_taken_back_only_of_what_was(published, people, monkeypatch):
    first = cases(people["Amina"])[0]
    decide(people["Amina"], first, "different people")
    (left,), before = decisions_left(published), audit.last(published, "review_taken_back")
    rename = Path.rename
    with monkeypatch.context() as patch:  # a run is first
        patch.setattr(Path, "rename", lambda path, _: rename(path, path.with_suffix(".taking")) and path.stat())
        assert people["Amina"].send(f"/review/back/{left.id}", at="/enquiry").status_code == 409
    assert audit.last(published, "review_taken_back") == before
    assert [one.is_taken_up for one in decisions_left(published)] == [True]
    decide(people["Amina"], cases(people["Amina"])[0], "different people")
    waits = decisions_left(published)
    with monkeypatch.context() as patch:
        patch.setattr("exchange.review.inbox.record", lambda *_, **__: 1 / 0)
        assert people["Amina"].send(f"/review/back/{waits[-1].id}", at="/enquiry").status_code == 500
    assert decisions_left(published) == waits
    assert people["Amina"].send(f"/review/back/{waits[-1].id}", at="/enquiry").status_code == 303
    assert audit.last(published, "review_taken_back").actor == "Amina"
    assert not list((published / INBOX).glob(".*"))


def test_what_a_run_took_up_stays_decided_until_a_later_publication_is_current(published, people, tmp_path):
    first, second, *_ = cases(people["Amina"])
    decide(people["Amina"], first, "different people")
    taken(published, tmp_path)  # and then nothing is published
    decide(people["Amina"], second, "different people")
    assert not {first, second} & set(cases(people["Baraka"]))
    page = people["Amina"].get("/review").text
    assert page.count("taken up by a run") == page.count("/review/back/") == 1
    assert "/review/back/" in people["Amina"].get(f"/review/case/{cases(people['Amina'])[0]}").text
    link = published / "published" / "current"
    later = shutil.copytree(published / "published" / VERSION, link.with_name("20260702T010000Z"))
    link.unlink()
    link.symlink_to(later.name)
    try:
        assert [one.is_taken_up for one in decisions_left(published)] == [False]
        assert first in cases(people["Baraka"])  # a later publication says of it what it will
        taken(published, tmp_path)
        assert [path.name for path in (published / INBOX / "taken").iterdir()] == [later.name]
    finally:
        link.unlink()
        link.symlink_to(VERSION)


def test_what_two_people_decide_waits_for_the_second(published, people, tmp_path):
    first, second, *_ = cases(people["Amina"])
    decide(people["Amina"], first, "same person")
    assert first not in cases(people["Amina"])
    assert "Amina: same person" in people["Baraka"].get(f"/review/case/{first}").text
    decide(people["Baraka"], first, "same person")
    assert first not in cases(people["Baraka"])
    decide(people["Amina"], second, "need more time")
    assert second not in cases(people["Amina"])[:2]
    file = shutil.copy(published / "warehouse.duckdb", tmp_path / "warehouse.duckdb")
    with connect(file) as con:
        assert take_up(con, published, ["same person"]) == 3
        assert con.execute("SELECT state, said_by FROM ops.review_answers ORDER BY 1").fetchall() == [
            ("in_force", ["amina", "baraka"]), ("more_time", ["amina"]),
        ]  # fmt: skip


def test_the_queue_says_of_each_case_what_still_has_to_be_confirmed(published, people, tmp_path):
    decide(people["Amina"], cases(people["Amina"])[0], "same person")
    copy = shutil.copy(published / "warehouse.duckdb", tmp_path / "warehouse.duckdb")
    with connect(copy) as con:
        take_up(con, published, ["same person"])
    build_queue(Path(copy), tmp_path, tmp_path)
    with connect(tmp_path / "review" / "queue.duckdb", read_only=True) as con:
        told = con.execute("SELECT state, said_by FROM cases ORDER BY state NULLS LAST").fetchall()
    assert told[0] == ("to_confirm", ["amina"])
    assert set(map(str, told[1:])) == {"(None, None)"}


def test_after_a_crash_the_same_word_is_not_recorded_twice(published, people, tmp_path):
    decide(people["Amina"], cases(people["Amina"])[0], "different people")
    (file,) = (published / INBOX).glob("*.json")
    content = file.read_bytes()
    copy = shutil.copy(published / "warehouse.duckdb", tmp_path / "warehouse.duckdb")
    with connect(copy) as con:
        assert take_up(con, published, []) == 1
        file.with_suffix(".taking").write_bytes(content)  # as a kill before the end leaves it
        assert take_up(con, published, []) == 0
        assert con.execute("SELECT count(*) FROM ops.review_decisions").fetchone() == (1,)


def test_a_pair_that_is_gone_holds_nothing_up(published, tmp_path):
    leave_decision(published, ["a:1", "b:2"], "same person", "Amina", dt.datetime(2026, 7, 1, tzinfo=dt.UTC))
    assert taken(published, tmp_path) == []
    assert not list((published / INBOX).glob("*.json"))
    assert audit.last(published, "review_outdated").actor == "Amina"


def test_only_the_secretariat_sees_cases_and_only_decisions_are_taken(people, published):
    first = cases(people["Amina"])[0]
    for name in ("Otieno", "Wanja"):
        assert people[name].get(f"/review/case/{first}").status_code == 403
        answer = people[name].send(f"/review/case/{first}", at="/enquiry", decision="same person")
        assert answer.status_code == 403
    assert people["Wanja"].get("/review").status_code == 403
    assert decide(people["Amina"], first, "delete them").status_code == 422
    assert people["Amina"].send("/review/case/" + "0" * 20, at="/enquiry", decision="same person").status_code == 409
    assert decisions_left(published) == []


@pytest.fixture
def answering(first_export, tmp_path):
    """A program's manager at the pages of a workspace that has exported its files."""
    home = Path(shutil.copytree(first_export, tmp_path / "home"))
    registry = yaml.safe_load(REGISTRY)
    registry["programs"] = {code: {"name": f"Program {code}", "benefit_unit": "person"} for code in ("X", "Y")}
    registry["sources"]["mis_a"]["programs"], registry["sources"]["mis_b"]["programs"] = ["X"], ["Y"]
    publish(home)
    (home / "registry.yml").write_text(yaml.safe_dump(registry))
    secret = staff.add(home, "Zawadi", staff.Profile.PROGRAM, "X", None, dt.datetime.now(dt.UTC))
    with served(home) as browser:
        yield home, browser().enter("Zawadi", secret)


EXCEPTION = re.compile(r"/review/exception/duplicates/(\w+)")


def test_an_answer_at_the_pages_is_one_in_the_file(answering):
    home, zawadi = answering
    listed = zawadi.get("/review").text
    first, *_ = dict.fromkeys(EXCEPTION.findall(listed))
    page = zawadi.get(f"/review/exception/duplicates/{first}").text
    assert first in page
    answer = zawadi.send(f"/review/exception/duplicates/{first}", decision="different people", comment="not they")
    assert answer.status_code == 303
    assert first not in zawadi.get("/review").text.split("<h2")[0]
    assert "different people" in zawadi.get("/review").text
    now = dt.datetime.now(dt.UTC)
    with connect(home / "warehouse.duckdb") as con:
        assert take_up(con, home, []) == 0
        (file,) = import_inbox(con, home, today=now.date(), imported_at=now, two_people=[])
        assert (file.problem, file.outcome.recorded) == (None, 1)
        assert con.execute("SELECT exception_id, decision, decided_by, comment FROM ops.decisions").fetchall() == [
            (first, "different people", "Zawadi", "not they")
        ]
        assert "decided" in states(con, "X").values()
    assert [one.is_taken_up for one in decisions_left(home)] == [True]
    assert first not in zawadi.get("/review").text.split("<h2")[0]  # the file is the one of before


def test_who_saw_finds_who_looked_at_a_person_through_a_programs_exceptions(answering):
    home, zawadi = answering
    rows = list(csv.DictReader(next(home.glob("exceptions/X/*/duplicates.csv")).open(encoding="utf-8-sig")))
    both = next(row for row in rows if row["other record (own program only)"])
    zawadi.get("/review")
    zawadi.send(f"/review/exception/duplicates/{both['exception_id']}", decision="different people")
    for heading in ("our record", "other record (own program only)"):
        seen = [one.action for one in audit.who_saw(home, [both[heading]]) if one.actor == "Zawadi"]
        assert {"review_listed", "review_shown", "review_left"} <= set(seen), heading


def test_a_program_sees_its_own_file_alone(answering):
    home, zawadi = answering
    mine = json.loads(next(home.glob("exceptions/X/*/manifest.json")).read_text())["rows"]["Duplicates"]
    assert f"{mine} wait for you" in zawadi.get("/review").text
    theirs = next(home.glob("exceptions/Y/*/duplicates.csv")).read_text().splitlines()[1].split(",")[0]
    assert zawadi.get(f"/review/exception/duplicates/{theirs}").status_code == 409
    assert zawadi.get(f"/review/exception/..%2f..%2fY/{theirs}").status_code == 404
    assert zawadi.get("/review?sheet=../../Y/2026-06-30/duplicates").status_code == 404


def test_a_program_whose_files_go_out_encrypted_answers_in_the_workbook(answering):
    home, zawadi = answering
    next(home.glob("exceptions/X/*/duplicates.csv")).unlink()
    answer = zawadi.get("/review")
    assert (answer.status_code, "answer in the workbook" in answer.text) == (503, True)
    assert VERSION not in answer.text


def test_what_is_no_decision_is_set_aside_and_holds_nothing_up(published, tmp_path):
    folder = published / INBOX
    folder.mkdir(parents=True)
    (folder / "odd.json").write_text("{}")
    (folder / "torn.json").write_text('{"id": ')
    assert decisions_left(published) == []
    assert taken(published, tmp_path) == []
    assert {path.name for path in (published / "quarantine" / "decisions").iterdir()} == {"odd.json", "torn.json"}
    assert audit.last(published, "review_refused").details["file"] == "torn"


@pytest.mark.parametrize(
    "change",
    [{"subject": []}, {"subject": ["a:1"]}, {"subject": ["a:1", "b:2", "c:3"]}, {"subject": "ab"},
     {"decision": "delete them"}, {"by": " "}, {"comment": 1}, {"program": "X", "subject": ["../../E1"]},
     {"program": "X", "subject": ["E1"], "decision": "delete them"}, {"id": "../another"}],
)  # fmt: skip
def test_what_only_looks_like_a_decision_is_set_aside_and_holds_nothing_up(published, people, tmp_path, change):
    leave_decision(published, ["a:1", "b:2"], "same person", "Amina", dt.datetime(2026, 7, 1, tzinfo=dt.UTC))
    (file,) = (published / INBOX).glob("*.json")
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    assert people["Amina"].get("/review").status_code == 200
    assert decisions_left(published) == []
    assert taken(published, tmp_path) == []
    assert audit.last(published, "review_refused").details["file"] == file.stem
    assert (published / "quarantine" / "decisions" / file.name).is_file()


def test_a_decision_taken_back_while_a_run_takes_up_holds_nothing_up(published, people, tmp_path, monkeypatch):
    first, second, *_ = cases(people["Amina"])
    decide(people["Amina"], first, "different people")
    decide(people["Amina"], second, "different people")
    rename, (gone, _) = Path.rename, sorted((published / INBOX).glob("*.json"))

    def late(path: Path, target: Path) -> Path:
        gone.unlink(missing_ok=True)
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", late)
    assert taken(published, tmp_path) == [("different people", "Amina", None)]
