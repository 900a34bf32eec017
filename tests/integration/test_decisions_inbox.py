"""Files that come while a run is writing, and the command that takes them."""

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from exchange.decisions import import_inbox, leave
from tests.integration.managers import ANSWER, TODAY, fill
from tests.unit.test_config import SMALL
from warehouse.connection import connect
from warehouse.lock import warehouse_lock

IBR = str(Path(sys.executable).parent / "ibr")


@pytest.fixture
def home(exported, tmp_path) -> Path:
    """A workspace after its first export; the connection is closed, for commands open their own."""
    home = tmp_path / "home"
    (home / "registry.yml").write_text(yaml.safe_dump(SMALL | {"decisions": {"two_people": ["different people"]}}))
    exported.con.close()
    return home


@pytest.fixture
def back(exported, tmp_path) -> Path:
    return fill(exported.files["X"], tmp_path / "back.xlsx", {"Duplicates": {2: ANSWER}})


def ibr(home: Path, *arguments: object) -> subprocess.CompletedProcess:
    command = [IBR, "decisions", "import", *map(str, arguments), "--home", str(home), "--as-at", str(TODAY)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert "Traceback" not in done.stderr
    return done


def take(home: Path):
    with connect(home / "warehouse.duckdb") as con:
        taken = import_inbox(con, home, today=TODAY, imported_at=dt.datetime(2026, 7, 5), two_people=["same person"])
        said = con.execute(
            "SELECT decided_by, imported_by FROM ops.decisions JOIN ops.decision_files USING (import_number) "
            "ORDER BY decision_id"
        ).fetchall()
    return taken, said


def waiting(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "inbox" / "decisions").iterdir())


def test_the_command_says_what_it_did_and_that_again_is_nothing_new(home, back):
    done = ibr(home, back)
    assert (done.returncode, done.stdout) == (0, "Recorded: 1; the next run honours them\n")
    again = json.loads(ibr(home, back, "--json").stdout)
    assert (again["recorded"], again["repeated"]) == (0, 1)
    assert "Nothing new in 6 rows" in ibr(home, back).stdout


def test_the_command_names_every_fault_and_leaves_with_4(home, back):
    fill(back, back, {"Duplicates": {2: {"decision": "perhaps", "decided on": None}}})
    done = ibr(home, back)
    assert done.returncode == 4
    *faults, last = done.stderr.splitlines()
    assert [line.split(":")[0] for line in faults] == [
        "back.xlsx, Duplicates, row 2, decided on", "back.xlsx, Duplicates, row 2, decision"
    ]
    assert last.startswith("ibr: 2 faults in back.xlsx: nothing was recorded")
    assert json.loads(ibr(home, back, "--json").stdout)["count"] == 2


def test_what_is_no_file_of_ours_is_a_mistake_on_the_command_line(home, tmp_path):
    (tmp_path / "back.ods").write_bytes(b"")
    for path in (tmp_path / "back.ods", tmp_path / "nowhere.xlsx"):
        done = ibr(home, path)
        assert done.returncode == 2
        assert path.name in done.stderr


def test_while_a_run_is_writing_files_are_left_for_the_next_one(home, back):
    with warehouse_lock(home, "ibr run 20260705"):
        done = ibr(home, back, "--by", "Otieno")
        assert done.returncode == 6
        assert "left in inbox/decisions" in done.stderr
        assert ibr(home, back, "--by", "Otieno").returncode == 6
    assert len(waiting(home)) == 2, "the same file twice is one, with a note"
    ((file,), said) = take(home)
    assert (file.name, file.outcome.recorded, file.outcome.waiting) == ("back.xlsx", 1, 1)
    assert said == [("Amina", "Otieno")]
    assert waiting(home) == []


def test_a_refused_file_is_set_aside_with_its_faults_and_holds_up_nobody(home, back, tmp_path):
    bad = fill(back, tmp_path / "bad.xlsx", {"Duplicates": {2: {"decided by": None}}})
    leave(home, [bad, back], None, None)
    (home / "inbox" / "decisions" / "notes.txt").write_text("by hand")
    taken, said = take(home)
    problems = {file.name: file.problem for file in taken}
    assert problems["back.xlsx"] is None
    assert said == [("Amina", None)]
    assert "quarantine/decisions" in problems["bad.xlsx"]
    assert "an .xlsx or .csv file was expected" in problems["notes.txt"]
    set_aside = sorted(path.suffixes for path in (home / "quarantine" / "decisions").iterdir())
    assert set_aside == [[".txt"], [".xlsx"], [".xlsx", ".faults", ".csv"]]
    assert waiting(home) == []


def test_a_file_that_was_recorded_and_not_taken_away_is_imported_again_to_no_effect(home, back):
    for _ in range(2):
        leave(home, [back], None, None)
        taken, said = take(home)
    assert (taken[0].outcome.recorded, taken[0].outcome.repeated, len(said)) == (0, 1, 1)


def test_unknown_decisions_in_the_configuration_are_a_mistake(home, back):
    (home / "registry.yml").write_text(yaml.safe_dump(SMALL | {"decisions": {"two_people": ["same persons"]}}))
    done = ibr(home, back)
    assert done.returncode == 3
    assert "decisions.two_people: same persons is no decision; expected same person, different people" in done.stderr
