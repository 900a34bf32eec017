"""The service on a small linked warehouse: the same answers as the night's, who may know what, trouble told apart."""

import asyncio
import contextlib
import datetime as dt
import json
import shutil
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import duckdb
import httpx
import pytest
from pydantic import ValidationError

from exchange.service import app, jobs, models, state
from exchange.service import service as service_module
from exchange.service.app import make_app
from exchange.service.keys import Key, add, file, keys, revoke
from exchange.service.limits import Limits
from exchange.service.server import run
from exchange.service.service import Service
from ibr.errors import ConfigurationProblem
from ibr.workspace import Workspace
from linkage.lookup import Lookup
from tests.integration.service_warehouse import REGISTRY, make_warehouse, publish
from warehouse import audit

NOW = dt.datetime.now(dt.UTC)
ALL = ("verify", "enrolments")


@pytest.fixture(scope="module")
def made(service_home) -> Path:
    return service_home


@pytest.fixture
def home(made, tmp_path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "home", symlinks=True))


class Caller:
    """Asks an application in this process."""

    def __init__(self, home: Path, client: httpx.AsyncClient, loop: asyncio.AbstractEventLoop) -> None:
        self.home, self._client, self._loop = home, client, loop
        self.key = add(home, "pension", "PENSION", ALL, NOW)

    def request(self, method: str, path: str, *, key: str | None = None, **more) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key or self.key}"} | more.pop("headers", {})
        return self._loop.run_until_complete(self._client.request(method, path, headers=headers, **more))

    def call(self, *asked) -> None:
        """Ask the application itself, by ASGI."""
        self._loop.run_until_complete(self._client._transport.app(*asked))

    def verify(self, person: dict, **more) -> dict:
        done = self.request("POST", "/verify", json={"purpose": "desk", "person": person}, **more)
        assert done.status_code == 200, done.text
        return done.json()["persons"][0]


@asynccontextmanager
async def _running(home: Path):
    app = make_app(Workspace.at(home))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    client = httpx.AsyncClient(transport=transport, base_url="http://ibr")
    async with app.router.lifespan_context(app), client:
        yield client


@pytest.fixture(scope="module")
def caller(made, tmp_path_factory):
    home = Path(shutil.copytree(made, tmp_path_factory.mktemp("asked") / "home", symlinks=True))
    yield from _asking(home)


def _asking(home: Path):
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        context = _running(home)
        client = loop.run_until_complete(context.__aenter__())
        yield Caller(home, client, loop)
        loop.run_until_complete(context.__aexit__(None, None, None))


def rows(home: Path, query: str) -> list[dict]:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
        return con.execute(query).to_arrow_table().to_pylist()


DETAILS = (
    "national_id", "given_name", "middle_name", "family_name", "full_name", "birth_date", "sex", "county_code",
    "area_code",
)  # fmt: skip


def person(row: dict) -> dict:
    return {name: str(row[name]) for name in DETAILS if row[name] is not None}


def test_every_record_is_answered_for_as_the_night_found_it(caller):
    known = rows(caller.home, "SELECT p.*, v.status, v.match_key, v.mismatched_fields FROM registry.persons p "
                              "JOIN linkage.verification v USING (record_id) ORDER BY record_id")  # fmt: skip
    assert len({row["status"] for row in known}) >= 5
    done = caller.request("POST", "/verify/batch", json={"purpose": "desk", "persons": [person(row) for row in known]})
    told = [one["population_register"] for one in done.json()["persons"]]
    found = [(one["status"], one["evidence_level"], one["mismatched_fields"]) for one in told]
    assert found == [(row["status"], row["match_key"], row["mismatched_fields"]) for row in known]


@pytest.mark.parametrize(("given", "outcome"), [
    (["national_id"], "possible_match"),
    (["national_id", "sex"], "possible_match"),
    (["national_id", "family_name"], "possible_match"),
    (["national_id", "given_name"], "known"),
    (["national_id", "birth_date"], "known"),
    (["national_id", "full_name"], "known"),
])  # fmt: skip
def test_whose_id_a_record_bears_is_never_not_known(caller, given, outcome):
    row = rows(caller.home, "FROM registry.persons WHERE record_id = 'one:10'")[0]
    told = caller.verify({name: str(row[name]) for name in given})["programs"]
    assert (told["outcome"], bool(told["enrolments"])) == (outcome, outcome == "known")


def test_an_id_with_somebody_elses_names_is_for_people_to_look_at(caller):
    row = rows(caller.home, "FROM registry.persons WHERE record_id = 'one:10'")[0]
    told = caller.verify({"national_id": row["national_id"], "given_name": "Xolani", "family_name": "Dlamini"})
    assert told["programs"]["outcome"] == "possible_match"


@pytest.mark.parametrize("given", [{}, {"phone": "+254712345678"}, {"given_name": "Halima"}, {"national_id": "...."}])
def test_where_too_little_is_given_neither_word_says_that_somebody_is_unknown(caller, given):
    told = caller.verify(given)
    assert (told["answer"], told["programs"]["outcome"]) == ("could_not_check", "could_not_check")


def test_together_or_alone_the_answer_is_the_same(caller):
    some = [person(row) for row in rows(caller.home, "FROM registry.persons ORDER BY hash(record_id) LIMIT 8")]
    many = caller.request("POST", "/verify/batch", json={"purpose": "desk", "persons": some}).json()["persons"]
    assert [caller.verify(one) for one in some] == many


def test_somebody_of_the_register_who_is_in_no_program(caller):
    (row,) = rows(caller.home, "FROM registry.population WHERE register_id = 'R100007'")
    told = caller.verify(person(row))
    assert (told["answer"], told["population_register"]["life"]["state"]) == ("verified", "alive")
    assert (told["programs"]["outcome"], told["programs"]["enrolments"]) == ("not_known", [])


def test_without_an_id_by_match_key_and_with_another_name_a_mismatch(caller):
    (row,) = rows(caller.home, "FROM registry.population WHERE register_id = 'R100007'")
    no_id = {name: value for name, value in person(row).items() if name != "national_id"}
    assert caller.verify(no_id)["answer"] == "found_by_match_key"
    other = caller.verify(person(row) | {"given_name": "Zipporah", "full_name": f"Zipporah {row['family_name']}"})
    assert (other["answer"], other["population_register"]["mismatched_fields"]) == ("mismatch", ["given_name"])


def test_dead_not_found_and_could_not_check_are_three_things(caller):
    (dead,) = rows(caller.home, "FROM registry.population WHERE register_id = 'R100100'")
    told = caller.verify(person(dead))
    assert (told["answer"], told["population_register"]["life"]["since"]) == ("deceased", "2026-01-15")
    nobody = {"full_name": "Nobody Nowhere", "birth_date": "1950-01-02", "sex": "F"}
    assert caller.verify(nobody)["answer"] == "not_found"
    nothing = caller.verify({"given_name": "Akinyi"})
    assert (nothing["answer"], nothing["population_register"]["could_not_check_reason"]) == (
        "could_not_check", "not_enough_details",
    )  # fmt: skip


def test_who_is_enrolled_already_with_the_rules_verdict(caller):
    (row,) = rows(caller.home, "FROM registry.persons WHERE record_id = 'two:15'")
    told = caller.verify(person(row))
    assert (told["answer"], told["programs"]["outcome"], told["programs"]["verdict"]) == (
        "already_enrolled", "known", "prohibited",
    )  # fmt: skip
    (benefit,) = told["programs"]["enrolments"]
    assert (benefit["program"], benefit["rule_code"], benefit["level"]) == ("GRANT", "R1", "person")
    assert benefit["roles"] is benefit["enrolled_date"] is None, "of another program no more than that it is there"


def test_a_household_with_the_verdict_of_its_rule(caller):
    members = rows(caller.home, "SELECT * FROM registry.persons WHERE record_id IN ('two:15', 'one:20')")
    done = caller.request("POST", "/verify", json={"purpose": "desk", "household": [person(row) for row in members]})
    told = done.json()
    assert len(told["persons"]) == 2
    assert (told["household"]["verdict"], len(told["household"]["household_uids"])) == ("prohibited", 2)


def test_without_the_scope_nothing_of_benefits_is_told(caller):
    key = add(caller.home, "narrow", "PENSION", ("verify",), NOW)
    (row,) = rows(caller.home, "FROM registry.persons WHERE record_id = 'two:15'")
    told = caller.verify(person(row), key=key)
    assert (told["answer"], told["programs"]) == ("verified", None)


@pytest.mark.parametrize("known", [True, False])
def test_outside_the_scope_known_and_unknown_persons_look_the_same(caller, known):
    (row,) = rows(caller.home, "FROM registry.persons WHERE record_id = 'two:15'")
    asked = person(row) if known else {"full_name": "Nobody Nowhere", "birth_date": "1950-01-02"}
    done = caller.request("POST", "/verify", json={"purpose": "desk", "program": "GRANT", "person": asked})
    assert (done.status_code, done.json()) == (
        403, {"error": "not_in_scope", "message": "this key asks for another program"},
    )  # fmt: skip


def test_a_key_is_needed_and_stops_when_it_is_revoked(caller):
    body = {"purpose": "desk", "person": {"national_id": "20000017"}}
    assert caller.request("POST", "/verify", key="ibr_wrong", json=body).status_code == 401
    key = add(caller.home, "gone", "PENSION", ALL, NOW)
    assert caller.request("POST", "/verify", key=key, json=body).status_code == 200
    revoke(caller.home, "gone")
    assert caller.request("POST", "/verify", key=key, json=body).status_code == 401
    assert "gone" not in [one.name for one in keys(caller.home)]


def test_of_a_key_only_a_hash_is_kept_outside_the_workspace(caller):
    kept = file(caller.home)
    assert caller.key not in kept.read_text()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert caller.home not in kept.parents


def test_every_answer_is_in_the_trail_without_what_was_sent(caller):
    (row,) = rows(caller.home, "FROM registry.persons WHERE record_id = 'two:15'")
    told = caller.verify(person(row))
    event = audit.last(caller.home, "verification_answered")
    assert (event.actor, event.subjects) == ("pension", [told["programs"]["person_uid"]])
    assert (event.details["purpose"], event.details["answers"]) == ("desk", {"already_enrolled": 1})
    log = (caller.home / "audit" / "events.jsonl").read_text()
    assert row["national_id"] not in log
    assert row["family_name"] not in log
    assert not audit.verify(caller.home, {}).faults


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"purpose": "desk"}, 422, "not_as_expected"),
        ({"purpose": "", "person": {}}, 422, "not_as_expected"),
        ({"person": {"national_id": "20000017"}}, 422, "not_as_expected"),
        ({"purpose": "asks for 20000017", "person": {}}, 422, "purpose_holds_a_number"),
        ({"purpose": "desk", "program": "NONE", "person": {}}, 422, "unknown_program"),
        ({"purpose": "desk", "person": {"birth_date": "1950-13-45"}}, 422, "not_as_expected"),
        ({"purpose": "desk", "person": {"full_name": "x" * 5000}}, 422, "not_as_expected"),
        ({"purpose": "desk", "person": {"full_name": ["Robert'); DROP TABLE"]}}, 422, "not_as_expected"),
    ],
)
def test_a_request_that_cannot_be_used_is_told_without_its_values(caller, body, status, code):
    done = caller.request("POST", "/verify", json=body)
    assert (done.status_code, done.json()["error"]) == (status, code)
    for value in ("20000017", "1950-13-45", "DROP TABLE", "xxx"):
        assert value not in done.text


@pytest.mark.parametrize(
    "name", ["'; DROP TABLE asked; --", "<script>alert(1)</script>", "\u0000\u202e", "名前", "%s%n {{7*7}}"]
)
def test_odd_names_are_names(caller, name):
    told = caller.verify({"full_name": name, "given_name": name, "birth_date": "1950-01-02"})
    assert told["answer"] in ("not_found", "could_not_check")


@pytest.mark.parametrize("body", [b"", b"[" * 200_000, b"\xff\xfe", b'{"purpose": "desk"'])
def test_a_body_that_is_no_json_is_told(caller, body):
    done = caller.request("POST", "/verify", content=body, headers={"Content-Type": "application/json"})
    assert done.status_code in (400, 422)


def test_a_body_that_is_too_large_is_not_read(caller):
    done = caller.request("POST", "/verify", content=b"x", headers={"Content-Length": str(1 << 30)})
    assert (done.status_code, done.json()["error"]) == (413, "too_large")


def test_a_body_of_unknown_length_that_becomes_too_large_is_told_so(caller, monkeypatch):
    async def parts():
        yield b"x" * 6
        yield b"x" * 6

    monkeypatch.setattr("exchange.service.problems.LARGEST_BODY", 10)
    done = caller.request("POST", "/verify", content=parts())
    assert (done.status_code, done.json()["error"]) == (413, "too_large")


def test_the_key_is_looked_at_before_the_body(caller):
    async def never():
        pytest.fail("the body was read")
        yield b""

    for path in ("/verify", "/verify/batch"):
        done = caller.request("POST", path, key="ibr_wrong", content=never())
        assert (done.status_code, done.json()["error"]) == (401, "no_key")


def test_a_caller_that_hangs_up_is_no_defect(caller, caplog):
    events = iter([{"type": "http.request", "body": b'{"purpose": ', "more_body": True}, {"type": "http.disconnect"}])
    sent = []

    async def receive():
        return next(events, {"type": "http.disconnect"})

    async def send(message):
        sent.append(message)

    headers = [(b"authorization", f"Bearer {caller.key}".encode()), (b"content-type", b"application/json")]
    scope = {
        "type": "http", "method": "POST", "path": "/verify", "raw_path": b"/verify", "query_string": b"",
        "headers": headers, "http_version": "1.1", "scheme": "http", "server": ("ibr", 80), "client": ("here", 1),
    }  # fmt: skip
    caller.call(scope, receive, send)
    assert [one["status"] for one in sent if one["type"] == "http.response.start"] == [400]
    assert not caplog.records


def test_a_body_that_is_no_json_costs_a_call(home):
    (home / "registry.yml").write_text(REGISTRY + "service: {calls_per_second: 0.1, burst: 2}\n")
    for asking in _asking(home):
        tried = [asking.request("POST", "/verify", content=b"{") for _ in range(3)]
        assert [one.status_code for one in tried] == [422, 422, 429]


def test_who_asks_more_than_it_may_is_told_when_to_come_back(home):
    (home / "registry.yml").write_text(REGISTRY + "service: {calls_per_second: 0.1, burst: 2}\n")
    for asking in _asking(home):
        tried = [asking.request("POST", "/verify", json={"purpose": "desk", "person": {}}) for _ in range(3)]
        assert [one.status_code for one in tried] == [200, 200, 429]
        assert int(tried[2].headers["Retry-After"]) >= 5


def test_a_bucket_fills_at_its_rate():
    clock = [0.0]
    limits = Limits(2.0, 4, lambda: clock[0])
    assert [limits.wait("a") for _ in range(5)] == [0, 0, 0, 0, 0.5]
    assert limits.wait("b") == 0
    clock[0] = 1.0
    assert [limits.wait("a") for _ in range(3)] == [0, 0, 0.5]
    clock[0] = 100.0
    assert limits.wait("a", 50) == 0, "what is larger than a burst takes all of one"
    assert limits.wait("a") == 0.5
    clock[0] = 200.0
    assert [limits.wait("a"), limits.wait("a", 50, spent=1)] == [0, 0], "it never asks for more than a burst in all"
    assert limits.wait("a") > 0
    clock[0] = 201.0
    assert limits.wait("a") == 0
    clock[0] += limits.wait("a", 4, spent=1)
    assert [limits.wait("a"), limits.wait("a", 4, spent=1)] == [0, 0], "who waits as told is served"


def test_threads_share_a_bucket():
    class Slow(dict):
        def get(self, *asked):
            found = super().get(*asked)
            time.sleep(0.01)
            return found

    limits = Limits(0.001, 2)
    limits._buckets = Slow()
    with ThreadPoolExecutor(6) as pool:
        waits = list(pool.map(lambda _: limits.wait("a"), range(6)))
    assert waits.count(0) == 2


def test_more_than_fits_a_call_is_a_job(caller, monkeypatch):
    monkeypatch.setattr("exchange.service.app.MOST_IN_A_CALL", 5)
    monkeypatch.setattr(jobs, "PERSONS_A_PART", 4)
    some = [person(row) for row in rows(caller.home, "FROM registry.persons ORDER BY record_id LIMIT 10")]
    done = caller.request("POST", "/verify/batch", json={"purpose": "desk", "persons": some})
    assert done.status_code == 202
    where = done.headers["Location"]
    until = time.monotonic() + 30
    while (state := caller.request("GET", where).json())["state"] != "done" and time.monotonic() < until:
        time.sleep(0.05)
    assert (state["state"], state["parts"], state["parts_answered"]) == ("done", 3, 3)
    parts = [caller.request("GET", f"{where}/parts/{part}").json()["persons"] for part in range(3)]
    assert audit.last(caller.home, "job_part_told").details == {"job_id": where.rpartition("/")[2], "part": 2}
    alone = [caller.verify(one) for one in some]
    assert [one for part in parts for one in part] == alone
    other = add(caller.home, "other", "GRANT", ALL, NOW)
    assert caller.request("GET", where, key=other).status_code == 404
    assert b"national_id" not in json.dumps(state).encode()


def wait_for(waiting: jobs.Jobs, job_id: str, key: Key) -> None:
    """Until a job is done."""
    until = time.monotonic() + 20
    while waiting.state(job_id, key.holder)["state"] != "done" and time.monotonic() < until:
        time.sleep(0.02)
    assert waiting.state(job_id, key.holder)["state"] == "done"


def test_a_job_outlives_what_could_not_be_answered(home, caplog):
    waiting = jobs.Jobs(home)
    add(home, "often", "PENSION", ALL, NOW)
    key = next(one for one in keys(home) if one.name == "often")
    job_id = waiting.accept(key, "PENSION", "desk", [models.Person(national_id="20000017")], NOW)
    tried = []

    def answer(part: jobs.Part) -> bytes:
        tried.append(part.part)
        if len(tried) == 1:
            raise OSError("no room for 20000017")
        return b"{}"

    worker = jobs.Worker(waiting, answer)
    wait_for(waiting, job_id, key)
    worker.close()
    waiting.close()
    assert tried == [0, 0]
    assert "OSError" in caplog.text
    assert "20000017" not in caplog.text


def test_jobs_go_on_after_the_state_could_not_be_read_or_written(home, caplog, monkeypatch):
    waiting = jobs.Jobs(home)
    add(home, "patient", "PENSION", ALL, NOW)
    key = next(one for one in keys(home) if one.name == "patient")
    job_id = waiting.accept(key, "PENSION", "desk", [models.Person(national_id="20000017")], NOW)
    faults = {"next": 1, "answer": 1}

    def failing_once(name, done):
        def call(*given):
            if faults[name]:
                faults[name] -= 1
                raise sqlite3.OperationalError("database is locked")
            return done(*given)

        return call

    for name in faults:
        monkeypatch.setattr(waiting, name, failing_once(name, getattr(waiting, name)))
    worker = jobs.Worker(waiting, lambda part: b"{}")
    wait_for(waiting, job_id, key)
    worker.close()
    waiting.close()
    assert caplog.text.count("OperationalError") == 2


def test_publications_are_looked_for_after_a_look_that_failed(monkeypatch, caplog):
    looks = []

    def refresh():
        looks.append("refresh")
        if len(looks) == 1:
            raise KeyError("reporting_date")

    service = SimpleNamespace(snapshots=SimpleNamespace(refresh=refresh), tidy=lambda: looks.append("tidy"))
    monkeypatch.setattr(app, "LOOKS_EVERY", 0.001)

    async def look() -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(app._look_for_publications(service), timeout=2)

    asyncio.run(look())
    assert looks[:4] == ["refresh", "tidy", "refresh", "tidy"]
    assert "KeyError" in caplog.text
    assert "reporting_date" not in caplog.text


@pytest.mark.parametrize("written", [0, "0", "86400", 86_400, 1767225600.0, "1950", True])
def test_a_number_is_no_birth_date(written):
    with pytest.raises(ValidationError, match="YYYY-MM-DD"):
        models.Person(given_name="A", birth_date=written)


def test_a_job_left_by_a_killed_process_is_taken_up_again(home):
    waiting = jobs.Jobs(home)
    add(home, "late", "PENSION", ALL, NOW)
    key = next(one for one in keys(home) if one.name == "late")
    job_id = waiting.accept(key, "PENSION", "desk", [models.Person(national_id="20000017")], NOW)
    waiting.close()
    again = jobs.Jobs(home)
    answered = []
    worker = jobs.Worker(again, lambda part: answered.append(part.persons) or b"{}")
    wait_for(again, job_id, key)
    revoke(home, "late")
    add(home, "late", "PENSION", ALL, NOW)
    other = next(one for one in keys(home) if one.name == "late")
    assert again.state(job_id, other.holder) is None, "whoever has the name now is another caller"
    worker.close()
    assert [one.national_id for one in answered[0]] == ["20000017"]
    again.forget(NOW + dt.timedelta(days=1))
    assert again.state(job_id, key.holder) is None
    again.close()
    assert (home / state.FILE).stat().st_mode & 0o777 == 0o600


def test_nothing_published_is_could_not_check_and_not_no_match(home):
    shutil.rmtree(home / "published")
    _refused(home, "nothing_is_published")


def test_a_publication_that_is_too_old_is_could_not_check(home):
    (home / "registry.yml").write_text(REGISTRY + "service: {max_age_hours: 1}\n")
    about = home / "published" / "20260701T010000Z" / "publication.json"
    content = json.loads(about.read_text()) | {"published_at": (NOW - dt.timedelta(hours=3)).isoformat()}
    about.write_text(json.dumps(content))
    _refused(home, "publication_too_old")


def test_an_index_that_is_damaged_is_could_not_check(home):
    index = home / "published" / "current" / "lookup" / "lookup.duckdb"
    index.write_bytes(b"no database")
    _refused(home, "index_not_readable")


@pytest.mark.parametrize("kind", ["persons.arrow", "of_records_key_*.npy", "register_by_national_id.npy"])
def test_an_index_whose_values_are_damaged_answers_nothing_wrong(home, kind):
    file = next((home / "published" / "current" / "lookup").glob(kind))
    file.chmod(0o600)
    with file.open("r+b") as opened:
        opened.seek(file.stat().st_size // 2)
        opened.write(b"\x55" * 40)
    _refused(home, "index_not_readable")


def _refused(home: Path, reason: str) -> None:
    for asking in _asking(home):
        for path, body in (("/verify", {"person": {}}), ("/verify/batch", {"persons": [{}]})):
            done = asking.request("POST", path, json={"purpose": "desk"} | body)
            assert (done.status_code, done.json()["error"]) == (503, reason)
            assert done.json()["message"].startswith("could not check")
        health = asking.request("GET", "/health")
        assert (health.status_code, health.json()["reason"]) == (503, reason)


def test_a_register_that_could_not_be_asked_is_could_not_check(made, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "registry.yml").write_text(REGISTRY)
    make_warehouse(home / "warehouse.duckdb", register=False)
    publish(home, home / "warehouse.duckdb", "20260701T010000Z", NOW)
    for asking in _asking(home):
        (row,) = rows(home, "FROM registry.persons WHERE record_id = 'two:15'")
        told = asking.verify(person(row))
        assert told["population_register"]["could_not_check_reason"] == "register_not_available"
        # What the rules prohibit is told all the same.
        assert (told["answer"], told["programs"]["outcome"]) == ("already_enrolled", "known")
        told = asking.verify({"full_name": "Xolani Dlamini", "birth_date": "1944-04-04"})
        assert (told["answer"], told["programs"]["outcome"]) == ("could_not_check", "not_known")


def test_a_registry_that_does_not_ask_for_the_service_is_told_what_to_set(tmp_path):
    (tmp_path / "registry.yml").write_text(REGISTRY.replace("service: {enabled: true}\n", ""))
    with pytest.raises(ConfigurationProblem, match=r"set service: \{enabled: true\}, and `ibr run` builds its index"):
        run(Workspace.at(tmp_path), "127.0.0.1", 0)


def test_health_metrics_and_the_description(caller):
    caller.verify({"national_id": "20000119"})
    health = caller.request("GET", "/health").json()
    assert (health["status"], health["version"], health["stale_sources"]) == ("ok", "20260701T010000Z", ["two"])
    metrics = caller.request("GET", "/metrics").text
    assert 'ibr_requests_total{route="/verify",status="200"}' in metrics
    described = caller.request("GET", "/openapi.json").json()
    own = {path for path in described["paths"] if not path.startswith(("/registry/", "/.well-known/"))}
    assert own == {
        "/verify", "/verify/batch", "/verify/jobs/{job_id}", "/verify/jobs/{job_id}/parts/{part}", "/health",
        "/metrics",
    }  # fmt: skip


def test_a_key_without_the_scope_learns_nothing_from_the_programs_records(caller):
    """Of people whose own ID says nothing, the night knows some by what other records of theirs say."""
    narrow = add(caller.home, "register alone", "PENSION", ("verify",), NOW)
    known = rows(caller.home, "SELECT * REPLACE ('99' || record_id AS national_id) FROM registry.persons")
    asked = {"purpose": "desk", "persons": [person(row) for row in known]}
    levels = {}
    for key in (caller.key, narrow):
        told = caller.request("POST", "/verify/batch", key=key, json=asked).json()["persons"]
        levels[key] = {one["population_register"]["evidence_level"] for one in told}
    assert "same_person" in levels[caller.key], "else this proves nothing"
    assert "same_person" not in levels[narrow]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(ValueError("Could not convert string Wanjiru Kamau"), 500, "defect"), (OSError(28, "x"), 503, "not_available")],
)
def test_what_nobody_foresaw_is_told_and_logged_without_its_words(caller, monkeypatch, caplog, error, status, code):
    def fails(*_, **__):
        raise error

    monkeypatch.setattr(Lookup, "check", fails)
    done = caller.request("POST", "/verify", json={"purpose": "desk", "person": {"national_id": "20000017"}})
    assert (done.status_code, done.json()["error"]) == (status, code)
    assert type(error).__name__ in caplog.text
    assert "Wanjiru" not in done.text + caplog.text


@pytest.fixture
def service(home):
    running = Service(home, Workspace.at(home).registry)
    yield running
    running.close()


def test_jobs_take_turns(home, monkeypatch):
    monkeypatch.setattr(jobs, "PERSONS_A_PART", 1)
    waiting = jobs.Jobs(home)
    add(home, "fair", "PENSION", ALL, NOW)
    key, person = keys(home)[-1], models.Person(national_id="20000017")
    long = waiting.accept(key, None, "desk", [person] * 3, NOW)
    short = waiting.accept(key, None, "desk", [person], NOW + dt.timedelta(seconds=1))
    order = []
    while part := waiting.next():
        order.append((part.job_id, part.part))
        waiting.answer(part, b"{}")
        if order[-1] == (long, 1):
            later = waiting.accept(key, None, "desk", [person] * 2, NOW)
    assert order == [(long, 0), (short, 0), (long, 1), (later, 0), (long, 2), (later, 1)]
    waiting.close()


def test_a_job_waits_where_the_list_of_keys_is_gone_for_a_moment(home, service):
    add(home, "moved", "PENSION", ALL, NOW)
    key = keys(home)[-1]
    aside = file(home).rename(file(home).with_suffix(".aside"))
    assert not service._keyring.has_revoked(key)
    aside.rename(file(home))
    assert not service._keyring.has_revoked(key)
    revoke(home, "moved")
    assert service._keyring.has_revoked(key)


def test_the_job_of_a_revoked_key_is_not_worked_on(home, service):
    add(home, "revoked", "PENSION", ALL, NOW)
    key = keys(home)[-1]
    revoke(home, "revoked")
    job_id = service.jobs.accept(key, None, "desk", [models.Person(national_id="20000017")], NOW)
    until = time.monotonic() + 10
    while service.jobs.state(job_id, key.holder) and time.monotonic() < until:
        time.sleep(0.02)
    assert service.jobs.state(job_id, key.holder) is None
    assert audit.last(home, "verification_answered") is None


def test_jobs_that_are_kept_no_longer_go_while_the_service_runs(home, service, monkeypatch):
    add(home, "jobs", "PENSION", ALL, NOW)
    key = keys(home)[-1]
    job_id = service.jobs.accept(key, None, "desk", [models.Person(national_id="20000017")], NOW)
    later = NOW + dt.timedelta(days=8)
    monkeypatch.setattr(service_module, "now", lambda: later)
    service.tidy()
    assert service.jobs.state(job_id, key.holder) is None
