"""A MariaDB server of a test's own, on a socket."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import pytest

needs_mariadb = [
    pytest.mark.needs_mariadb,
    pytest.mark.skipif(
        shutil.which("mariadbd") is None,
        reason="no MariaDB here: apt-get install --no-install-recommends mariadb-server",
    ),
]


class MariaDb:
    """The server; `sql` runs statements as root, `url` names a database of it. `certificate`: with its key, for TLS."""

    def __init__(self, certificate: Path | None = None) -> None:
        # Not in pytest's own folder, whose path may be too long for a socket.
        self._folder = Path(tempfile.mkdtemp(prefix="maria-"))
        self.socket = self._folder / "s"
        user = f"--user={os.environ.get('USER', 'root') if os.getuid() else 'root'}"
        data = f"--datadir={self._folder / 'data'}"
        subprocess.run(
            ["mariadb-install-db", data, user, "--auth-root-authentication-method=normal", "--skip-test-db"],
            check=True, capture_output=True,
        )  # fmt: skip
        self._process = subprocess.Popen(
            ["mariadbd", data, user, f"--socket={self.socket}", "--skip-networking",
             "--innodb-flush-log-at-trx-commit=0",
             *([f"--ssl-cert={certificate}", f"--ssl-key={certificate}"] if certificate else [])],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        for _ in range(150):
            if self._run("select 1").returncode == 0:
                return
            time.sleep(0.2)
        raise RuntimeError("MariaDB did not start")

    def _run(self, statements: str, database: str = "") -> subprocess.CompletedProcess:
        command = ["mariadb", f"--socket={self.socket}", "--user=root", "--skip-column-names"]
        command += [database] if database else []
        return subprocess.run(command, input=statements, text=True, capture_output=True, check=False)

    def sql(self, statements: str, database: str = "") -> str:
        ran = self._run(statements, database)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.strip()

    def url(self, database: str, login: str = "root") -> str:
        return f"mysql://{login}@localhost/{database}?socket={quote(str(self.socket), safe='')}"

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
