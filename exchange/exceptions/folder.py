"""Putting a finished folder in its place, whole."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_BUILDING, _OLD = ".building-", ".old-"


@contextmanager
def building(target: Path) -> Iterator[Path]:
    """Give an empty folder to fill, which `swap_in` puts at `target`; where it did not, it is removed in the end.

    What a killed run left behind is put right first.
    """
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _put_right(target)
    folder = target.with_name(_BUILDING + target.name)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def swap_in(target: Path) -> None:
    """Put the folder that was filled for `target` there, in place of one that is there already."""
    old = target.with_name(_OLD + target.name)
    if target.exists():
        # A folder cannot be renamed over one with files in it; a kill between these two lines is put right
        # by the next export.
        target.rename(old)
    target.with_name(_BUILDING + target.name).rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _put_right(target: Path) -> None:
    old = target.with_name(_OLD + target.name)
    if old.exists() and not target.exists():
        old.rename(target)
    shutil.rmtree(old, ignore_errors=True)
    shutil.rmtree(target.with_name(_BUILDING + target.name), ignore_errors=True)
