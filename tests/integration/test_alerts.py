"""Alerts reach a mail server and a webhook, hold nothing of anybody, and change no outcome where they fail."""

import json
import ssl
from email import message_from_string, policy
from pathlib import Path

import dagster as dg
import pytest

from ibr.alerts import Alert, send
from ibr.config import Alerts, load_alerts
from ibr.errors import ConfigurationProblem
from ibr.workspace import Workspace
from pipelines.alerts import alert_on_failure
from pipelines.jobs import BUILD_JOB
from pipelines.troubles import troubles_of
from tests.integration.alert_servers import hook, mail, serving
from tests.unit.test_cli import ibr

CERTIFICATE = Path(__file__).with_name("service.pem")
ALERT = Alert("run r1 ended with exit 4,\nnothing was published", ["nsnp: too many rows vanished", *["more"] * 30])


def by_email(port: int, **more: object) -> Alerts:
    base = {"host": "127.0.0.1", "port": port, "encryption": "none", "from": "ibr@example.org"}
    base["to"] = ["a@b.org", "c@d.org"]
    return Alerts.model_validate({"email": base | more})


def test_an_alert_arrives_by_e_mail_with_one_subject_and_its_first_lines():
    with serving(mail()) as (port, messages):
        assert send(by_email(port), ALERT) == []
    message = message_from_string(messages[0], policy=policy.default)
    assert message["Subject"].endswith("run r1 ended with exit 4, nothing was published")
    assert (message["From"], message["To"]) == ("ibr@example.org", "a@b.org, c@d.org")
    text = message.get_content()
    assert "- nsnp: too many rows vanished" in text
    assert "- ... and 11 more" in text


@pytest.mark.parametrize("lines", [[], ["one"]])
def test_the_parts_of_a_message_stand_one_empty_line_apart(lines):
    text = Alert("a trial", lines).text
    assert "\n\n" in text
    assert "\n\n\n" not in text


def test_a_webhook_gets_json_and_the_header_it_asks_for():
    with serving(hook()) as (port, messages):
        block = {"url": f"http://127.0.0.1:{port}/x", "headers": {"Authorization": "Bearer t"}}
        assert send(Alerts.model_validate({"webhook": block}), ALERT) == []
    ((authorization, content),) = messages
    assert authorization == "Bearer t"
    assert set(content) == {"text", "subject", "lines"}
    assert content["subject"] in content["text"]


def test_what_cannot_be_sent_is_told_without_addresses_and_does_not_keep_the_other_from_being_sent():
    with serving(mail()) as (port, messages), serving(hook()) as (hook_port, posted):
        refused = by_email(port, to=["refused@b.org"]).model_copy(update={"webhook": Alerts.model_validate(
            {"webhook": {"url": f"http://127.0.0.1:{hook_port}/broken"}}).webhook})  # fmt: skip
        problems = send(refused, ALERT)
    assert not messages
    assert len(posted) == 1
    assert len(problems) == 2
    assert "status 500" in problems[1]
    assert not any("@" in problem or "broken" in problem for problem in problems)
    assert "ConnectionRefusedError" in send(by_email(port), ALERT)[0]


def test_a_server_whose_certificate_nobody_vouches_for_gets_nothing(monkeypatch):
    server, context = mail(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None
    with serving(server) as (port, messages):
        encrypted = by_email(port, encryption="tls", host="localhost")
        assert "SSLCertVerificationError" in send(encrypted, ALERT)[0]
        assert not messages


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ({"email": {"host": "m", "from": "a@b", "to": []}}, "alerts.email.to"),
        ({"email": {"host": "m", "from": "nobody", "to": ["c@d"]}}, r"alerts\.email\.from"),
        ({"email": {"host": "m", "to": ["c@d"]}}, r"alerts\.email\.from"),
        ({"email": {"host": "m", "sender": "a@b", "from": "a@b", "to": ["c@d"]}}, r"alerts\.email\.sender"),
        ({"email": {"host": "m", "from": "a@b", "to": ["x@y\nBcc: z@y"]}}, "no e-mail address"),
        ({"email": {"host": "m", "from": "a@b", "to": ["c@d"], "user": "u"}}, "go together"),
        ({"email": {"host": "m", "from": "a@b", "to": ["c@d"], "user": "u", "password": "p", "encryption": "none"}},
         "in the clear"),
        ({"webhook": {"url": "ftp://x"}}, "https://"),
        ({"webhook": {"url": "${NOT_SET_ANYWHERE}"}}, "NOT_SET_ANYWHERE|https://"),
        ({"sms": {}}, "sms"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_block_is_told_with_its_place(tmp_path, block, said):
    (tmp_path / "registry.yml").write_text(json.dumps({"alerts": block}))
    with pytest.raises(ConfigurationProblem, match=said):
        load_alerts(tmp_path / "registry.yml")


def test_a_run_that_does_not_begin_is_told_of_and_ends_as_it_would_have(tmp_path):
    """The rest of registry.yml is wrong: the alert goes out all the same."""
    with serving(hook()) as (port, posted):
        block = f"alerts: {{webhook: {{url: 'http://127.0.0.1:{port}/'}}}}\n"
        (tmp_path / "registry.yml").write_text(f"{block}country: 1\n")
        done = ibr("run", "--home", str(tmp_path))
    assert done.returncode == 3
    assert len(done.stderr.strip().splitlines()) == 1
    ((_, content),) = posted
    assert "mistakes in" in content["lines"][0]
    again = ibr("run", "--home", str(tmp_path))
    assert again.returncode == 3
    assert "was not taken by the webhook" in again.stderr


def test_a_trial_is_sent_or_its_failure_is_an_exit_code(tmp_path):
    with serving(hook()) as (port, posted):
        (tmp_path / "registry.yml").write_text(f"alerts: {{webhook: {{url: 'http://127.0.0.1:{port}/'}}}}\n")
        assert ibr("alert", "a trial", "--home", str(tmp_path)).returncode == 0
    assert posted[0][1]["subject"].endswith(": a trial")
    assert ibr("alert", "a trial", "--home", str(tmp_path)).returncode == 5
    (tmp_path / "registry.yml").write_text("country: X\n")
    assert ibr("alert", "a trial", "--home", str(tmp_path)).returncode == 3


@dg.op
def fails_in_our_words():
    raise dg.Failure("source nsnp: unreachable", metadata={"exit_code": 5})


@dg.op
def fails_by_a_defect():
    raise ValueError("could not convert 'Wanjiku'")


@dg.job
def night():
    fails_in_our_words()
    fails_by_a_defect()


@pytest.mark.parametrize(("tags", "sent"), [({}, 1), ({"ibr/run_id": "r1"}, 0)])
def test_a_night_in_dagster_that_failed_is_told_of_without_the_words_of_defects(tmp_path, tags, sent):
    with serving(hook()) as (port, posted), dg.DagsterInstance.ephemeral() as instance:
        alerts = f"alerts: {{webhook: {{url: 'http://127.0.0.1:{port}/'}}}}\n"
        (tmp_path / "registry.yml").write_text(f"country: X\ncurrency: KES\nreporting_date: 2026-01-31\n{alerts}")
        result = night.execute_in_process(instance=instance, raise_on_error=False, tags=tags)
        context = dg.build_run_status_sensor_context(
            sensor_name="alert_on_failure", dagster_instance=instance, dagster_run=result.dagster_run,
            dagster_event=next(event for event in result.all_events if event.is_run_failure),
        ).for_run_failure()  # fmt: skip
        alert_on_failure(Workspace(tmp_path))(context)
    assert {trouble.place for trouble in troubles_of(result, BUILD_JOB)} == {"the build"}
    assert len(posted) == sent
    for _, content in posted:
        assert sorted(content["lines"]) == ["a defect of ours in step fails_by_a_defect", "source nsnp: unreachable"]
