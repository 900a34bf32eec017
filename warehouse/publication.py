"""Published snapshots: what people query while the next run is going on.

DuckDB gives a file to one writer or to many readers, never both, so readers get copies in a folder of their own,
`published/<version>/`, one file an audience. Until `published/current` is pointed at it, nobody sees it; a reader who
has the last one open keeps it. A process killed at any point leaves the last publication as it was.
"""

import datetime as dt
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ibr.durable import on_disk, sha256_of
from ibr.errors import ContractBroken, UsageProblem
from warehouse import audit
from warehouse.audiences.policy import SECRETARIAT, Policy, RowAudience
from warehouse.audiences.sensitivity import Declarations
from warehouse.building import build
from warehouse.connection import connect
from warehouse.snapshot import PublishedFile

_BUILDING = ".building-"
_NEXT_LINK = ".current-next"
MANIFEST = "publication.json"
# The workspace is its owner's alone (700), so a folder in it is nobody else's either, whatever the umask.
_FILE_MODE, _FOLDER_MODE = 0o440, 0o700
_WHOLE = RowAudience(who="The secretariat's analysts", marts="all", reference="all", columns="all")


@dataclass(frozen=True)
class Publication:
    """One version: its files by audience, and what they are of. `audit_head`: the audit trail's last event before;
    `sums`: the SHA-256 of each audience's file as it was published, by its name."""

    version: str
    folder: Path
    run_id: str
    reporting_date: str | None
    published_at: dt.datetime
    stale_sources: tuple[str, ...] = ()
    audit_head: str | None = None
    files: Mapping[str, PublishedFile] = field(default_factory=dict)
    sums: Mapping[str, str] = field(default_factory=dict)
    is_current: bool = False

    def path(self, audience: str = SECRETARIAT) -> Path:
        """An audience's file."""
        return self.folder / f"{audience}.duckdb"

    @property
    def tables(self) -> int:
        """Tables that the secretariat's file holds: all there are."""
        return self.files[SECRETARIAT].tables

    @property
    def rows(self) -> int:
        """Rows of these tables."""
        return self.files[SECRETARIAT].rows


def publish(
    warehouse_path: Path,
    home: Path,
    run_id: str,
    published_at: dt.datetime,
    policy: Policy | None = None,
    declared: Declarations | None = None,
    keep: int = 5,
    parquet: bool = False,
    beside: Callable[[Path], None] | None = None,
) -> Publication:
    """Build `published/<version>/`, a file for each audience of `policy`, and make it current.

    Without a policy the secretariat's file alone: everything. `declared`: how sensitive each column is. Views become
    tables, comments go along, and a table `about` says what each file is. `keep` versions stay, the current one among
    them; `parquet`: every table also as a Parquet file; `beside` writes more into the version's folder.
    Close every connection to the warehouse first.
    Raises UsageProblem if there is nothing to publish, ContractBroken if a copy is not complete, ConfigurationProblem
    if the policy does not fit the warehouse (each time the last publication stays), WarehouseBusy if another process
    has the warehouse open.
    """
    root = home / "published"
    root.mkdir(parents=True, exist_ok=True)
    _clear_leftovers(root)
    version = _free_version(root, published_at)
    building = root / f"{_BUILDING}{version}"
    building.mkdir(mode=_FOLDER_MODE)
    try:
        built = build(
            warehouse_path, home, building, {"version": version, "run_id": run_id, "published_at": published_at},
            policy or {SECRETARIAT: _WHOLE}, declared or {}, parquet,
        )  # fmt: skip
        if beside:
            beside(building)
        files = {file.audience: file for file in built.files}
        publication = Publication(
            version, root / version, run_id, built.reporting_date, published_at, built.stale_sources,
            str(audit.head(home)), files, _sums(building),
        )
        _write_manifest(building, publication)
        for written in (building, *building.rglob("*")):
            written.chmod(_FOLDER_MODE if written.is_dir() else _FILE_MODE)
        building.rename(root / version)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    audit.record(home, "published", details={
        "version": version, "run_id": run_id, "rows": {name: file.rows for name, file in files.items()},
        "keys": {name: file.key_version for name, file in files.items() if file.key_version},
    })
    point_current_at(root, version)
    _prune(root, keep)
    _record(warehouse_path, home)
    return replace(publication, is_current=True)


def make_current(warehouse_path: Path, home: Path, version: str) -> Publication:
    """Make an earlier version the one that readers get, and record it.

    Raises UsageProblem, naming those that are there, if there is no such version; ContractBroken if an audience's file
    is not as it was published.
    """
    found = find(home, version)
    _require_undamaged(found)
    audit.record(home, "publication_made_current", details={"version": found.version})
    point_current_at(home / "published", version)
    _record(warehouse_path, home)
    return replace(found, is_current=True)


def note_sum(file: Path, written: Path) -> None:
    """Note in a version's manifest what one of its files is to be, once `written` takes its place; nothing for a file
    of no version."""
    manifest = file.parent / MANIFEST
    if not manifest.is_file():
        return
    content = json.loads(manifest.read_text(encoding="utf-8"))
    content["sums"] = content.get("sums", {}) | {file.name: sha256_of(written)}
    half = manifest.with_suffix(".tmp")
    half.unlink(missing_ok=True)  # a killed one's, which nobody may write to
    half.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    half.chmod(_FILE_MODE)
    half.replace(manifest)
    on_disk(manifest.parent)


def _sums(folder: Path) -> dict[str, str]:
    return {file.name: sha256_of(file) for file in sorted(folder.glob("*.duckdb"))}


def _require_undamaged(publication: Publication) -> None:
    files = {name: publication.folder / name for name in publication.sums}
    damaged = [name for name, file in files.items() if not file.is_file() or sha256_of(file) != publication.sums[name]]
    if damaged:
        raise ContractBroken(
            f"publication {publication.version}: missing, or not as published: {', '.join(damaged)}; choose another "
            "version, or put this one back from a backup. Nothing was changed"
        )


def find(home: Path, version: str) -> Publication:
    """A publication by its version (`current` is one too); UsageProblem, naming those there, if there is none."""
    there = publications(home)
    for publication in there:
        if version == publication.version or (version == "current" and publication.is_current):
            return publication
    names = ", ".join(publication.version for publication in there) or "none"
    raise UsageProblem(f"there is no publication {version}; there are {names} (`ibr publications`)")


def publications(home: Path) -> list[Publication]:
    """Every publication on disk, newest first."""
    root = home / "published"
    current = (root / "current").resolve().name
    found = []
    for manifest in sorted(root.glob(f"[!.]*/{MANIFEST}"), reverse=True):
        if manifest.parent.is_symlink():
            continue
        content = json.loads(manifest.read_text(encoding="utf-8"))
        content["published_at"] = dt.datetime.fromisoformat(content["published_at"])
        content["stale_sources"] = tuple(content["stale_sources"])
        content["files"] = {name: PublishedFile(**file) for name, file in _files(content).items()}
        found.append(
            Publication(**content, folder=manifest.parent, is_current=content["version"] == current)
        )
    return found


def _files(content: dict[str, Any]) -> dict[str, Any]:
    """The files that a manifest names; before there were several audiences, it was of one file."""
    if "files" in content:
        return content.pop("files")
    file = {key: content.pop(key) for key in ("audience", "tables", "rows")}
    return {file["audience"]: file}


def point_current_at(root: Path, version: str) -> None:
    """Make `version` the one that readers get; they see the old one or the new one, never neither."""
    link = root / _NEXT_LINK
    link.unlink(missing_ok=True)
    link.symlink_to(version, target_is_directory=True)
    link.replace(root / "current")
    # Without it a power cut could leave the link pointing at a folder that is not on disk.
    on_disk(root)


def _free_version(root: Path, published_at: dt.datetime) -> str:
    stem = published_at.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%SZ")
    taken = [folder.name for folder in root.iterdir() if folder.name.split("-")[0] == stem]
    if not taken:
        return stem
    # Counted on from the highest, not the first free one: versions must sort by age, also after pruning.
    # Two digits, so that they sort as text.
    highest = max(int(name.partition("-")[2] or 1) for name in taken)
    return f"{stem}-{highest + 1:02d}"


def _write_manifest(building: Path, publication: Publication) -> None:
    content = {key: value for key, value in asdict(publication).items() if key not in ("folder", "is_current")}
    (building / MANIFEST).write_text(json.dumps(content, default=str, indent=1) + "\n", encoding="utf-8")


def _clear_leftovers(root: Path) -> None:
    """Remove what a killed run left: half-built folders and a link that was never swapped in."""
    for folder in root.glob(f"{_BUILDING}*"):
        shutil.rmtree(folder)
    (root / _NEXT_LINK).unlink(missing_ok=True)


def _prune(root: Path, keep: int) -> None:
    current = (root / "current").resolve()
    versions = sorted(
        (manifest.parent for manifest in root.glob(f"[!.]*/{MANIFEST}") if not manifest.parent.is_symlink()),
        reverse=True,
    )
    others = [folder for folder in versions if folder.resolve() != current]
    for folder in others[max(keep - 1, 0):]:
        # Renamed first: a kill while deleting leaves a leftover, not a version with files missing.
        doomed = folder.rename(root / f"{_BUILDING}{folder.name}")
        shutil.rmtree(doomed)


def _record(warehouse_path: Path, home: Path) -> None:
    """Bring `ops.publications` in line with the disk, which is the truth: a kill may come before this."""
    con = connect(warehouse_path)
    try:
        con.execute("UPDATE ops.publications SET is_current = false")
        con.executemany(
            "INSERT OR REPLACE INTO ops.publications VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                [found.version, file.audience, str(found.path(file.audience).relative_to(home)), file.rows, file.tables,
                 found.published_at, found.run_id, found.is_current]
                for found in publications(home) for file in found.files.values()
            ],
        )
    finally:
        con.close()
