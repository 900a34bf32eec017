"""Whatever is done to a copy of the audit log, it is found; and two copies left by a crash come together again."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.audit import Event, record, verify

EVENTS = 8


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("audit")
    for number in range(EVENTS):
        record(home, "enquired", f"Officer {number % 3}", subjects=[f"P{number:09d}"], details={"answer": number})
    assert verify(home, {}).passed
    return home


def logs(home: Path) -> list[Path]:
    return [home / "audit" / "events.jsonl", home / "audit-copy" / "events.jsonl"]


def rewritten(lines: list[bytes], start: int) -> list[bytes]:
    """The chain anew from a line on, as somebody who knows how it is made would forge it."""
    told = [json.loads(line) for line in lines]
    result = list(lines[:start])
    previous = json.loads(result[-1])["hash"] if result else "0" * 64
    for sequence, content in enumerate(told[start:], start=start + 1):
        content.pop("hash")
        event = Event(**{**content, "sequence": sequence, "previous": previous})
        previous = event.head.hash
        result.append(event.line)
    return result


@st.composite
def tampering(draw):
    """A function that changes a list of lines, and what it is called."""
    kind = draw(st.sampled_from(["byte", "cut", "delete", "swap", "insert", "copy", "forge"]))
    place = draw(st.integers(0, EVENTS - 1))
    other = draw(st.integers(0, EVENTS - 1).filter(lambda number: number != place))
    offset, bit = draw(st.integers(0, 10_000)), draw(st.integers(0, 7))

    def change(lines: list[bytes]) -> list[bytes]:
        lines = list(lines)
        if kind == "byte":
            line = bytearray(lines[place])
            line[offset % len(line)] ^= 1 << bit
            lines[place] = bytes(line)
        elif kind == "cut":
            return lines[:place]
        elif kind == "delete":
            del lines[place]
        elif kind == "swap":
            lines[place], lines[other] = lines[other], lines[place]
        elif kind == "insert":
            lines.insert(place, rewritten([*lines[:place], lines[other]], place)[-1])
        elif kind == "copy":
            lines.insert(place, lines[other])
        else:
            content = json.loads(lines[place])
            content["actor"] = "somebody else"
            content.pop("hash")
            lines[place] = Event(**content).line
        return lines

    return kind, change


@settings(max_examples=150, deadline=None)
@given(tampering(), st.integers(0, 1))
def test_any_change_to_one_copy_is_found(written, tmp_path_factory, change, which):
    kind, tamper = change
    home = tmp_path_factory.mktemp("tampered")
    shutil.copytree(written, home, dirs_exist_ok=True)
    log = logs(home)[which]
    before = log.read_bytes()
    log.write_bytes(b"".join(tamper(before.splitlines(keepends=True))))
    if log.read_bytes() == before:
        return
    assert verify(home, {}).faults, kind


@settings(max_examples=60, deadline=None)
@given(tampering())
def test_the_same_change_to_both_copies_is_found_unless_it_is_at_the_end(written, tmp_path_factory, change):
    """At the end both copies can be cut; that is what anchors are for."""
    kind, tamper = change
    home = tmp_path_factory.mktemp("tampered")
    shutil.copytree(written, home, dirs_exist_ok=True)
    anchor = {"notebook": verify(home, {}).head}
    for log in logs(home):
        log.write_bytes(b"".join(tamper(log.read_bytes().splitlines(keepends=True))))
    if logs(home)[0].read_bytes() == logs(written)[0].read_bytes():
        return
    assert verify(home, anchor).faults, kind


def test_both_copies_written_anew_are_found_by_an_anchor_alone(written, tmp_path):
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    head = verify(tmp_path, {}).head
    for log in logs(tmp_path):
        lines = log.read_bytes().splitlines(keepends=True)
        log.write_bytes(b"".join(rewritten([lines[1], *lines[2:]], 0)))
    assert verify(tmp_path, {}).passed
    assert not verify(tmp_path, {"notebook": head}).passed


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1), st.integers(1, 3_000))
def test_a_copy_that_lost_its_end_comes_back_whole_and_says_so(written, tmp_path_factory, which, lost):
    home = tmp_path_factory.mktemp("lost")
    shutil.copytree(written, home, dirs_exist_ok=True)
    whole = logs(home)[0].read_bytes()
    log = logs(home)[which]
    log.write_bytes(whole[: max(len(whole) - lost, 0)])
    record(home, "enquired")
    result = verify(home, {})
    assert result.passed
    first, second = (log.read_bytes() for log in logs(home))
    assert first == second
    assert first.startswith(whole)
    mended = [json.loads(line) for line in first[len(whole) :].splitlines()]
    assert [event["action"] for event in mended][-2:] == ["audit_mended", "enquired"]


def test_a_list_of_many_subjects_is_kept_once_and_its_change_is_found(tmp_path):
    many = [f"P{number:09d}" for number in range(200)]
    sums = {record(tmp_path, "exceptions_exported", subjects=many).subjects_list for _ in range(2)}
    assert sums == {hashlib.sha256("".join(f"{uid}\n" for uid in many).encode()).hexdigest()}
    (kept,) = (tmp_path / "audit-copy" / "subjects").iterdir()
    assert verify(tmp_path, {}).passed
    kept.write_bytes(kept.read_bytes()[:-1])
    assert any("cannot be read" in fault.fault for fault in verify(tmp_path, {}).faults)
    kept.unlink()
    assert any("not there" in fault.fault for fault in verify(tmp_path, {}).faults)
