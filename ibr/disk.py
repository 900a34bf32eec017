"""A full disk, told as one whoever met it: Python, DuckDB, SQLite, Dagster, dbt."""

import errno
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from ibr.errors import DiskFull

# EFBIG: a file may not grow further, by `ulimit -f` or by its file system.
_NUMBERS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# DuckDB's words, not those of a source's server about its own disk; and SQLite's. DuckDB spills to at most 90% of what
# was free, and then names the setting that says so.
_WORDS = re.compile(
    r"Could not [^\n]*: (No space left on device|Disk quota exceeded|File too large)|database or disk is full"
    r"|max_temp_directory_size"
)


def full_disk(error: BaseException) -> DiskFull | None:
    """What to tell where an error, or what it came from, is a lack of room; None otherwise."""
    lacking = next((one for one in _with_causes(error) if _is_lack_of_room(one)), None)
    if lacking is None:
        return None
    return DiskFull(
        f"no room to write {_place(lacking)}, or a limit of the account is reached; free some, or move the workspace "
        "to a larger disk, then run again. What was good has stayed"
    )


def _is_lack_of_room(error: BaseException) -> bool:
    return (isinstance(error, OSError) and error.errno in _NUMBERS) or bool(_WORDS.search(str(error)))


def _place(error: BaseException) -> str:
    """Where there is no room, and how little, as far as the error says which file could not grow."""
    name = error.filename if isinstance(error, OSError) else None
    if named := re.search(r'Could not [^"\n]*"([^"\n]+)"', str(error)):
        name = named[1]
    if not isinstance(name, str):
        return "on the workspace's disk"
    folder = next(folder for folder in Path(name).absolute().parents if folder.is_dir())
    usage = shutil.disk_usage(folder)
    return f"in {folder}, whose disk has {usage.free / 1e9:,.1f} of {usage.total / 1e9:,.1f} GB free"


def _with_causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
