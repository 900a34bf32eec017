"""Whether a registry is well, from what is quickly looked at: also by a machine, every hour, beside a run.

Nothing is proved here (that is `ibr audit verify`, `ibr backup verify`): what is overdue, full, cut off or open is
told.
"""

import datetime as dt
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ibr import secrets
from ibr.config import Registry
from ibr.errors import UsageProblem, WarehouseBusy
from warehouse.audit.event import EMPTY, Event, Head
from warehouse.audit.mending import last_line
from warehouse.audit.places import places
from warehouse.backup.choosing import last_taken
from warehouse.publication import Publication, publications
from warehouse.status import read_sources


class State(StrEnum):
    """What came of looking: "could not be looked at" is neither good nor bad."""

    OK = "ok"
    PROBLEM = "problem"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: what was found, and, where it is a problem, what was expected and what to do."""

    check: str
    state: State
    found: str


def check(home: Path, registry: Registry, now: dt.datetime) -> list[Finding]:
    """Look at everything once; `now`: by which ages are counted. Limits: `health:` of registry.yml."""
    there = publications(home)
    current = next((one for one in there if one.is_current), None)
    return [
        _publication(current, registry, now),
        *_sources(home, registry, now),
        *_disks(home, registry),
        _audit(home, current),
        _backup(home, registry, now),
        _permissions(home),
    ]


def _publication(current: Publication | None, registry: Registry, now: dt.datetime) -> Finding:
    if current is None:
        return _problem("publication", "nothing is published; `ibr run`")
    hours, most = (now - current.published_at).total_seconds() / 3600, registry.health.publication_hours
    told = f"{current.version} is {hours:,.0f} hours old"
    if hours > most:
        return _problem("publication", f"{told}, {most} are allowed; `ibr status` tells how the last runs ended")
    return _ok("publication", told)


def _sources(home: Path, registry: Registry, now: dt.datetime) -> Iterator[Finding]:
    try:
        rows = read_sources(home / "warehouse.duckdb", registry.sources, now)
    except WarehouseBusy:
        yield _not_checked("sources", "a run is writing to the warehouse; look again when it has ended")
        return
    except UsageProblem:
        yield _problem("sources", "there is no warehouse yet; `ibr run`")
        return
    stale = [row for row in rows if row["is_stale"]]
    for row in stale:
        yield _problem("sources", f"{row['source']} is out of date ({row['stale_reason']}); `ibr status`")
    if not stale:
        yield _ok("sources", f"{len(rows)} are as fresh as promised")


def _disks(home: Path, registry: Registry) -> Iterator[Finding]:
    folders = {"workspace": home}
    if registry.backup.to and (to := home / registry.backup.to).is_dir() and to.stat().st_dev != home.stat().st_dev:
        folders["backups"] = to
    for name, folder in folders.items():
        usage = shutil.disk_usage(folder)
        share, least = usage.free / usage.total, registry.health.free_share
        told = f"the disk of the {name} has {usage.free / 1e9:,.1f} GB free, {share:.0%}"
        if share < least:
            yield _problem("disk", f"{told}; {least:.0%} are expected: free room, or use a larger one")
        else:
            yield _ok("disk", told)


def _audit(home: Path, current: Publication | None) -> Finding:
    """The ends of both copies alone, held against each other and against the last publication."""
    lines = [last_line(place.log) for place in places(home)]
    if lines[0] != lines[1]:
        return _problem("audit", "the two copies end differently; `ibr audit verify` tells more")
    try:
        head = Event.parse(lines[0])[0].head if lines[0] else EMPTY
        anchor = Head.parse(current.audit_head) if current and current.audit_head else EMPTY
    except ValueError as fault:
        return _problem("audit", f"the last event {fault}; `ibr audit verify`")
    if head.sequence < anchor.sequence:
        return _problem("audit", f"the trail ends with event {head.sequence}, and the last publication knew "
                        f"{anchor.sequence}: it was cut off; `ibr audit verify`")  # fmt: skip
    return _ok("audit", f"both copies end with event {head.sequence}")


def _backup(home: Path, registry: Registry, now: dt.datetime) -> Finding:
    if registry.backup.to is None:
        return _not_checked("backup", "registry.yml names no folder for backups; backup: {to: DIR}")
    taken, most = last_taken(home / registry.backup.to), registry.health.backup_hours
    if taken is None:
        return _problem("backup", f"there is none in {registry.backup.to}; `ibr backup`, or mount the disk")
    hours = (now - taken).total_seconds() / 3600
    told = f"the last was taken {hours:,.0f} hours ago"
    if hours > most:
        return _problem("backup", f"{told}, {most} are allowed; `ibr backup`")
    return _ok("backup", told)


def _permissions(home: Path) -> Finding:
    keys = secrets.key_file(home, "KEY").parent
    private = [home, keys, *(keys.glob("*") if keys.is_dir() else ())]
    open_to_others = [str(path) for path in private if path.exists() and path.stat().st_mode & 0o077]
    if open_to_others:
        return _problem("permissions", f"others may read {', '.join(open_to_others)}; chmod go-rwx")
    return _ok("permissions", "workspace and keys are their owner's alone")


def _ok(check: str, found: str) -> Finding:
    return Finding(check, State.OK, found)


def _problem(check: str, found: str) -> Finding:
    return Finding(check, State.PROBLEM, found)


def _not_checked(check: str, found: str) -> Finding:
    return Finding(check, State.NOT_CHECKED, found)
