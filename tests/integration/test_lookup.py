"""A register behind a web service: what it answers, and what it does not, ends where it should."""

import datetime as dt
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ibr.config import Source
from ibr.errors import ConfigurationProblem, ContractBroken, SourceUnreachable, WarehouseBusy
from pipelines.replication.lookup.service import Reply, Service
from pipelines.replication.lookup.store import Answers
from pipelines.replication.onboarding import check
from sample_country.register_service import Answer
from tests.integration.asking_child import PEOPLE
from tests.integration.lookups import CERTIFICATE, NOT_FOUND, Nights, Register, block, found

ONE, TWO, THREE, FOUR = "11111111", "22222222", "33333333", "44444444"


@pytest.fixture
def register() -> Iterator[Register]:
    with Register().open() as service:
        yield service


def test_answers_become_a_mirror_with_its_history(tmp_path: Path, register: Register) -> None:
    nights = Nights(tmp_path, register.url, cache_days=5)
    nights.people(ONE, TWO, None)
    register.answers[TWO] = NOT_FOUND
    outcome = nights.ask()
    assert (outcome.asked.done, outcome.trouble) == (2, None)
    assert nights.answers() == {ONE: ("found",), TWO: ("not_found",)}
    assert nights.surnames() == {ONE: f"K{ONE}"}
    assert nights.ask().asked.done == 0, "an answer is good for five days"
    register.answers[ONE] = found(ONE, died="2026-01-05", names={"first": "M", "other": None, "surname": "Z"})
    nights.ask(days=4)
    assert nights.surnames() == {ONE: "Z"}
    assert nights.rows("SELECT surname FROM history_iprs.person") == [(f"K{ONE}",)]
    assert sorted(register.calls) == [ONE, ONE, TWO, TWO]
    assert nights.rows("SELECT count(*) FROM ops.reconciliation WHERE NOT is_equal") == [(0,)]
    assert (tmp_path / "landing" / "iprs" / "answers.parquet").exists()


def test_an_answer_that_did_not_come_is_never_not_found(tmp_path: Path, register: Register) -> None:
    nights = Nights(tmp_path, register.url)
    nights.source.limits.rejected_share = 1.0
    nights.people(ONE, TWO, THREE, FOUR)
    register.answers[ONE] = Answer(500, {})
    register.answers[TWO] = Answer(404, b"<html>nginx</html>")  # a gateway's, not the register's
    register.answers[THREE] = Answer(200, b"<html>maintenance</html>")
    assert nights.ask().trouble is None
    assert nights.answers() == {
        ONE: ("unanswered", "register_did_not_answer", "STATUS_500"),
        TWO: ("unanswered", "answer_unusable", "STATUS_404"),
        THREE: ("unanswered", "answer_unusable", "NOT_JSON"),
        FOUR: ("found",),
    }
    assert register.calls.count(ONE) == 3, "tried twice more"
    assert register.calls.count(TWO) == 1, "not tried again: it would be the same"
    assert nights.clock.now() >= 1 + 4, "with a longer wait each time"
    refused = nights.rows("SELECT reason_code, value_given FROM ops.rejected_rows ORDER BY 1")
    assert [reason for reason, _ in refused] == ["NOT_JSON", "STATUS_404"]
    assert json.loads(refused[0][1])["answer"] == "<html>maintenance</html>"
    del register.answers[ONE], register.answers[TWO], register.answers[THREE]
    nights.ask()
    assert {outcome for outcome, *_ in nights.answers().values()} == {"found"}
    assert nights.rows("SELECT count(*) FROM ops.rejected_rows") == [(0,)]


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"id_number": TWO}, "ANOTHER_PERSON"),
        ({"names": {"first": "M", "other": None}}, "FIELD_MISSING:surname"),
        ({"sex": {"code": "F"}}, "FIELD_NOT_A_VALUE:sex"),
        ({"born": "04/03/1950"}, "FIELD_UNREADABLE:date_of_birth"),
        ({"is_deceased": "perhaps"}, "FIELD_UNREADABLE:is_deceased"),
        ({"register_id": None}, "KEY_MISSING:register_id"),
        ({"register_id": int(TWO) + 1}, "ANSWER_REPEATED"),
    ],
)
def test_an_answer_that_breaks_the_mapping_is_quarantined_and_counts_as_none(
    tmp_path: Path, register: Register, changed: dict, fault: str
) -> None:
    nights = Nights(tmp_path, register.url)
    nights.people(TWO)
    nights.ask()
    nights.people(ONE, TWO)
    register.answers[ONE] = found(ONE, **changed)
    assert nights.ask().trouble is None
    assert nights.answers() == {ONE: ("unanswered", "answer_unusable", fault), TWO: ("found",)}
    assert nights.surnames() == {TWO: f"K{TWO}"}
    ((reason, given),) = nights.rows("SELECT reason_code, value_given FROM ops.rejected_rows")
    assert reason == fault.split(":")[0]
    assert json.loads(given)["national_id"] == ONE


def test_an_optional_field_may_be_missing(tmp_path: Path, register: Register) -> None:
    answer = found(ONE)
    del answer.content["person"]["died"]
    register.answers[ONE] = answer
    nights = Nights(tmp_path, register.url, optional=["date_of_death"])
    nights.people(ONE)
    nights.ask()
    assert nights.answers() == {ONE: ("found",)}


def test_a_failed_renewal_takes_nothing_away(tmp_path: Path, register: Register) -> None:
    nights = Nights(tmp_path, register.url, cache_days=2)
    nights.people(ONE)
    nights.ask()
    register.answers[ONE] = Answer(503, {})
    nights.ask(days=5)
    assert nights.answers() == {ONE: ("found",)}
    assert nights.surnames() == {ONE: f"K{ONE}"}
    good_until = dt.datetime(2026, 1, 4, tzinfo=dt.UTC)
    assert nights.rows("SELECT good_until FROM mirror_iprs.answers") == [(good_until,)]


def test_those_never_asked_come_first_then_the_oldest(tmp_path: Path, register: Register) -> None:
    nights = Nights(tmp_path, register.url, max_calls_per_run=2, cache_days=1, parallel=1)
    nights.people(ONE, TWO, THREE, FOUR)
    register.answers[ONE] = NOT_FOUND
    asked = []
    for _ in range(4):
        register.calls.clear()
        nights.ask(days=2)
        asked.append(list(register.calls))
    assert asked == [[ONE, TWO], [THREE, FOUR], [ONE, TWO], [THREE, FOUR]]
    assert set(nights.answers()) == {ONE, TWO, THREE, FOUR}


def test_the_rate_is_kept_by_all_threads_together(tmp_path: Path, register: Register) -> None:
    nights = Nights(tmp_path, register.url, calls_per_second=2, parallel=4)
    nights.people(*(str(10_000_000 + number) for number in range(21)))
    nights.ask()
    assert nights.clock.now() == pytest.approx(10, abs=0.6), "21 calls, two a second"


def test_the_service_is_left_alone_for_as_long_as_it_says(tmp_path: Path, register: Register) -> None:
    nights = Nights(tmp_path, register.url, parallel=1)
    nights.people(ONE, TWO)
    register.answers[ONE] = [Answer(429, {}, {"Retry-After": "37"}), found(ONE)]
    nights.ask()
    assert nights.answers() == {ONE: ("found",), TWO: ("found",)}
    assert 37 <= nights.clock.now() < 39


def test_a_service_that_wants_no_more_calls_gets_none_without_trouble(tmp_path: Path, register: Register) -> None:
    nights = Nights(tmp_path, register.url, parallel=1)
    nights.people(ONE, TWO, THREE)
    register.answers[TWO] = Answer(429, {}, {"Retry-After": "86400"})
    outcome = nights.ask()
    assert (register.calls, outcome.trouble) == ([ONE, TWO], None)
    assert nights.answers() == {ONE: ("found",)}
    assert "wants no calls for 86400 s" in outcome.asked.words


def test_a_run_asks_no_longer_than_its_timeout(tmp_path: Path, register: Register) -> None:
    nights = Nights(tmp_path, register.url, calls_per_second=1, parallel=1)
    nights.source.timeout_seconds = 5
    nights.people(*(str(10_000_000 + number) for number in range(30)))
    nights.ask()
    assert len(register.calls) == 5


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_login_ends_at_once_and_keeps_what_came(tmp_path: Path, register: Register, status: int) -> None:
    nights = Nights(tmp_path, register.url, parallel=1)
    nights.people(ONE, TWO, THREE)
    register.answers[TWO] = Answer(status, {})
    trouble = nights.ask().trouble
    assert isinstance(trouble, SourceUnreachable)
    assert f"refuses the login ({status}); look at lookup.headers" in str(trouble)
    assert register.calls == [ONE, TWO]
    assert nights.answers() == {ONE: ("found",)}


def test_a_service_that_is_gone_is_asked_no_longer(tmp_path: Path, register: Register) -> None:
    nights = Nights(tmp_path, register.url, parallel=2)
    nights.people(ONE)
    nights.ask()
    nights.people(*(str(10_000_000 + number) for number in range(100)), ONE)
    register.answers = {str(10_000_000 + number): Answer(502, {}) for number in range(100)}
    outcome = nights.ask()
    assert isinstance(outcome.trouble, SourceUnreachable)
    assert "30 calls in a row failed (STATUS_502)" in str(outcome.trouble)
    assert len(register.calls) <= 32
    assert outcome.landing is None, "nothing was heard: the mirror is as good, and as old, as it was"
    assert nights.answers() == {ONE: ("found",)}


def test_a_service_that_is_not_there(tmp_path: Path) -> None:
    nights = Nights(tmp_path, "http://127.0.0.1:9")
    nights.people(*(str(10_000_000 + number) for number in range(12)))
    outcome = nights.ask()
    assert outcome.trouble is not None
    assert "(CONNECTION_LOST)" in str(outcome.trouble)
    assert outcome.landing is None


def test_a_slow_answer_is_not_waited_for(tmp_path: Path, register: Register) -> None:
    nights = Nights(tmp_path, register.url, timeout_seconds=0.05)
    nights.source.retries = 0
    nights.people(ONE)
    register.before_answer = lambda national_id: time.sleep(0.3)
    nights.ask()
    assert nights.answers() == {ONE: ("unanswered", "register_did_not_answer", "TIMED_OUT")}


def test_another_contract_stops_the_asking_and_the_good_answers_stay(tmp_path: Path, register: Register) -> None:
    nights = Nights(tmp_path, register.url, cache_days=1)
    people = [str(10_000_000 + number) for number in range(60)]
    nights.people(*people)
    nights.ask()
    register.answers = {national_id: Answer(200, {"data": {}}) for national_id in people}
    outcome = nights.ask(days=3)
    assert isinstance(outcome.trouble, ContractBroken)
    assert "20 answers in a row do not fit lookup in registry.yml (FIELD_MISSING" in str(outcome.trouble)
    assert len(register.calls) < 60 + 30
    assert outcome.landing is None
    assert len(nights.surnames()) == 60
    assert list((tmp_path / "quarantine" / "iprs" / "answers").iterdir())


def test_many_people_suddenly_not_found_are_not_believed(tmp_path: Path, register: Register) -> None:
    nights = Nights(tmp_path, register.url, cache_days=1)
    people = [str(10_000_000 + number) for number in range(40)]
    nights.people(*people)
    nights.ask()
    register.answers = dict.fromkeys(people[:15], NOT_FOUND)
    outcome = nights.ask(days=3)
    assert "15 of 40 people found before are not found now" in str(outcome.trouble)
    assert {result for result, *_ in nights.answers().values()} == {"found"}
    nights.source.limits.vanished_share = 1.0
    assert nights.ask().trouble is None
    assert len(nights.surnames()) == 25


def test_a_first_night_on_which_nobody_is_found_is_not_believed(tmp_path: Path, register: Register) -> None:
    nights = Nights(tmp_path, register.url)
    people = [str(10_000_000 + number) for number in range(50)]
    nights.people(*people)
    register.answers = dict.fromkeys(people, NOT_FOUND)
    assert "not one of 50 people was found" in str(nights.ask().trouble)


def test_answers_of_ids_that_nobody_carries_any_more_leave_the_mirror(tmp_path: Path, register: Register) -> None:
    nights = Nights(tmp_path, register.url, cache_days=3)
    nights.people(ONE, TWO)
    nights.ask()
    nights.people(TWO)
    nights.ask()
    assert set(nights.answers()) == {TWO}
    assert nights.surnames() == {TWO: f"K{TWO}"}
    nights.people(ONE, TWO)
    nights.ask()
    assert register.calls == [ONE, TWO] or register.calls == [TWO, ONE], "it was still good"
    nights.people(TWO)
    nights.ask(days=9)
    kept = nights.rows(f"SELECT DISTINCT national_id FROM '{tmp_path}/landing/iprs/answers.parquet'")
    assert kept == [(TWO,)], "what is no longer good is not kept of somebody we do not know"


def test_a_new_column_is_asked_for_again_and_meanwhile_empty(tmp_path: Path, register: Register) -> None:
    nights = Nights(tmp_path, register.url, cache_days=100)
    nights.people(ONE, TWO)
    nights.ask()
    assert nights.source.lookup
    nights.source.lookup.answer["result"] = "result"
    nights.source.lookup.max_calls_per_run = 1
    nights.ask()
    assert sorted(nights.rows("SELECT result FROM mirror_iprs.person"), key=str) == [("FOUND",), (None,)]


def test_full_refresh_asks_again(tmp_path: Path, register: Register) -> None:
    nights = Nights(tmp_path, register.url)
    nights.people(ONE)
    nights.ask()
    nights.ask(full=True)
    assert register.calls == [ONE, ONE]


class Killed(BaseException):
    """Stands for the end of the process."""


def test_a_run_that_is_killed_goes_on_where_it_was(tmp_path: Path, register: Register, monkeypatch) -> None:
    nights = Nights(tmp_path, register.url, parallel=1)
    people = [str(10_000_000 + number) for number in range(30)]
    nights.people(*people)

    asked = Service.ask

    def ask_for_ten(service: Service, national_id: str) -> Reply:
        if len(register.calls) == 10:
            raise Killed
        return asked(service, national_id)

    with monkeypatch.context() as patched:
        patched.setattr(Service, "ask", ask_for_ten)
        with pytest.raises(Killed):
            nights.ask()
    assert nights.rows("SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'mirror_iprs'") == [(0,)]
    (left,) = (tmp_path / "landing" / "iprs").glob("answers-*.ndjson")
    with left.open("a") as file:  # the line that was being written
        file.write('{"national_id": "10000010", "asked_at": "2026-')
    nights.ask()
    assert sorted(register.calls) == sorted(people), "each was asked for once"
    assert len(nights.surnames()) == 30


def test_a_process_that_is_killed_loses_no_more_than_the_calls_under_way(tmp_path: Path, register: Register) -> None:
    command = [sys.executable, "-m", "tests.integration.asking_child", str(tmp_path), register.url]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2]) as child:
        register.before_answer = lambda national_id: child.kill() if len(register.calls) == 12 else None
        child.wait()
    assert child.returncode == -signal.SIGKILL
    assert len(register.calls) <= 13
    nights = Nights(tmp_path, register.url)
    nights.people(*PEOPLE)
    nights.ask()
    assert set(nights.surnames()) == set(PEOPLE)
    assert len(register.calls) <= len(PEOPLE) + 2, "two threads: two calls were under way"


def test_answers_that_a_killed_run_had_moved_count_once(tmp_path: Path, register: Register, monkeypatch) -> None:
    nights = Nights(tmp_path, register.url)
    nights.people(ONE, TWO)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", lambda path: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            nights.ask()
    assert Answers(tmp_path, "iprs", "").new
    nights.ask()
    assert not Answers(tmp_path, "iprs", "").new
    assert len(register.calls) == 2
    assert len(nights.surnames()) == 2


def test_two_runs_do_not_ask_at_once(tmp_path: Path, register: Register) -> None:
    nights = Nights(tmp_path, register.url)
    nights.people(ONE)
    with Answers(tmp_path, "iprs", "other").alone(), pytest.raises(WarehouseBusy, match="another run is asking iprs"):
        nights.ask()


def test_progress_says_how_long_it_takes(tmp_path: Path, register: Register) -> None:
    nights = Nights(tmp_path, register.url, calls_per_second=1, parallel=1)
    nights.people(*(str(10_000_000 + number) for number in range(20)))
    nights.ask()
    assert nights.said[0] == "iprs: 20 people to ask for"
    assert any("of 20 people, about" in line and "left" in line for line in nights.said)
    assert not [line for line in nights.said if "1000000" in line], "no ID in what is told"


def test_before_the_registry_was_built_there_is_nobody_to_ask_for(tmp_path: Path, register: Register) -> None:
    nights = Nights(tmp_path, register.url)
    nights.warehouse.execute("DROP TABLE registry.persons")
    assert nights.ask().asked.done == 0
    assert nights.answers() == {}


def test_check_asks_for_the_one_id_that_it_may_or_for_nobody(tmp_path: Path, register: Register) -> None:
    def seen(**lookup: object) -> tuple[str | None, int, str]:
        (finding,) = check("iprs", Source.model_validate(block(register.url, **lookup)), tmp_path)
        return finding.problem, finding.exit_code, finding.seen

    assert seen() == (None, 0, "answers; nobody was asked for: an ID to try can be named as lookup.check_id")
    assert register.calls == []
    assert seen(check_id=ONE) == (None, 0, "answers for lookup.check_id: found")
    register.answers[ONE] = found(ONE, born="04/03/1950")
    problem, exit_code, _ = seen(check_id=ONE)
    assert exit_code == 4
    assert "does not fit lookup in registry.yml: FIELD_UNREADABLE:date_of_birth" in str(problem)
    problem, exit_code, _ = seen(check_id=ONE, headers={"Authorization": "Bearer wrong"})
    assert exit_code == 5
    assert "refuses the login (401)" in str(problem)
    (finding,) = check("iprs", Source.model_validate(block("http://127.0.0.1:9")), tmp_path)
    assert finding.exit_code == 5


def test_a_get_asks_in_its_url(tmp_path: Path) -> None:
    in_url = {"method": "GET", "body": None, "path": "/p/{national_id}", "query": {"id": "{national_id}"}}
    source = Source.model_validate(block("http://127.0.0.1:9/api/", **in_url))
    sent = []
    service = Service("iprs", source, tmp_path)
    service._pool.urlopen = lambda method, url, **more: sent.append((method, url, more["body"])) or stop()
    with pytest.raises(Killed):
        service.ask("1/2")
    assert sent == [("GET", "http://127.0.0.1:9/api/p/1%2F2?id=1%2F2", None)]


def stop() -> None:
    raise Killed


def test_a_certificate_is_trusted_only_where_its_authority_is_named(tmp_path: Path) -> None:
    register = Register()
    register.encrypt()
    with register.open():
        nights = Nights(tmp_path, register.url, ca_file=str(CERTIFICATE))
        nights.people(ONE)
        nights.ask()
        assert nights.answers() == {ONE: ("found",)}
        nights.source = Source.model_validate(block(register.url))
        trouble = nights.ask(full=True).trouble
    assert isinstance(trouble, SourceUnreachable)
    assert "the service's certificate is not trusted; if the register has an authority of its own" in str(trouble)
    assert register.calls == [ONE]


def test_an_authority_that_is_not_there(tmp_path: Path, register: Register) -> None:
    nights = Nights(tmp_path, register.url, ca_file="ca.pem")
    nights.people(ONE)
    with pytest.raises(ConfigurationProblem, match=r"lookup.ca_file names .*ca\.pem, which is not there"):
        nights.ask()
