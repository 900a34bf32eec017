"""Putting a backup back: into a new place, whole or not at all."""

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from ibr.errors import ConfigurationProblem, ContractBroken, DiskFull, UsageProblem
from ibr.workspace import Workspace
from warehouse import audit
from warehouse.backup.manifest import File, Manifest
from warehouse.backup.store import PART, Store

_HALF = ".restoring"


def restore(
    store: Store, manifest: Manifest, home: Path, progress: Callable[[str], None] = lambda message: None
) -> None:
    """Make the workspace of a backup at `home`, which is new or an empty folder, and record it in its audit log.

    Every file is compared with its sums as it is written, beside `home`; only the whole gets the name. Raises
    UsageProblem if something lies at `home`, DiskFull before anything is written if it does not fit, ContractBroken if
    the backup is damaged; nothing is left then.
    """
    require_empty(home)
    building = home.with_name(f"{home.name}{_HALF}")
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        if building.exists():
            shutil.rmtree(building)  # what a restore that was killed left
        building.mkdir(mode=0o700)
        try:
            write_files(store, manifest, building, progress)
            Workspace(building).ensure()
            os.sync()
            building.rename(home)
        except BaseException:
            shutil.rmtree(building, ignore_errors=True)
            raise
    except OSError as error:
        if error.filename and Path(error.filename) == building and error.strerror:
            raise ConfigurationProblem(f"{home} cannot be made ({error.strerror}); choose another place") from None
        raise
    audit.record(home, "restored", details={"backup": manifest.backup, "audit_head": manifest.audit_head})


def require_empty(home: Path) -> None:
    """Raise UsageProblem unless a workspace may be made here: nothing is ever restored over another."""
    if home.is_dir() and not any(home.iterdir()):
        return
    if home.exists() or home.is_symlink():
        raise UsageProblem(f"{home} is not empty, and nothing is restored over what is there; name a new folder")


def write_files(store: Store, manifest: Manifest, folder: Path, progress: Callable[[str], None]) -> None:
    """All files of a backup into a folder, each compared with its sum. Raises ContractBroken at the first that is
    damaged, DiskFull if they do not fit."""
    free = shutil.disk_usage(folder).free
    if manifest.bytes > free:
        raise DiskFull(
            f"backup {manifest.backup} takes {manifest.bytes / 1e9:,.1f} GB, and the disk of {folder.parent} has "
            f"{free / 1e9:,.1f} GB free; free some, or choose another place"
        )
    written = told = 0
    for file in manifest.files:
        try:
            _write(store, file, folder)
        except ValueError as problem:
            raise ContractBroken(
                f"backup {manifest.backup} cannot be restored: {file.path}: {problem}; take another backup "
                "(`ibr backup list`), or another copy of this folder"
            ) from None
        written += file.size
        if written - told >= 256 * PART:
            told = written
            progress(f"{written / 1e9:,.1f} of {manifest.bytes / 1e9:,.1f} GB")


def _write(store: Store, file: File, folder: Path) -> None:
    target = folder / file.path
    if not target.resolve().is_relative_to(folder.resolve()):
        raise ValueError("lies outside of a workspace")
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if file.link is not None:
        target.symlink_to(file.link)
        return
    whole, left = hashlib.sha256(), file.size
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        for part in file.parts:
            content = store.get(part, min(PART, left))
            left -= len(content)
            whole.update(content)
            out.write(content)
    if left or whole.hexdigest() != file.sha256:
        raise ValueError("is not what its sum says")
    target.chmod(file.mode)
