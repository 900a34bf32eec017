"""A full disk, told as one whoever met it: Python, DuckDB, SQLite, Dagster, dbt; and a damaged file."""

import errno
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ibr.errors import ConfigurationProblem, DiskFull

# EFBIG: a file may not grow further, by `ulimit -f` or by its file system.
_NUMBERS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# DuckDB's words, not those of a source's server about its own disk; and SQLite's. DuckDB spills to at most 90% of what
# was free, and then names the setting that says so.
_WORDS = re.compile(
    r"Could not [^\n]*: (No space left on device|Disk quota exceeded|File too large)|database or disk is full"
    r"|max_temp_directory_size"
)

# DuckDB's words again; the last is of an encrypted file whose key is the right one.
_DAMAGED = re.compile(
    "not a valid DuckDB database|Could not read enough bytes|Corrupt database file|Computed AES tag differs"
)
_NEXT_TO_NOTHING = 16_000_000  # bytes


@contextmanager
def telling_of_a_full_disk(home: Path) -> Iterator[None]:
    """Raise DiskFull in place of whatever the lack of room in a workspace came to."""
    try:
        yield
    except Exception as error:
        if full := full_disk(error, home):
            raise full from None
        raise


def full_disk(error: BaseException, home: Path | None = None) -> DiskFull | None:
    """What to tell where an error, or what it came from, is a lack of room; None otherwise. `home`: the workspace, for
    errors that do not say where they were met."""
    lacking = next((one for one in _with_causes(error) if _is_lack_of_room(one, home)), None)
    if lacking is None:
        return None
    return DiskFull(
        f"no room to write {_place(lacking, home)}, or a limit of the account is reached; free some, or move the "
        "workspace to a larger disk, then run again. What was good has stayed"
    )


def damaged_file(error: BaseException, file: Path | None = None) -> ConfigurationProblem | None:
    """What to tell where DuckDB met a damaged file; None where an error is of another kind. `file`: which it is, for
    errors that do not say."""
    told = next((one for one in _with_causes(error) if _DAMAGED.search(str(one))), None)
    if told is None:
        return None
    named = re.search(r'from file "([^"\n]+)"', str(told))
    name = file.name if file else Path(named[1]).name if named else "a DuckDB file"
    return ConfigurationProblem(
        f"{name} is damaged, or no DuckDB file; restore a backup and take it from there (docs/backup.md)"
    )


def _is_lack_of_room(error: BaseException, home: Path | None) -> bool:
    if isinstance(error, OSError) and error.errno in _NUMBERS:
        return True
    # SQLite's word for a log that cannot grow, and for a disk that is broken.
    if home and "disk I/O error" in str(error):
        return shutil.disk_usage(home).free < _NEXT_TO_NOTHING
    return bool(_WORDS.search(str(error)))


def _place(error: BaseException, home: Path | None) -> str:
    """Where there is no room, and how little, as far as it is known."""
    name = error.filename if isinstance(error, OSError) else None
    if named := re.search(r'Could not [^"\n]*"([^"\n]+)"', str(error)):
        name = named[1]
    folder = home
    if isinstance(name, str):
        folder = next(folder for folder in Path(name).absolute().parents if folder.is_dir())
    if folder is None:
        return "on the workspace's disk"
    usage = shutil.disk_usage(folder)
    return f"in {folder}, whose disk has {usage.free / 1e9:,.1f} of {usage.total / 1e9:,.1f} GB free"


def _with_causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
