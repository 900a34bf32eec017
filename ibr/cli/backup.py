"""`ibr backup` and `ibr restore`."""

import datetime as dt
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ibr import secrets
from ibr.cli.options import as_option, home_option, json_option
from ibr.config import Backup, load_backup
from ibr.console import console, progress, table
from ibr.errors import UsageProblem
from ibr.workspace import Workspace

if TYPE_CHECKING:
    from warehouse.backup import Manifest, Store, Taken

_FOLDER = click.Path(path_type=Path, file_okay=False)
_from_option = click.option(
    "--from", "folder", type=_FOLDER, default=None, help="The folder of backups. Default: backup.to of registry.yml."
)


@click.group(invoke_without_command=True, epilog="Example: ibr backup --to /mnt/backup/ibr")
@click.option("--to", type=_FOLDER, default=None, help="A folder, best on another disk. Default: backup.to of "
              "registry.yml.")  # fmt: skip
@as_option
@home_option
@json_option
@click.pass_context
def backup(context: click.Context, to: Path | None, home: Workspace, as_json: bool) -> None:
    """Save the workspace as it is now; of what an earlier backup has, nothing is stored again.

    It needs nobody to stop reading what is published. No run can begin meanwhile, nor a backup during a run: exit 6,
    and nothing is done. Keys and `sources/` are not in it: docs/backup.md. Backups hold all personal data of the
    registry; guard them as the warehouse.
    """
    if context.invoked_subcommand:
        return
    from warehouse.backup import take

    folder, settings = _folder(home, to, "--to")
    with progress("backup") as say:
        taken = take(home.home, folder, dt.datetime.now(dt.UTC), settings.keep, say)
    if as_json:
        click.echo(json.dumps(_summary(taken.manifest) | {
            "stored": taken.stored, "removed": taken.removed, "unreadable": [asdict(one) for one in taken.unreadable],
        }, indent=1))  # fmt: skip
        return
    _tell(taken, folder)


@backup.command("list", epilog="Example: ibr backup list --from /mnt/backup/ibr")
@_from_option
@home_option
@json_option
def list_(folder: Path | None, home: Workspace, as_json: bool) -> None:
    """List the backups that are there, and the publications that each holds."""
    store = _store(home, folder)
    good, bad = store.manifests()
    if as_json:
        unusable = [{"backup": one.backup, "problem": one.reason} for one in bad]
        click.echo(json.dumps([*map(_summary, good), *unusable], indent=1))
        return
    rows = [(one.backup, len(one.files), f"{one.bytes / 1e9:,.2f}", _current(one), len(one.publications))
            for one in good]  # fmt: skip
    console.print(table("", ["backup", "files", "GB restored", "current publication", "publications"], rows))
    for one in bad:
        console.print(f"UNUSABLE  {one.backup}: its manifest {one.reason}", markup=False, soft_wrap=True)


@backup.command(epilog="Example: ibr backup verify 20260701T030000Z --from /mnt/backup/ibr")
@click.argument("name", metavar="[BACKUP]", required=False)
@_from_option
@as_option
@home_option
@json_option
def verify(name: str | None, folder: Path | None, home: Workspace, as_json: bool) -> None:
    """Prove that a backup (by default the last) can be restored, by restoring it into a temporary folder beside it.

    Every file is compared with its sum, every database opened. Exit 4 if anything is damaged: what is, is stored anew
    by the next backup.
    """
    from warehouse.audit import record
    from warehouse.backup import verify as proved

    store = _store(home, folder)
    with store.locked("ibr backup verify"), progress("verify") as say:
        checked = proved(store, _chosen(store, name), say)
    if home.registry_file.is_file():
        record(home.home, "backup_verified", details={"backup": checked.backup, "files": checked.files})
    if as_json:
        click.echo(json.dumps(asdict(checked), indent=1))
        return
    console.print(
        f"Backup {checked.backup} can be restored: {checked.files:,} files, {checked.bytes / 1e9:,.2f} GB, "
        f"{checked.databases} databases with {checked.tables:,} tables.", soft_wrap=True,
    )  # fmt: skip


@click.command(epilog="Example: ibr restore --from /mnt/backup/ibr --home /srv/restore/ibr")
@click.option("--from", "folder", type=_FOLDER, required=True, help="The folder of backups.")
@click.option("--backup", "name", default=None, help="Which one, as `ibr backup list` names it. Default: the last.")
@click.option("--publication", default=None, help="What was published: a version, or a day (the last one up to it); "
              "the first backup that holds it is restored, and it is made current.")  # fmt: skip
@as_option
@home_option
@json_option
def restore(folder: Path, name: str | None, publication: str | None, home: Workspace, as_json: bool) -> None:
    """Put a backup back into a new or empty folder (--home), whole or not at all; never over a workspace.

    Keys are not in backups: put them back from where they are kept (it says which). The next `ibr run` goes on from
    there.
    """
    if name and publication:
        raise UsageProblem("--backup and --publication name two backups; give one of them")
    from warehouse.backup import Store
    from warehouse.backup import restore as put_back
    from warehouse.backup.choosing import holding

    store = Store.opened(folder)
    with store.locked("ibr restore"), progress("restore") as say:
        if publication:
            manifest, version = holding(store, publication)
        else:
            manifest, version = _chosen(store, name), None
        put_back(store, manifest, home.home, say)
    if version and version != _current(manifest):
        _make_current(home, version)
    keys = {"were": str(secrets.key_file(Path(manifest.workspace), "KEY").parent),
            "belong": str(secrets.key_file(home.home, "KEY").parent)}  # fmt: skip
    if as_json:
        click.echo(json.dumps(_summary(manifest) | {
            "home": str(home.home), "current": version or _current(manifest), "keys": keys,
        }, indent=1))  # fmt: skip
        return
    console.print(f"Backup {manifest.backup} is restored in {home.home}: {len(manifest.files):,} files, "
                  f"{manifest.bytes / 1e9:,.2f} GB. Published: {version or _current(manifest) or 'nothing'}.",
                  soft_wrap=True)  # fmt: skip
    console.print(f"Keys are not in it: they lay in {keys['were']} and belong into {keys['belong']}.", soft_wrap=True)


def _make_current(home: Workspace, version: str) -> None:
    from warehouse.lock import warehouse_lock
    from warehouse.publication import make_current

    with warehouse_lock(home.home, "ibr restore"):
        make_current(home.warehouse_file, home.home, version)


def _folder(home: Workspace, given: Path | None, option: str) -> tuple[Path, Backup]:
    """The folder named, else that of registry.yml, and what that says besides."""
    settings = Backup() if given and not home.registry_file.is_file() else load_backup(home.registry_file)
    folder = given or (settings.to and home.home / settings.to)
    if folder is None:
        raise UsageProblem(
            f"no folder for backups is named; give {option} DIR, or write backup: {{to: DIR}} into {home.registry_file}"
        )
    return folder, settings


def _store(home: Workspace, folder: Path | None) -> "Store":
    from warehouse.backup import Store

    return Store.opened(_folder(home, folder, "--from")[0])


def _chosen(store: "Store", name: str | None) -> "Manifest":
    from warehouse.backup.choosing import latest

    return store.manifest(name) if name else latest(store)


def _current(manifest: "Manifest") -> str | None:
    return next((one.version for one in manifest.publications if one.is_current), None)


def _summary(manifest: "Manifest") -> dict:
    return {
        "backup": manifest.backup, "taken_at": manifest.taken_at, "workspace": manifest.workspace,
        "files": len(manifest.files), "bytes": manifest.bytes, "audit_head": manifest.audit_head,
        "publications": [asdict(one) for one in manifest.publications],
    }  # fmt: skip


def _tell(taken: "Taken", folder: Path) -> None:
    manifest = taken.manifest
    console.print(
        f"Backup {manifest.backup} in {folder}: {len(manifest.files):,} files, {manifest.bytes / 1e9:,.2f} GB; "
        f"{taken.stored / 1e6:,.1f} MB are new (compressed). Audit head {manifest.audit_head[:20]}...", soft_wrap=True,
    )  # fmt: skip
    if taken.removed:
        console.print(f"Removed as too old: {', '.join(taken.removed)}.", soft_wrap=True)
    for one in taken.unreadable:
        console.print(f"UNUSABLE  {one.backup}: its manifest {one.reason}. No backup is removed until that file is "
                      "moved away.", markup=False, soft_wrap=True)  # fmt: skip
