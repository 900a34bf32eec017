"""What a crash or a lost disk left of the two copies, put right before the next event, and told in the log itself.

An event is written to the first copy, then to the second. So a crash leaves half a line at the end of one of them, or
the second a line behind. Half a line is of an event whose act did not go on, and is cut off. A copy that is the
beginning of the other is filled up from it, so that a copy that was shortened, lost or moved comes back whole. Where
the two have gone apart nothing is put right: that is for `verify` and for people; the log goes on in both.
"""

import os
import shutil
from pathlib import Path
from typing import Any, BinaryIO

from ibr.durable import on_disk
from warehouse.audit.places import Place, Places

_BLOCK = 1 << 16


def last_line(log: Path) -> bytes:
    """The last whole line of a log, with its end; empty where there is none."""
    if not log.is_file():
        return b""
    with log.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        tail = b""
        while size:
            step = min(_BLOCK, size)
            size = file.seek(size - step)
            tail = file.read(step) + tail
            end = tail.rfind(b"\n") + 1
            if (start := tail.rfind(b"\n", 0, max(end - 1, 0)) + 1) or not size:
                return tail[start:end]
    return b""


def mended(both: Places) -> list[dict[str, Any]]:
    """Put right what can be; returns the details of an event for each thing that was found."""
    found = [repair for place in both if (repair := _cut_half_line(both, place))]
    if last_line(both.first.log) != last_line(both.second.log):
        found.append(_level(both))
    return found


def put_list(target: Path, packed: bytes) -> None:
    """Write a list of subjects, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    building = target.with_suffix(".part")
    building.unlink(missing_ok=True)
    with os.fdopen(os.open(building, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        file.write(packed)
        file.flush()
        os.fsync(file.fileno())
    building.replace(target)
    on_disk(target.parent)


def _cut_half_line(both: Places, place: Place) -> dict[str, Any] | None:
    size = _size(place)
    if not size:
        return None
    with place.log.open("rb+") as file:
        whole = _whole(file, size)
        if whole == size:
            return None
        file.truncate(whole)
        os.fsync(file.fileno())
    return {"copy": _name(both, place), "found": "half a line", "bytes_cut": size - whole}


def _whole(file: BinaryIO, size: int) -> int:
    """How many bytes there are up to the end of the last whole line."""
    end = size
    while end:
        step = min(_BLOCK, end)
        file.seek(end - step)
        place = file.read(step).rfind(b"\n")
        if place >= 0:
            return end - step + place + 1
        end -= step
    return 0


def _level(both: Places) -> dict[str, Any]:
    shorter, longer = sorted(both, key=_size)
    size = _size(shorter)
    if not _begins_with(longer.log, shorter.log, size):
        return {"copy": "both", "found": "the two copies differ"}
    shorter.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with longer.log.open("rb") as source, os.fdopen(
        os.open(shorter.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab"
    ) as target:
        source.seek(size)
        shutil.copyfileobj(source, target)
        target.flush()
        os.fsync(target.fileno())
    return {
        "copy": _name(both, shorter), "found": "behind the other", "bytes_added": _size(longer) - size,
        "lists_added": _bring_lists(longer, shorter),
    }  # fmt: skip


def _bring_lists(source: Place, target: Place) -> int:
    """The lists of subjects that one place has and the other lacks; a list is known by its sum, so none is changed."""
    known = {path.name for path in target.lists}
    missing = [path for path in source.lists if path.name not in known]
    for path in missing:
        put_list(target.lists_folder / path.name, path.read_bytes())
    return len(missing)


def _begins_with(longer: Path, shorter: Path, size: int) -> bool:
    if not size:
        return True
    with longer.open("rb") as one, shorter.open("rb") as other:
        while block := other.read(_BLOCK):
            if one.read(len(block)) != block:
                return False
    return True


def _size(place: Place) -> int:
    return place.log.stat().st_size if place.log.is_file() else 0


def _name(both: Places, place: Place) -> str:
    return "first" if place == both.first else "second"
