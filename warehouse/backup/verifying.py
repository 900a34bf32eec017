"""Proving a backup by restoring it, into a folder that goes again."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ibr.errors import ContractBroken
from warehouse import audit
from warehouse.backup.manifest import Manifest
from warehouse.backup.restoring import write_files
from warehouse.backup.store import PART, VERIFYING, Store
from warehouse.connection import connect
from warehouse.encryption import key_of


@dataclass(frozen=True)
class Checked:
    """A backup that can be restored: its files and bytes, and the tables that its databases were found to hold."""

    backup: str
    files: int
    bytes: int
    databases: int
    tables: int


def verify(
    store: Store, manifest: Manifest, progress: Callable[[str], None] = lambda message: None
) -> Checked:
    """Restore a backup into a temporary folder beside it, compare every file, open every database, and remove it again.

    Damaged parts are set aside, so that the next backup stores them anew: where their content is still in the
    workspace, that mends this backup too. Raises ContractBroken for damage, DiskFull if there is no room to restore it.
    """
    with tempfile.TemporaryDirectory(prefix=VERIFYING, dir=store.folder) as folder:
        place = Path(folder)
        try:
            write_files(store, manifest, place, progress)
        except ContractBroken as problem:
            damaged = set_damaged_aside(store, manifest)
            raise ContractBroken(f"{problem}. {damaged} parts are damaged or missing in all") from None
        databases = sorted(file.path for file in manifest.files if file.path.endswith(".duckdb"))
        tables = sum(_tables(place / path, path, manifest) for path in databases)
        if str(audit.head(place)) != manifest.audit_head:
            raise ContractBroken(f"backup {manifest.backup}: its audit log does not end with the event it was taken at")
        return Checked(manifest.backup, len(manifest.files), manifest.bytes, len(databases), tables)


def set_damaged_aside(store: Store, manifest: Manifest) -> int:
    """Look at every part of a backup once, and take those that are damaged out of use; returns how many are no good."""
    sizes = {
        part: min(PART, file.size - PART * place) for file in manifest.files for place, part in enumerate(file.parts)
    }
    damaged = 0
    for part, size in sizes.items():
        try:
            store.get(part, size)
        except ValueError:
            store.set_aside(part)
            damaged += 1
    return damaged


def _tables(file: Path, name: str, manifest: Manifest) -> int:
    """How many tables a database has."""
    try:
        key = key_of(file, Path(manifest.workspace))
        with connect(file, read_only=True, temp_directory=file.parent, key=key) as con:
            row = con.execute("SELECT count(*) FROM duckdb_tables()").fetchone()
    except duckdb.Error:
        raise ContractBroken(f"backup {manifest.backup}: {name} was damaged before it was backed up") from None
    assert row is not None
    return int(row[0])
