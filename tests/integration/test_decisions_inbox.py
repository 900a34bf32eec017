"""Files that come while a run is writing, and the command that takes them."""

import csv
import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import yaml

from exchange.decisions import import_files, import_inbox, inbox, leave
from ibr.durable import sha256_of
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


def take(home: Path, meanwhile: Callable[[float], None] = lambda seconds: None):
    """What a run imports. `meanwhile`: what happens while it watches files that are seconds old."""
    with connect(home / "warehouse.duckdb") as con:
        taken = import_inbox(
            con, home, today=TODAY, imported_at=dt.datetime(2026, 7, 5), two_people=["same person"], wait=meanwhile
        )
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


def test_refused_files_of_one_name_lie_beside_each_other(home, back, tmp_path):
    sent = {}
    for person in ("amina", "baraka"):
        path = tmp_path / person / "duplicates.xlsx"
        path.parent.mkdir()
        sent[fill(back, path, {"Duplicates": {2: {"decided by": None, "comment": person}}}).read_bytes()] = person
        leave(home, [path], person, None)
    for by_hand in ("duplicates.csv", "duplicates.csv", "d" * 240 + ".csv"):
        target = home / "inbox" / "decisions" / by_hand
        target.write_text(f"{len(sent)}")
        sent[target.read_bytes()] = by_hand
        taken, _ = take(home)
        aside = home / "quarantine" / "decisions"
        for file in taken:
            assert file.problem.count("quarantine/decisions/") == 1
            told = file.problem.partition("quarantine/decisions/")[2].split(";")[0]
            assert (aside / told).is_file(), "what is told is where it is said to be"
    kept = [path for path in aside.iterdir() if not path.name.endswith(".faults.csv")]
    assert {path.read_bytes() for path in kept} == set(sent)
    assert {path.name for path in kept if path.suffix == ".xlsx"} == {
        f"{path.name[:16]}-duplicates.xlsx" for path in kept if path.suffix == ".xlsx"
    }
    assert all(path.with_name(path.name + ".faults.csv").is_file() for path in kept if len(path.name) < 200)
    assert waiting(home) == []


def test_a_file_that_was_recorded_and_not_taken_away_is_imported_again_to_no_effect(home, back):
    for _ in range(2):
        leave(home, [back], None, None)
        taken, said = take(home)
    assert (taken[0].outcome.recorded, taken[0].outcome.repeated, len(said)) == (0, 1, 1)


def by_hand(home: Path, back: Path, name: str = "duplicates.csv") -> Path:
    """A CSV file with its answer in the inbox, as somebody copies it there."""
    target = home / "inbox" / "decisions" / name
    target.parent.mkdir(parents=True, exist_ok=True)
    rows = openpyxl.load_workbook(back)["Duplicates"].values
    with target.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return target


@pytest.mark.parametrize("name", ["duplicates.csv", "duplicates.csv.part"])
def test_a_file_put_there_by_hand_waits_until_it_is_whole(home, back, name):
    path = by_hand(home, back, name)
    whole = path.read_bytes()
    path.write_bytes(whole[:whole.index(b"\n") + 1])  # cut at the end of a line

    def more(seconds: float) -> None:
        assert seconds == 5
        path.write_bytes(whole[:-1])
        os.utime(path, (0, 0))  # the time that the copied file had

    taken, said = take(home, more)
    assert [(file.outcome, file.problem) for file in taken] == ([(None, None)] if path.suffix == ".csv" else [])
    assert all("may not be whole yet" in file.left for file in taken)
    path.write_bytes(whole)
    path = path.rename(path.with_name("duplicates.csv"))
    ((file,), said) = take(home)
    assert (file.outcome.recorded, file.left, said) == (1, None, [("Amina", None)])
    assert waiting(home) == []


def test_what_was_left_by_the_command_needs_not_settle(home, back):
    leave(home, [back], "Otieno", None)
    ((file,), said) = take(home, lambda seconds: pytest.fail("nothing to watch"))
    assert (file.outcome.recorded, said) == (1, [("Amina", "Otieno")])


def test_the_same_file_left_by_two_people_is_imported_by_the_first_and_confirmed_by_the_second(home, back):
    for by in ("Otieno", "Wanjiru", "Otieno"):
        leave(home, [back], by, None)
    assert len(waiting(home)) == 4, "two files, each with a note"
    taken, said = take(home)
    assert sorted((file.outcome.recorded, file.outcome.confirmed, file.outcome.waiting) for file in taken) == [
        (0, 1, 0), (1, 0, 1)
    ]
    assert len({imported_by for _, imported_by in said} & {"Otieno", "Wanjiru"}) == 2
    assert waiting(home) == []


@pytest.mark.parametrize("note", [b"", b"[]", b'{"by": "Otieno"}'])
def test_a_file_whose_note_is_damaged_is_not_imported_in_nobodys_name(home, back, note):
    leave(home, [back], "Otieno", None)
    (beside,) = (home / "inbox" / "decisions").glob("*.json")
    beside.write_bytes(note)
    ((file,), said) = take(home)
    assert "is damaged; import it by hand, with --by" in file.problem
    assert (said, waiting(home)) == ([], [])
    assert len(list((home / "quarantine" / "decisions").iterdir())) == 1


def test_a_file_that_may_not_be_read_stays_and_holds_up_nobody(home, back, monkeypatch):
    closed = by_hand(home, back)
    leave(home, [back], None, None)

    def opened(path):
        if path == closed:
            raise PermissionError(13, "Permission denied")
        return sha256_of(path)

    monkeypatch.setattr(inbox, "sha256_of", opened)
    taken, said = take(home)
    assert "cannot be read (PermissionError)" in next(file.problem for file in taken if file.name == closed.name)
    assert (len(said), waiting(home)) == (1, [closed.name])


@pytest.mark.parametrize("name", [os.fsdecode(b"r\xe9ponse.csv"), "d" * 251 + ".csv", "d" * 245 + ".csv"])
def test_a_name_that_no_other_file_could_have_stops_nothing(home, back, name):
    (home / "inbox" / "decisions").mkdir(parents=True, exist_ok=True)
    (home / "inbox" / "decisions" / name).write_bytes(b"exception_id\n1\n")
    leave(home, [back], "Otieno", None)
    taken, said = take(home)
    (problem,) = [file.problem.encode() for file in taken if file.problem]  # as text, which can be written down
    assert b"quarantine/decisions/" in problem or len(name) > 200
    assert (said, waiting(home)) == ([("Amina", "Otieno")], [])


def test_a_note_cannot_send_a_file_elsewhere(home, back):
    bad = fill(back, back, {"Duplicates": {2: {"decided by": None}}})
    leave(home, [bad], None, None)
    (note,) = (home / "inbox" / "decisions").glob("*.json")
    note.write_text(json.dumps({"name": "../../../away.xlsx"}))
    ((file,), _) = take(home)
    assert "away.xlsx" in file.problem
    assert len(list((home / "quarantine" / "decisions").glob("*-.._.._.._away.xlsx"))) == 1


@pytest.mark.parametrize("is_refused", [False, True])
def test_a_file_that_is_replaced_while_it_is_read_stays_for_the_next_run(home, back, monkeypatch, is_refused):
    path = by_hand(home, back)
    corrected = path.read_bytes()
    if is_refused:
        path.write_bytes(corrected.replace(b"Amina", b""))

    def replaced(*args, **options):
        other = path.with_name(".other")
        other.write_bytes(corrected)
        try:
            return import_files(*args, **options)
        finally:
            other.replace(path)

    with monkeypatch.context() as patch:
        patch.setattr(inbox, "import_files", replaced)
        ((file,), said) = take(home)
    assert "changed while it was read" in file.left
    assert (file.problem, len(said), waiting(home)) == (None, 0 if is_refused else 1, ["duplicates.csv"])
    assert not (home / "quarantine" / "decisions").exists()
    ((file,), said) = take(home)
    assert (file.left, len(said), waiting(home)) == (None, 1, [])


def test_unknown_decisions_in_the_configuration_are_a_mistake(home, back):
    (home / "registry.yml").write_text(yaml.safe_dump(SMALL | {"decisions": {"two_people": ["same persons"]}}))
    done = ibr(home, back)
    assert done.returncode == 3
    assert "decisions.two_people: same persons is no decision; expected same person, different people" in done.stderr
