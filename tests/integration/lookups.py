"""A small register behind a web service, and one night after another, for the tests of asking it."""

import datetime as dt
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import yaml

from ibr.config import Source
from pipelines.replication.lookup.pace import Clock
from pipelines.replication.lookup.replicate import LookupOutcome, ask_and_land, write_asked_for
from pipelines.replication.merge import merge
from sample_country.register_service import Answer, RegisterService
from warehouse.connection import connect
from warehouse.schemas import prepare

BLOCK = Path(__file__).parents[2] / "sample_country" / "register_service.yml"
CERTIFICATE = Path(__file__).with_name("service.pem")
TOKEN = "word"
NOT_FOUND = Answer(404, {"result": "NOT_FOUND"})


def block(url: str, **lookup: Any) -> dict[str, Any]:
    """The sample country's entry for a register behind a web service, at another URL and with other limits."""
    entry = yaml.safe_load(BLOCK.read_text(encoding="utf-8").replace("${IPRS_TOKEN}", TOKEN))["iprs"]
    entry["url"] = url
    entry["lookup"].update(lookup)
    return entry


def found(national_id: str, **changed: Any) -> Answer:
    """The service's answer for somebody made up; `changed` replaces parts of it."""
    person = {
        "register_id": int(national_id) + 1, "id_number": national_id,
        "names": {"first": "Mary", "other": None, "surname": f"K{national_id}"}, "sex": "F", "born": "1950-03-04",
        "mother": None, "home": {"county": 1, "ward": "KE0010101"}, "is_deceased": False, "died": None,
        "emigrated": None, "updated_at": "2026-01-01T00:00:00", **changed,
    }  # fmt: skip
    return Answer(200, {"result": "FOUND", "person": person})


class FastClock(Clock):
    """Sleeping takes no time, and all of it is counted."""

    def __init__(self) -> None:
        self._time, self._lock = 0.0, threading.Lock()

    def now(self) -> float:
        with self._lock:
            return self._time

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._time += seconds


class Register:
    """The service: `answers` by ID, else somebody made up; `calls` are the IDs it was asked for, in order."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.calls: list[str] = []
        self.before_answer = lambda national_id: None
        self._service = RegisterService(self._answer, TOKEN)
        self.url = self._service.url

    def encrypt(self) -> None:
        """Speak TLS, with a certificate that nobody trusts who is not told to."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        self._service.socket = context.wrap_socket(self._service.socket, server_side=True)
        self.url = self.url.replace("http:", "https:")

    def _answer(self, national_id: str) -> Answer:
        self.calls.append(national_id)
        self.before_answer(national_id)
        answer = self.answers.get(national_id, found(national_id))
        return answer.pop(0) if isinstance(answer, list) else answer

    @contextmanager
    def open(self) -> Iterator["Register"]:
        thread = threading.Thread(target=self._service.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._service.shutdown()
            self._service.server_close()


class Nights:
    """A registry of some IDs, and a warehouse; `ask()` is one night."""

    def __init__(self, home: Path, url: str, **lookup: Any) -> None:
        self.home, self.clock, self.night, self.said = home, FastClock(), 0, []
        self.source = Source.model_validate(block(url, **lookup))
        self.warehouse: duckdb.DuckDBPyConnection = connect(home / "warehouse.duckdb")
        prepare(self.warehouse)
        self.warehouse.execute("CREATE OR REPLACE TABLE registry.persons (national_id VARCHAR)")

    def people(self, *national_ids: str | None) -> None:
        """These, and nobody else, are in the registry; one of them twice."""
        self.warehouse.execute(
            "CREATE OR REPLACE TABLE registry.persons AS SELECT unnest(?::VARCHAR[]) AS national_id",
            [[*national_ids, national_ids[0]]],
        )

    def ask(self, *, days: int = 1, full: bool = False) -> LookupOutcome:
        self.night += days
        at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=self.night)
        run_id = f"night-{self.night}"
        write_asked_for(self.warehouse, self.home, "iprs")
        outcome = ask_and_land(
            "iprs", self.source, self.home, run_id, at=at, full=full, clock=self.clock, progress=self.said.append
        )
        if outcome.landing:
            mirrored = self.source.as_mirrored
            merge(self.warehouse, "iprs", mirrored, outcome.landing, self.home, run_id=run_id, loaded_at=at)
        return outcome

    def answers(self) -> dict[str, tuple]:
        """Outcome and reason of each ID."""
        rows = self.rows(
            "SELECT national_id, outcome, reason, detail FROM mirror_iprs.answers WHERE _ibr_deleted_at IS NULL"
        )
        return {national_id: tuple(part for part in rest if part) for national_id, *rest in rows}

    def surnames(self) -> dict[str, str]:
        return dict(
            self.rows("SELECT id_number, surname FROM mirror_iprs.person WHERE _ibr_deleted_at IS NULL")
        )

    def rows(self, query: str) -> list[tuple]:
        return self.warehouse.execute(query).fetchall()
