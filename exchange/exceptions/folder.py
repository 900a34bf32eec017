"""Putting a finished folder in its place, whole."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_BUILDING, _OLD = ".building-", ".old-"


@contextmanager
def swapped_in(target: Path) -> Iterator[Path]:
    """Give an empty folder to fill, and put it at `target` when the block ends without an error.

    A folder already at `target` is replaced. What a killed run left behind is put right first.
    """
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _put_right(target)
    building = target.with_name(_BUILDING + target.name)
    building.mkdir(mode=0o700)
    try:
        yield building
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    old = target.with_name(_OLD + target.name)
    if target.exists():
        # A folder cannot be renamed over one with files in it; a kill between these two lines is put right
        # by the next export.
        target.rename(old)
    building.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _put_right(target: Path) -> None:
    old = target.with_name(_OLD + target.name)
    if old.exists() and not target.exists():
        old.rename(target)
    shutil.rmtree(old, ignore_errors=True)
    shutil.rmtree(target.with_name(_BUILDING + target.name), ignore_errors=True)
