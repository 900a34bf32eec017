"""Putting the DuckDB files of a workspace under another key: from none to one, from one to the next, or back to none.

Each file is written anew beside itself and takes its place when it is whole. Killed at any point, a file is either as
it was or as it is to be, and the command goes on where it stopped.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb

from ibr.durable import on_disk
from ibr.errors import ConfigurationProblem, ContractBroken
from warehouse import audit
from warehouse.audiences import memory
from warehouse.audiences.policy import NumberAudience, Policy
from warehouse.catalogue import rows_of
from warehouse.connection import attach, connect, quoted
from warehouse.encryption import audience_key, is_encrypted, key_of
from warehouse.publication import MANIFEST, note_sum

_HALF = ".rewriting"
_NEW = "rewritten"


def rewrite(
    home: Path, policy: Policy, old_master: str | None = None, progress: Callable[[str], None] = lambda message: None
) -> list[Path]:
    """Write the warehouse and every audience's file as registry.yml now says; those that had to be written.

    Where it is to be encrypted, what else lies beside the audiences' files goes: the service's index and its review
    queue, and Parquet, which cannot be encrypted. A publication makes the next ones, where they are asked for.

    `old_master`: the key that they were encrypted under, if any; files for everybody stay in the clear. Hold the
    warehouse's lock. Raises ConfigurationProblem for a file that neither key opens, ContractBroken if a copy is not
    complete: that file stays as it was.
    """
    written = []
    # One connection for all: to load what decrypts takes a tenth of a second.
    with connect(":memory:", temp_directory=home / "tmp") as con:
        for file in _files(home, policy):
            new = key_of(file)
            old = _opening(con, home, file, new, old_master)
            if old == new:
                continue
            progress(str(file.relative_to(home)))
            _rewrite(con, file, old, new)
            written.append(file)
    removed = list(_in_the_clear(home)) if key_of(home / "warehouse.duckdb") else []
    for folder in removed:
        progress(f"removed, because it cannot be encrypted: {folder.relative_to(home)}")
        shutil.rmtree(folder)
    if written or removed:
        audit.record(
            home, "files_put_under_another_key", details={"files": len(written), "folders_removed": len(removed)}
        )
    return written


def _in_the_clear(home: Path) -> Iterator[Path]:
    """Folders within the versions: nothing in them is encrypted."""
    for manifest in sorted((home / "published").glob(f"*/{MANIFEST}")):
        if not manifest.parent.is_symlink():
            yield from sorted(inner for inner in manifest.parent.iterdir() if inner.is_dir())


def _files(home: Path, policy: Policy) -> Iterator[Path]:
    open_to_all = {name for name, audience in policy.items() if isinstance(audience, NumberAudience)}
    yield from home.glob("warehouse.duckdb")
    # By way of `current` a file would be met twice.
    folders = [folder for folder in sorted((home / "published").glob("*")) if not folder.is_symlink()]
    for folder in folders:
        yield from (file for file in sorted(folder.glob("*.duckdb")) if file.stem not in open_to_all)
        yield from sorted(folder.glob(f"*{memory.ENDING}"))


def _opening(
    con: duckdb.DuckDBPyConnection, home: Path, file: Path, new: str | None, old_master: str | None
) -> str | None:
    """The key that a file opens with."""
    if not is_encrypted(file):
        return None
    old = old_master and (old_master if file.parent == home else audience_key(old_master, file.stem))
    for key in (new, old):
        if key and _opens(con, file, key):
            return key
    raise ConfigurationProblem(
        f"{file.relative_to(home)} opens neither with the key of registry.yml nor with an old one; name the secret "
        "that holds the old key with --old-key, and run it again: files that are done are left alone"
    )


def _opens(con: duckdb.DuckDBPyConnection, file: Path, key: str) -> bool:
    try:
        attach(con, file, "tried", key=key)
    except ConfigurationProblem:
        return False
    con.execute("DETACH tried")
    return True


def _rewrite(con: duckdb.DuckDBPyConnection, file: Path, old: str | None, new: str | None) -> None:
    half, name = file.with_name(f"{file.name}{_HALF}"), file.stem
    half.unlink(missing_ok=True)
    if file.with_name(f"{file.name}.wal").exists():  # what the log of the old file holds would not fit the new one
        attach(con, file, name, key=old or "", options="")
        con.execute(f"FORCE CHECKPOINT {quoted(name)}")
        con.execute(f"DETACH {quoted(name)}")
    # Under the name it has anyway, by which its views name its tables.
    attach(con, file, name, key=old or "")
    size = con.execute("SELECT block_size FROM pragma_database_size() WHERE database_name = ?", [name]).fetchone()
    assert size is not None
    attach(con, half, _NEW, key=new or "", options=f"BLOCK_SIZE {size[0]}")
    con.execute(f"COPY FROM DATABASE {quoted(name)} TO {_NEW}")
    is_whole = rows_of(con, name) == rows_of(con, _NEW)
    con.execute(f"DETACH {_NEW}")
    con.execute(f"DETACH {quoted(name)}")
    if not is_whole:
        raise ContractBroken(f"{file.name} could not be copied whole; it stays as it was, run it again")
    half.chmod(file.stat().st_mode & 0o777)
    note_sum(file, half)  # before: killed between the two, the file is written once more
    half.replace(file)
    on_disk(file.parent)
