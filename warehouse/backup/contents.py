"""What of a workspace belongs to a backup: what cannot be made or fetched again, and what was published.

Not: `sources/` (a sample country's own databases, or the programs'), the copies of databases in `landing/` and the
service's index, which are made again, `tmp/`, `logs/`, `dbt/`; and no keys, which lie outside the workspace
(ibr/secrets.py).
"""

from pathlib import Path

from warehouse.audit.places import places

_FILES = ("registry.yml", "audiences.yml", "warehouse.duckdb", "service.sqlite")
_FOLDERS = (
    "words", "published", "exceptions", "inbox", "quarantine", "sharing", "reports", "portal", "pages", "public",
    "dagster",
)  # fmt: skip
# Of a source's landing: how far its mirror has come, the batches that its owner sent, and what a service answered. Each
# was given once.
_OF_LANDING = ("*/*.json", "*/batches/**/*", "*/answers*.parquet", "*/answers*.ndjson", "*/asked_for.parquet")
# SQLite's logs (what is in them goes along with the database) and what is being written just now.
_PASSING = ("-wal", "-shm", "-journal", ".part", ".lock")
_SQLITE = (".db", ".sqlite")
_INDEX = "published/*/lookup/*"  # the service's, which `ibr publish` makes again
_HALF_BUILT = (".building-", ".current-next")


def files_of(home: Path) -> list[Path]:
    """The files and links that are backed up, but for the audit log; sorted."""
    found = [home / name for name in _FILES]
    for folder in _FOLDERS:
        found += (home / folder).rglob("*")
    for pattern in _OF_LANDING:
        found += (home / "landing").glob(pattern)
    return sorted(path for path in found if _belongs(path.relative_to(home), path))


def audit_files(home: Path) -> list[Path]:
    """Both copies of the audit log, as far as they lie in the workspace."""
    folders = [place.folder for place in places(home) if place.folder.is_relative_to(home)]
    return sorted(path for folder in folders for path in folder.rglob("*") if _belongs(path.relative_to(home), path))


def is_sqlite(path: Path) -> bool:
    """Whether a file may be written by another program while it is read, and is copied by SQLite itself."""
    return path.suffix in _SQLITE


def _belongs(name: Path, path: Path) -> bool:
    if name.name == "lock" or name.name.endswith(_PASSING):
        return False
    if any(part.startswith(_HALF_BUILT) for part in name.parts) or name.match(_INDEX):
        return False
    return path.is_symlink() or path.is_file()
