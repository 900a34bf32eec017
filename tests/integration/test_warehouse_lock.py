import signal
import subprocess
import sys
import time

import pytest

from ibr.errors import WarehouseBusy
from warehouse.lock import warehouse_lock

HOLD = """
import sys, pathlib
from warehouse.lock import warehouse_lock
with warehouse_lock(pathlib.Path(sys.argv[1]), "ibr run nightly"):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def other_process(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_busy_names_the_holder_and_since_when(tmp_path, other_process):
    expected = rf"ibr run nightly \(process {other_process.pid}\) since \d{{4}}-\d\d-\d\dT"
    with pytest.raises(WarehouseBusy, match=expected), warehouse_lock(tmp_path, "me"):
        pass


def test_waiting_gets_the_lock_when_the_holder_ends(tmp_path, other_process):
    other_process.stdin.write("\n")
    other_process.stdin.flush()
    with warehouse_lock(tmp_path, "me", wait_seconds=10):
        assert '"holder": "me"' in (tmp_path / "warehouse.lock").read_text()


def test_waiting_gives_up(tmp_path, other_process):
    started = time.monotonic()
    with pytest.raises(WarehouseBusy), warehouse_lock(tmp_path, "me", wait_seconds=0.3):
        pass
    assert 0.3 <= time.monotonic() - started < 5


def test_a_killed_holder_blocks_nobody(tmp_path, other_process):
    other_process.send_signal(signal.SIGKILL)
    other_process.wait()
    with warehouse_lock(tmp_path, "me"):
        pass


def test_an_error_inside_releases_it(tmp_path):
    with pytest.raises(ZeroDivisionError), warehouse_lock(tmp_path, "me"):
        _ = 1 / 0
    with warehouse_lock(tmp_path, "you"):
        pass
