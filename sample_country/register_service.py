"""The sample country's population register as a web service, one person a call: to try, and for tests.

    IPRS_TOKEN=word python -m sample_country.register_service DIR [--port 8099]

    POST /person {"id_number": "12345678"}, Authorization: Bearer word
    200 {"result": "FOUND", "person": {...}}    404 {"result": "NOT_FOUND"}
"""

import argparse
import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PORT = 8099
_PERSON = (
    "SELECT register_id, id_number, first_name, other_names, surname, sex, date_of_birth, mother_name, county_code, "
    "ward_code, is_deceased, date_of_death, emigrated_on, updated_at FROM person WHERE id_number = ? LIMIT 1"
)


@dataclass(frozen=True)
class Answer:
    """What goes back: a status, and content that is JSON unless it is bytes already."""

    status: int
    content: Any
    headers: dict[str, str] = field(default_factory=dict)


class RegisterService(ThreadingHTTPServer):
    """Answers on this machine alone. `answer` gets the ID number asked for; port 0 takes any that is free."""

    daemon_threads = True

    def __init__(self, answer: Callable[[str], Answer], token: str, port: int = 0) -> None:
        self.answer, self.token = answer, token
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: RegisterService

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Authorization") != f"Bearer {self.server.token}":
            self._send(Answer(401, {"result": "NOT_ALLOWED"}))
        elif self.path != "/person":
            self._send(Answer(404, {"result": "NO_SUCH_PATH"}))
        else:
            self._send(self.server.answer(json.loads(body)["id_number"]))

    def do_HEAD(self) -> None:
        self._send(Answer(405, b""))

    def _send(self, answer: Answer) -> None:
        is_ready = isinstance(answer.content, bytes)
        content = answer.content if is_ready else json.dumps(answer.content).encode()
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(content)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a register's log is not for everybody."""


def answer_from(database: Path) -> Callable[[str], Answer]:
    """Answers out of the sample country's register, as it is at each call."""

    def answer(id_number: str) -> Answer:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as con:
            con.row_factory = sqlite3.Row
            row = con.execute(_PERSON, [id_number]).fetchone()
        if row is None:
            return Answer(404, {"result": "NOT_FOUND"})
        return Answer(200, {"result": "FOUND", "person": _person(row)})

    return answer


def _person(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "register_id": row["register_id"], "id_number": row["id_number"],
        "names": {"first": row["first_name"], "other": row["other_names"], "surname": row["surname"]},
        "sex": row["sex"], "born": row["date_of_birth"], "mother": row["mother_name"],
        "home": {"county": row["county_code"], "ward": row["ward_code"]},
        "is_deceased": bool(row["is_deceased"]), "died": row["date_of_death"], "emigrated": row["emigrated_on"],
        "updated_at": row["updated_at"],
    }  # fmt: skip


def main() -> None:
    """Serve a sample country's register until stopped."""
    parser = argparse.ArgumentParser(description="The sample country's register as a web service.")
    parser.add_argument("directory", type=Path, help="the sample country's folder")
    parser.add_argument("--port", type=int, default=PORT)
    chosen = parser.parse_args()
    database = chosen.directory / "sources" / "iprs.db"
    token = os.environ.get("IPRS_TOKEN")
    if not database.is_file() or not token:
        parser.error(f"needs {database}, which `ibr sample-country` writes, and IPRS_TOKEN in the environment")
    service = RegisterService(answer_from(database), token, chosen.port)
    print(f"serving {database} at {service.url}; stop with Ctrl-C", flush=True)
    try:
        service.serve_forever()
    except KeyboardInterrupt:
        service.server_close()


if __name__ == "__main__":
    main()
