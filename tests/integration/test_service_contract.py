"""The service holds what its own OpenAPI document says, whatever it is sent: schemathesis asks every path of it."""

import shutil
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from exchange.service.app import make_app
from exchange.service.keys import add
from exchange.service.state import FILE
from ibr.workspace import Workspace
from tests.integration.standard import ALL, header, now

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]


@pytest.fixture(scope="module")
def served(service_home, tmp_path_factory):
    """Where the service listens, and a key of it that may ask without end."""
    home = tmp_path_factory.mktemp("contract") / "home"
    shutil.copytree(service_home, home, symlinks=True)
    registry = home / "registry.yml"
    often = "service: {enabled: true, calls_per_second: 100000, burst: 1000000}"
    registry.write_text(registry.read_text().replace("service: {enabled: true}", often))
    key = add(home, "pension", "PENSION", ALL, now())
    server = uvicorn.Server(uvicorn.Config(make_app(Workspace.at(home)), port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}", key, home
    server.should_exit = True
    thread.join()


def _with_a_header_of_now(case) -> None:
    """Let a message of the standard be taken for one of now, so that what it asks is looked at."""
    body = case.body if isinstance(case.body, dict) else {}
    made, message = body.get("header"), body.get("message")
    if not isinstance(made, dict) or not isinstance(message, dict):
        return
    items = next((one for name, one in message.items() if name.endswith("_request") and isinstance(one, list)), [])
    about_now = {"message_ts", "message_id", "version", "total_count", "is_msg_encrypted"}
    fresh = header("any", max(1, len(items))) | {"is_msg_encrypted": False}
    body["header"] = made | {name: fresh[name] for name in about_now} | {"sender_uri": ""}


# The document is that of any workspace. A test of each of its operations, under a name of its own: those that
# schemathesis makes bear one name all, of which workers that share tests run but one.
DOCUMENT = schemathesis.openapi.from_dict(make_app(Workspace.at(Path("any"))).openapi())
OPERATIONS = [found.ok() for found in DOCUMENT.get_all_operations()]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_whatever_is_sent_the_answer_is_one_of_those_described(operation, served):
    url, key, _ = served

    @given(case=operation.as_strategy())
    @settings(
        max_examples=8, phases=[Phase.generate], deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )
    def ask(case):
        _with_a_header_of_now(case)
        case.call_and_validate(base_url=url, headers={"Authorization": f"Bearer {key}"}, checks=CHECKS)

    ask()


def test_whatever_was_taken_for_later_has_got_its_answer(served):
    _, _, home = served
    with closing(sqlite3.connect(home / FILE)) as con:
        taken, waiting = "SELECT count(*) FROM standard_transactions", " WHERE answered IS NULL"
        end = time.monotonic() + 20
        while con.execute(taken + waiting).fetchone() != (0,) and time.monotonic() < end:
            time.sleep(0.05)
        assert con.execute(taken + waiting).fetchone() == (0,)
        assert con.execute(taken).fetchone() > (20,)
