"""A run that is killed at any step of a batch loses nothing and leaves nothing half done: the next one completes it."""

import multiprocessing
from pathlib import Path

import pytest

from ibr.errors import ContractBroken, SourceUnreachable
from tests.integration import batches_child
from tests.integration.batches import KILLED, Inbox

# Its processes are forked from one that has imported everything: each starts at once.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.integration.batches_child"])
STORE = "pipelines.replication.inbox.store:Store"
MERGE = "pipelines.replication.merge"
# Just before: the second file is copied; the batch appears; its rows are merged; the merge commits; the batch is
# accepted; its originals go; the second of them goes.
STEPS = [
    ("pipelines.replication.inbox.intake:copy_hashed", 2), (f"{STORE}.put", 1), (f"{MERGE}:_mark_good", 1),
    (f"{MERGE}:intake.accept", 1), (f"{STORE}.clear", 1), ("pathlib:Path.rmdir", 1),
]  # fmt: skip
# Just before: the batch is marked as refused; the first reason is written; its originals go; it moves to quarantine.
STEPS_OF_A_REFUSAL = [
    (f"{STORE}.refuse", 1), ("pipelines.replication.inbox.store:_write_reason", 1), (f"{STORE}.clear", 1),
    ("shutil:move", 1),
]  # fmt: skip


def killed_night(home: Path, function: str, call: int) -> None:
    night = PROCESSES.Process(target=batches_child.night, args=(home, function, call))
    night.start()
    night.join()
    assert night.exitcode == -9


@pytest.fixture
def inbox(tmp_path):
    found = Inbox(tmp_path, **KILLED)
    found.drop("june/members_20240630.csv", "no,name\n1,Jane\n2,John\n")
    found.drop("june/payments_20240630.csv", "no,amount\n1,4000\n")
    found.warehouse.close()
    return found


@pytest.mark.parametrize(("function", "call"), STEPS, ids=[step.rpartition(":")[2] for step, _ in STEPS])
def test_killed_in_mid_batch(inbox, function, call):
    killed_night(inbox.home, function, call)
    after = Inbox(inbox.home, **KILLED)
    after.replicate()
    assert after.live("members", "no, name") == [("1", "Jane"), ("2", "John")]
    assert after.live("payments", "no, amount") == [("1", "4000")]
    assert after.left() == []
    assert after.ask("SELECT table_name, rows, status FROM ops.batches ORDER BY 1") == [
        ("members", 2, "applied"), ("payments", 1, "applied"),
    ]  # fmt: skip
    kept = [path.name for path in (inbox.home / "landing" / "mis" / "batches").iterdir()]
    assert len(kept) == 2, kept  # the batch and the lock
    assert after.replicate().changed == 0


@pytest.mark.parametrize(("function", "call"), STEPS_OF_A_REFUSAL, ids=["refuse", "reason", "clear", "move"])
def test_killed_in_mid_refusal(inbox, function, call):
    inbox.drop("june/payments_20240630.csv", "")
    killed_night(inbox.home, function, call)
    after = Inbox(inbox.home, **KILLED)
    # Killed before the batch was marked as refused, it is judged again; after that, only its refusal is completed.
    with pytest.raises(ContractBroken if "refuse" in function else SourceUnreachable):
        after.replicate()
    assert after.left() == ["june/members_20240630.csv.reason.txt", "june/payments_20240630.csv.reason.txt"]
    (refused,) = (inbox.home / "quarantine" / "mis").iterdir()
    assert (refused / "members_20240630.csv").read_text() == "no,name\n1,Jane\n2,John\n"
    assert "is empty (0 bytes)" in (refused / "payments_20240630.csv.reason.txt").read_text()
