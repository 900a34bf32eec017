"""The service holds what its own OpenAPI document says, whatever it is sent: schemathesis asks every path of it."""

import shutil
import threading
import time
from pathlib import Path

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from exchange.service.app import make_app
from exchange.service.keys import add
from ibr.workspace import Workspace
from tests.integration.standard import ALL, now

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
    yield f"http://127.0.0.1:{port}", key
    server.should_exit = True
    thread.join()


# The document is that of any workspace; schemathesis makes a test of each path of it.
DOCUMENT = schemathesis.openapi.from_dict(make_app(Workspace.at(Path("any"))).openapi())


@DOCUMENT.parametrize()
@settings(
    max_examples=20, phases=[Phase.generate], deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck),
)
def test_whatever_is_sent_the_answer_is_one_of_those_described(case, served):
    url, key = served
    case.call_and_validate(base_url=url, headers={"Authorization": f"Bearer {key}"}, checks=CHECKS)
