"""The service under load: single verifications at a rate, open loop, and a batch, on a workspace with a publication.

    python -m benchmarks.service --home workspace --rate 20 --seconds 60

Open loop: a question is asked when its time has come, whether or not earlier ones were answered, and its time counts
from then; a service that falls behind cannot hide it. A quarter of the persons each: records as they are, with a
misspelt name, without their ID, and nobody. The service is a process of its own, on a free port.
"""

import argparse
import asyncio
import datetime as dt
import json
import random
import resource
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from exchange.service.keys import add, keys, revoke
from linkage.lookup.rows import Rows

NAMES = [f"benchmark-{number}" for number in range(8)]  # several callers, so that the limit of one is not measured
_FIELDS = ("national_id", "given_name", "family_name", "full_name", "birth_date", "sex")


def persons(home: Path, wanted: int) -> list[dict[str, Any]]:
    """Persons to ask for, the same each time."""
    draw = random.Random(1)
    rows = Rows(next((home / "published").glob("current")).resolve() / "lookup" / "persons.arrow")
    table = rows.at(np.array([draw.randrange(len(rows)) for _ in range(wanted)]))
    found = []
    for number, row in enumerate(table.select(_FIELDS).to_pylist()):
        one = {name: str(value) for name, value in row.items() if value is not None}
        name = one.get("given_name") or one.get("full_name", "")
        if number % 4 == 1 and len(name) > 3:
            one |= {"given_name": name[:2] + name[3:]}
        elif number % 4 == 2:
            one.pop("national_id", None)
        elif number % 4 == 3:
            one = {"full_name": f"{name}x Nowhere", "birth_date": "1951-07-19", "sex": "F"}
        found.append(one)
    return found


class Client:
    """Asks over as many connections as are needed, each used again; httpx, with hundreds of them open, takes longer to
    choose one than the service to answer, and its own time was what was measured (p50 10 s instead of 0.9 at 100/s)."""

    def __init__(self, port: int) -> None:
        self._port, self._free = port, []  # type: ignore[var-annotated]

    async def verify(self, secret: str, body: dict[str, Any]) -> int:
        """The status of an answer that was read whole."""
        reader, writer = self._free.pop() if self._free else await asyncio.open_connection("127.0.0.1", self._port)
        content = json.dumps(body).encode()
        writer.write(
            f"POST /verify HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {secret}\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        await reader.readexactly(int(head.split("content-length:")[1].split()[0]))
        self._free.append((reader, writer))
        return int(head.split()[1])


async def load(
    client: Client, secrets: list[str], asked: list[dict[str, Any]], rate: float, seconds: float
) -> dict[str, Any]:
    """Ask at a rate; times in milliseconds, of those answered and of those refused."""
    begun, times = time.perf_counter(), {True: [], False: []}  # type: ignore[var-annotated]

    async def one(number: int) -> None:
        due = begun + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        body = {"purpose": "benchmark", "person": asked[number % len(asked)]}
        status = await client.verify(secrets[number % len(secrets)], body)
        times[status == 200].append((time.perf_counter() - due) * 1000)

    await asyncio.gather(*(one(number) for number in range(int(rate * seconds))))
    told = {"rate": rate, "seconds": seconds}
    for name, found in (("answered", times[True]), ("refused", times[False])):
        p50, p95, p99 = np.percentile(found or [0.0], [50, 95, 99]).round(1)
        told |= {name: len(found), f"{name}_ms": {"p50": p50, "p95": p95, "p99": p99}}
    return told


def main() -> None:
    """Start the service, ask, tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--rate", type=float, action="append", help="a second; may be given several times")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--batch", type=int, default=10_000)
    options = parser.parse_args()
    home = options.home.resolve()
    _remove_keys(home)
    secrets = [add(home, name, None, ("verify", "enrolments"), dt.datetime.now(dt.UTC)) for name in NAMES]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).parent / "ibr"), "serve", "--home", str(home), "--port", str(port)]
    process = subprocess.Popen(command)
    try:
        print(json.dumps(asyncio.run(_measure(port, secrets, home, options)), indent=1))
    finally:
        process.terminate()
        process.wait()
        _remove_keys(home)
        print(f"peak memory: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MB")


def _bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def _remove_keys(home: Path) -> None:
    for one in keys(home):
        if one.name in NAMES:
            revoke(home, one.name)


async def _measure(port: int, secrets: list[str], home: Path, options: argparse.Namespace) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
        for _ in range(300):
            try:
                if (await client.get("/health")).status_code == 200:
                    break
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.2)
        asked = persons(home, max(options.batch, 2_000))
        loads = [await load(Client(port), secrets, asked, rate, options.seconds) for rate in options.rate or [20, 200]]
        begun = time.perf_counter()
        body = {"purpose": "benchmark", "persons": asked[: options.batch]}
        done = await client.post("/verify/batch", json=body, headers=_bearer(secrets[0]))
        return {"loads": loads, "batch": {"persons": min(len(asked), options.batch), "status": done.status_code,
                                          "seconds": round(time.perf_counter() - begun, 2)}}  # fmt: skip


if __name__ == "__main__":
    main()
