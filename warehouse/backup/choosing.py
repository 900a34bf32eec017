"""Which backup is meant."""

import datetime as dt
from pathlib import Path

from ibr.errors import ContractBroken, UsageProblem
from warehouse.backup.manifest import Manifest
from warehouse.backup.store import Store


def latest(store: Store) -> Manifest:
    """The last backup. Raises UsageProblem if there is none, ContractBroken if the last one cannot be used: that it is
    not the last one that is restored has to be somebody's choice."""
    good, bad = store.manifests()
    if bad and (not good or bad[-1].backup > good[-1].backup):
        raise ContractBroken(
            f"the manifest of the last backup, {bad[-1].backup}, {bad[-1].reason}; name an earlier one "
            f"({good[-1].backup if good else 'there is none'})"
        )
    if not good:
        raise UsageProblem(f"there is no backup in {store.folder} yet; `ibr backup --to {store.folder}` takes one")
    return good[-1]


def last_taken(folder: Path) -> dt.datetime | None:
    """When the last backup was taken, by its name alone; None where the folder is not there or holds none."""
    try:
        names = Store.opened(folder).names()
    except UsageProblem:
        return None
    return dt.datetime.strptime(names[-1][:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC) if names else None


def holding(store: Store, publication: str) -> tuple[Manifest, str]:
    """The first backup that holds a publication, and that publication's version: named, or the last one of a day (UTC,
    as 2026-07-01) or before. Raises UsageProblem, naming what is held, if none does."""
    good, _ = store.manifests()
    held = {one.version: one.published_at for manifest in good for one in manifest.publications}
    version: str | None = publication
    if day := _day(publication):
        version = max(
            (name for name, at in held.items() if dt.datetime.fromisoformat(at).astimezone(dt.UTC).date() <= day),
            default=None,
        )
    for manifest in good:
        if version in {one.version for one in manifest.publications}:
            assert version is not None
            return manifest, version
    there = ", ".join(sorted(held)) or "none"
    raise UsageProblem(f"no backup holds publication {publication}; there are {there}")


def _day(text: str) -> dt.date | None:
    try:
        return dt.datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        return None
