"""The service as users start it: a process of its own, whose publication changes while it is asked."""

import datetime as dt
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from exchange.service.keys import add
from tests.integration.service_warehouse import make_home, publish
from warehouse import audit

NOW = dt.datetime.now(dt.UTC)
PERSON = {"national_id": "20000119", "full_name": "Akinyi Otieno"}


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return make_home(tmp_path_factory.mktemp("service") / "home", NOW)


def test_a_new_publication_is_taken_up_without_losing_a_request_and_nothing_personal_is_logged(home, tmp_path):
    key = add(home, "pension", "PENSION", ("verify",), NOW)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    said = tmp_path / "said.txt"
    command = [str(Path(sys.executable).parent / "ibr"), "serve", "--home", str(home), "--port", str(port)]
    with said.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    url, headers = f"http://127.0.0.1:{port}", {"Authorization": f"Bearer {key}"}
    answers: list[httpx.Response] = []
    stop = threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=url, headers=headers, timeout=30) as client:
            while not stop.is_set():
                answers.append(client.post("/verify", json={"purpose": "desk", "person": PERSON}))

    try:
        _until(lambda: _health(url) == "20260701T010000Z")
        asking = [threading.Thread(target=ask) for _ in range(3)]
        for thread in asking:
            thread.start()
        publish(home, home / "warehouse.duckdb", "20260702T010000Z", NOW)
        _until(lambda: _health(url) == "20260702T010000Z")
        _until(lambda: answers[-1].json()["snapshot"]["version"] == "20260702T010000Z")
        stop.set()
        for thread in asking:
            thread.join()
    finally:
        stop.set()
        process.terminate()
        process.wait(timeout=30)
    assert {one.status_code for one in answers} == {200}
    versions = [one.json()["snapshot"]["version"] for one in answers]
    assert set(versions) == {"20260701T010000Z", "20260702T010000Z"}
    log = said.read_text()
    assert PERSON["national_id"] not in log
    assert "Traceback" not in log
    trail = audit.verify(home, {})
    assert not trail.faults
    assert sum('"verification_answered"' in line for line in (home / "audit" / "events.jsonl").open()) >= len(answers)


def _health(url: str) -> str | None:
    try:
        return httpx.get(f"{url}/health", timeout=5).json()["version"]
    except httpx.TransportError:
        return None


def _until(holds) -> None:
    until = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.1)
